"""Tasks are published to our broker from wherever they are called."""

from concurrent.futures import ThreadPoolExecutor

from partnerhub.celery import app
from partnerhub.outbox.tasks import drain


def test_task_called_in_a_thread_of_a_web_server_goes_to_our_broker():
    with ThreadPoolExecutor(1) as threads:
        used = threads.submit(lambda: drain.app).result()
    assert used is app
    assert used.conf.broker_url.startswith("redis://")
