"""The parts: a mail server, a broker behind a proxy, a web server, workers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.db import transaction
from redis import Redis

from core.outbox import services, tokens
from core.outbox.models import Message
from core.outbox.rendering import Mail
from partnerhub import embedded
from tests import daemons
from tests.faults import processes
from tests.faults.mailserver import MailServer
from tests.faults.processes import Process, Web
from tests.faults.proxy import Proxy

TIMEOUT = 1  # seconds that a silent mail server gets here


@pytest.fixture
def smtp(settings: Any) -> Iterator[MailServer]:
    """The mail server that this process, too, sends to."""
    server = MailServer()
    settings.MAILERS = settings.MAILERS | {
        "transport": {
            "BACKEND": "core.outbox.transport.SmtpTransport",
            "OPTIONS": {"host": "127.0.0.1", "port": server.port, "timeout": TIMEOUT},
        }
    }
    yield server
    server.stop()


@pytest.fixture
def queue() -> Callable[..., list[Message]]:
    """Puts so many messages into the outbox, oldest first."""

    def put(count: int, prefix: str = "reader", **more: Any) -> list[Message]:
        mail = Mail(
            subject="[Harbor Desk] Invitation: sent",
            heading="You are invited",
            paragraphs=("Come in.",),
            button=("Answer", tokens.PLACEHOLDER),
            organization="Harbor Desk",
        )
        claim = tokens.Claim("employee", tokens.uuid.uuid4(), 1)
        drafts = [
            services.draft(
                f"{prefix}{number:04d}@mail.example", key=f"fault:{prefix}:{number}",
                kind="test.fault", mail=mail, **({"claim": claim} | more),
            )
            for number in range(count)
        ]  # fmt: skip
        with transaction.atomic():
            services.queue(drafts)
        return list(Message.objects.filter(key__startswith=f"fault:{prefix}:").order_by("id"))

    return put


class Broker:
    """A broker of its own behind a proxy; it can be stopped, started again and emptied."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._port = folder, embedded.free_port()
        folder.mkdir()
        self._process: Any = None
        self.start()
        self.proxy = Proxy(self._port)
        self._client = Redis(host="127.0.0.1", port=self._port, socket_timeout=5)
        self.port = self.proxy.port

    def start(self) -> None:
        """Start it, with what it kept."""
        command = embedded.broker_command(self.folder, self._port)
        self._process = daemons.start(command, self.folder / "broker.log")
        processes.wait_for(lambda: daemons.broker_answers(self._port), "the broker")

    def kill(self) -> None:
        """SIGKILL."""
        embedded.kill_group(self._process)

    def client(self) -> Any:
        """A client past the proxy."""
        return self._client

    def publish(self, name: str, queue: int = 0) -> None:
        """Put a task into the queue, as beat does."""
        with Celery(broker=f"redis://127.0.0.1:{self._port}/{queue}") as app:
            app.send_task(name)

    def stop(self) -> None:
        """The end."""
        self._client.close()
        self.proxy.stop()
        self.kill()


@pytest.fixture(scope="package")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for logs and the broker's data."""
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="package")
def shared_smtp() -> Iterator[MailServer]:
    """The mail server of the long-lived processes."""
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def shared_broker(places: Path) -> Iterator[Broker]:
    """The broker of the long-lived processes."""
    broker = Broker(places / "broker")
    yield broker
    broker.stop()


@pytest.fixture(scope="package")
def shared_web(
    django_db_setup: None, places: Path, shared_broker: Broker, shared_smtp: MailServer
) -> Iterator[Web]:
    """One web server for all."""
    web = processes.serve(places / "web.log", shared_broker.port, shared_smtp.port)
    yield web
    web.stop()


@pytest.fixture(scope="package")
def shared_worker(
    django_db_setup: None, places: Path, shared_broker: Broker, shared_smtp: MailServer
) -> Iterator[Process]:
    """One worker for all, as it is shipped: with threads."""
    env = processes.environment(shared_broker.port, shared_smtp.port)
    worker = processes.worker(places / "worker.log", env)
    yield worker
    worker.stop()


@pytest.fixture
def mailserver(shared_smtp: MailServer) -> MailServer:
    """The mail server, well behaved and empty."""
    shared_smtp.reset()
    return shared_smtp


@pytest.fixture
def broker(shared_broker: Broker) -> Iterator[Broker]:
    """The broker, well and empty; afterwards it is well again."""
    shared_broker.proxy.heal()
    shared_broker.client().flushall()
    yield shared_broker
    if not daemons.broker_answers(shared_broker._port):
        shared_broker.start()
    shared_broker.proxy.heal()


@pytest.fixture
def web(shared_web: Web, settings: Any, transactional_db: None) -> Web:
    """The web server; links in mails lead to it."""
    settings.SITE_URL = f"http://localhost:{shared_web.port}"
    return shared_web


@pytest.fixture
def worker(
    shared_worker: Process, broker: Broker, mailserver: MailServer, transactional_db: None
) -> Iterator[Process]:
    """The worker; before tables are emptied it has come to rest."""
    yield shared_worker
    processes.wait_for(lambda: not Message.objects.filter(status="sending").exists(), "rest")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """Says the figures of a fault at the end of the run: tell("F4", "sent 100, lost 0")."""

    def say(fault: str, figures: str) -> None:
        record_property(f"fault: {fault}", figures)

    return say
