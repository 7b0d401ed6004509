"""What measurements stand on: servers of their own, two databases, one large and one small."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2

from tests import daemons


@dataclass(frozen=True)
class Size:
    """How much data the rows meet. `pages` is the page that list.deep opens."""

    name: str
    sellers: int
    providers: int
    connections: int
    shipments: int
    mails: int
    invitations: int
    applications: int
    rounds: int = 5


SIZES = {
    size.name: size
    for size in (
        Size("tiny", 200, 5, 300, 3_000, 1_000, 500, 500, rounds=3),
        Size("quick", 60_000, 100, 100_000, 1_000_000, 5_000, 100_000, 20_000),
        Size("full", 100_000, 100, 1_000_000, 1_000_000, 5_000, 100_000, 100_000, rounds=7),
    )
}
# The goals compare with 1,000 grants.
SMALL = {"sellers": 500, "providers": 10, "connections": 1_000, "shipments": 0}


@dataclass
class Ground:
    """Where the rows run. The databases are filled when a row first asks for them."""

    size: Size
    folder: Path
    database_url: str
    broker_url: str
    stack: ExitStack
    say: Callable[[str], None]
    shared: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def large(self) -> Any:
        size = self.size
        self.say(f"filling the large database ({size.connections:,} grants) …")
        return _fill(size.sellers, size.providers, size.connections, size.shipments)

    @cached_property
    def small(self) -> Any:
        """The filled small database; work on it inside `on("small")`."""
        with on("small"):
            return _fill(**SMALL)

    def raw(self, name: str = "partnerhub") -> Any:
        """A plain psycopg2 connection in autocommit, closed at the end."""
        connection = psycopg2.connect(self.database_url.rsplit("/", 1)[0] + f"/{name}")
        connection.autocommit = True
        self.stack.callback(connection.close)
        return connection


def _fill(sellers: int, providers: int, connections: int, shipments: int) -> Any:
    from django.db import connection

    from partnerhub.portals.volumes import Sizes, build

    scale = build(Sizes(sellers, providers, connections, shipments))
    with connection.cursor() as cursor:  # what autovacuum does within a minute
        cursor.execute("VACUUM ANALYZE")
    return scale


@contextmanager
def on(alias: str) -> Iterator[None]:
    """Let everything that uses the default database use this one."""
    from django.db import connections

    default = connections["default"]
    connections["default"] = connections[alias]
    try:
        yield
    finally:
        connections["default"] = default


@contextmanager
def prepared(size: Size, say: Callable[[str], None]) -> Iterator[Ground]:
    """Servers, a migrated database and a copy of it; all of it is gone afterwards.

    Nothing that the environment names is used: measurements write. Raises ServerUnavailable.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="partnerhub-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = daemons.start_postgres(_made(folder / "postgres"), durable=True)
        stack.callback(postgres.stop)
        broker = daemons.start_broker(_made(folder / "broker"))
        stack.callback(broker.stop)
        os.environ.update(environment(folder, postgres.url, broker.url))
        ground = Ground(size, folder, postgres.url, broker.url, stack, say)
        _django()
        _copy_database(ground)
        yield ground


def environment(folder: Path, database_url: str, broker_url: str) -> dict[str, str]:
    """What the settings read, for this process and for those it starts."""
    return {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": broker_url,
        "SECRET_KEY": "benchmarks-only-5e0b9d27c4a1f836-Rt7pWz2Kq",
        "SITE_URL": "http://localhost:8000",
        "EMAIL_URL": "smtp+plain://127.0.0.1:1",
        "SUPPORT_EMAIL": "support@hub.example",
        "VAR_DIR": str(folder),
        "DEMO": "0",
        "DEBUG": "0",
        "LOG_LEVEL": "WARNING",
    }


def _made(folder: Path) -> Path:
    folder.parent.chmod(0o755)
    folder.mkdir()
    return folder


def _django() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, run_syncdb=True)


def _copy_database(ground: Ground) -> None:
    from django.db import connection, connections

    connection.close()
    admin = psycopg2.connect(ground.database_url.rsplit("/", 1)[0] + "/postgres")
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE small TEMPLATE partnerhub")
    admin.close()
    ground.stack.callback(connections.close_all)


CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def statements(call: Callable[[], Any], *, control: bool = False) -> int:
    """How many statements `call` sends; with `control` BEGIN, COMMIT and savepoints count, too."""
    return sum(control or not sql.startswith(CONTROL) for sql in captured(call))


def captured(call: Callable[[], Any]) -> list[str]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        call()
    return [query["sql"] for query in queries.captured_queries]
