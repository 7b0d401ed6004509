"""Tasks: published to our broker from wherever they are called, and done as they should be."""

import re
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from core.celery import app, use_beat_options, use_worker_options
from core.outbox import delivery
from core.outbox.tasks import drain
from partnerhub.demo.tasks import TASK as DEMO_TASK

# Loading every task checks the models, for which SQLite is asked what it can do.
pytestmark = pytest.mark.django_db


def test_task_called_in_a_thread_of_a_web_server_goes_to_our_broker():
    with ThreadPoolExecutor(1) as threads:
        used = threads.submit(lambda: drain.app).result()
    assert used is app
    assert used.conf.broker_url.startswith("redis://")


# How work is done -------------------------------------------------------------------------------

APPS = ("core", "partnerhub", "accounts", "roles", "connections", "supplychain")


def our_tasks() -> list[Any]:
    """Every task that a worker knows, but for the library's own."""
    app.loader.import_default_modules()
    found = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert len(found) > 8
    return found


def test_messages_are_json_and_nothing_else_is_read():
    assert app.conf.accept_content == ["json"]
    assert {task.serializer for task in our_tasks()} == {"json"}


def test_tasks_take_ids_and_nothing_else():
    """What a message could carry, a message could forge, repeat, or bring too late."""
    for task in our_tasks():
        assert all(name.endswith("_id") for name in signature(task.run).parameters), task.name


def test_work_counts_as_done_when_it_is_done():
    for task in our_tasks():
        assert (task.acks_late, task.reject_on_worker_lost) == (True, True), task.name
        assert task.ignore_result, task.name
    assert app.conf.worker_prefetch_multiplier == 1


def test_no_work_goes_on_for_ever():
    """Whoever still works when the broker hands the task to another would double it."""
    worker = SimpleNamespace()
    use_worker_options(conf=worker)
    options = worker.broker_transport_options
    hard, soft = app.conf.task_time_limit, app.conf.task_soft_time_limit
    assert delivery.SECONDS < soft < hard < options["visibility_timeout"]
    for task in our_tasks():
        assert (task.time_limit, task.soft_time_limit) == (hard, soft), task.name
    # Said, not left to the library: it would look after lost work every hundred seconds.
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10
    assert options["socket_timeout"]
    assert options["socket_connect_timeout"]


def test_beat_and_worker_wait_for_the_broker_and_a_web_process_does_not():
    beat = SimpleNamespace(app=SimpleNamespace(conf=SimpleNamespace()))
    use_beat_options(sender=beat)
    assert beat.app.conf.broker_transport_options == settings.CELERY_WORKER_TRANSPORT_OPTIONS
    web = app.conf.broker_transport_options
    assert web["socket_timeout"] + web["socket_connect_timeout"] <= 2
    assert (web["max_retries"], app.conf.task_publish_retry) == (0, False)


def test_the_schedule_stands_in_the_code():
    """Not in a database that somebody else could change, and everything in it is known."""
    assert app.conf.beat_schedule == settings.CELERY_BEAT_SCHEDULE
    assert app.conf.beat_scheduler == "celery.beat:PersistentScheduler"
    # The demo's tasks are known as soon as any test imports them, and scheduled in a demo alone.
    names = {task.name for task in our_tasks() if settings.DEMO or task.name != DEMO_TASK}
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == names
    assert not any(entry.get("args") for entry in settings.CELERY_BEAT_SCHEDULE.values())


def test_nothing_is_published_but_nudges_and_nothing_for_later():
    """A delay beyond the visibility timeout would run many times: rows carry their own dates."""
    publishing = re.compile(r"\.(apply_async|delay|retry|send_task|s|si)\(|\b(countdown|eta)=")
    found = [
        f"{path.relative_to(settings.BASE_DIR)}: {line.strip()}"
        for name in APPS
        for path in (settings.BASE_DIR / name).rglob("*.py")
        for line in path.read_text().splitlines()
        if publishing.search(line)
    ]
    assert found == ["core/tasks.py: app.tasks[name].delay()"]
