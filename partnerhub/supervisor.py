"""Runs PartnerHub's processes as one: web, worker, beat and, where none is named, the broker.

`python -m partnerhub.supervisor demo | run | reset`

One Ctrl-C ends them all. A process that dies is started again; one that dies again and again ends
the whole, with its last lines. The broker is one of them: when it comes back, the mail that waited
in the outbox leaves (F17).
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from django.conf import settings

from partnerhub import embedded

ROOT = Path(__file__).resolve().parent.parent
GRACE_SECONDS = {"demo": 8, "run": 30}
READY_SECONDS = 60
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A process may die so often within so many seconds before the supervisor gives up.
DEATHS, DEATH_SECONDS = 3, 60


class Refused(Exception):
    """The start cannot go on; the text is what the person reads."""


class Stopped(Exception):
    """Somebody asked for the end."""


@dataclass
class Child:
    """One supervised process, in a session of its own so that Ctrl-C reaches only us."""

    name: str
    command: list[str]
    log: Path | None  # None: it writes where we write
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self, environment: dict[str, str]) -> None:
        output = self.log.open("ab") if self.log else None
        self.process = subprocess.Popen(
            embedded.tied(self.command),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        if output:
            output.close()

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def last_words(self) -> str:
        return embedded.last_lines(self.log) if self.log else "(see above)"


def say(text: str) -> None:
    """Tell the person, at once even into a pipe."""
    print(text, flush=True)


# Environment -----------------------------------------------------------------------------------
def var_folder() -> Path:
    return Path(os.environ.get("VAR_DIR") or ROOT / "var")


def demo_environment(var: Path) -> dict[str, str]:
    environment = {**os.environ, "DEMO": "1", "DEBUG": "0", "VAR_DIR": str(var)}
    environment.setdefault("PORT", "8000")
    environment.setdefault("SITE_URL", f"http://localhost:{environment['PORT']}")
    if not environment.get("SECRET_KEY"):
        environment["SECRET_KEY"] = kept_secret_key(var)
    return environment


def run_environment() -> dict[str, str]:
    """The environment of a production-like run. What is wrong in it ends the start here."""
    os.environ["DEMO"] = "0"
    os.environ.setdefault("PORT", "8000")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partnerhub.settings")
    settings.PORT  # noqa: B018 - reading one reads all
    return {**os.environ}


def kept_secret_key(var: Path) -> str:
    """The demo's secret key, made on its first start, readable by its owner alone."""
    path = var / "secret-key"
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as new:
            new.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def check_port(environment: dict[str, str]) -> None:
    """Raise Refused when PORT is no number, or something listens there already."""
    if not environment["PORT"].isdigit():
        raise Refused(f"PORT is {environment['PORT']}: say a number, such as 8000")
    port = int(environment["PORT"])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((embedded.LOOPBACK, port))
        except OSError as reason:
            raise Refused(
                f"Port {port} cannot be used ({reason.strerror}). Another: PORT=8001 make demo"
            ) from reason


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the demo's folder for as long as this process lives; raises Refused when it is held."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as reason:
            raise Refused(
                "The demo is running: end it first, with Ctrl-C where it runs."
            ) from reason
        yield


# Processes -------------------------------------------------------------------------------------
def application_children(schedule: Path, logs: Path | None) -> list[Child]:
    python = (sys.executable, "-m")
    celery = (*python, "celery", "-A", "partnerhub.celery:app", "-q")
    # gunicorn.conf.py holds everything else: it is the same without this supervisor.
    web = (*python, "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"))
    worker = (*celery, "worker", "-P", "threads", "-c", "4", "--without-mingle")
    beat = (*celery, "beat", "-s", str(schedule), "--pidfile=")
    commands = {"web": web, "worker": worker, "beat": beat}
    return [
        Child(name, list(command), logs / f"{name}.log" if logs else None)
        for name, command in commands.items()
    ]


def prepare(environment: dict[str, str], *commands: str) -> str:
    """Run management commands; what the last one printed. Raises Refused when one fails."""
    done = subprocess.run(
        [sys.executable, "-m", "partnerhub.prepare", *commands],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        end = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Refused(f"Preparing failed:\n{end}")
    return done.stdout


def wait_until_ready(port: int, children: list[Child]) -> None:
    """Return when the site is ready; raises Refused when a child dies first, or nothing comes."""
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(port):
        for child in children:
            if child.died():
                raise Refused(f"{child.name} ended while starting:\n{child.last_words()}")
        if time.monotonic() > deadline:
            raise Refused(f"The site did not get ready:\n{children[-1].last_words()}")
        time.sleep(0.1)


def is_ready(port: int) -> bool:
    connection = HTTPConnection(embedded.LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def watch(children: list[Child], environment: dict[str, str], starter: int | None = None) -> None:
    """Start again what dies; raises Refused when one dies too often. Ends only by an exception.
    With a `starter` it raises Stopped when that process is no longer our parent: a killed make
    leaves nothing running."""
    while starter is None or os.getppid() == starter:
        for child in children:
            if child.died():
                revive(child, environment)
        time.sleep(0.2)
    raise Stopped


def revive(child: Child, environment: dict[str, str]) -> None:
    """Start a dead child again, unless it keeps dying: then raise Refused with its last lines."""
    now = time.monotonic()
    child.deaths = [died for died in child.deaths if now - died < DEATH_SECONDS] + [now]
    if len(child.deaths) >= DEATHS:
        raise Refused(f"{child.name} keeps ending. Its last lines:\n{child.last_words()}")
    say(f"{child.name} ended; starting it again.")
    if child.process:  # a killed web server leaves workers that hold its port
        embedded.kill_group(child.process)
    child.start(environment)


def stop(children: list[Child], grace: float) -> None:
    """End all children: those that use the broker together, then the broker; by force at last."""
    ignore_signals()
    running = [child.process for child in children if child.process]
    users = [child.process for child in children if child.process and child.name != "broker"]
    for process in users:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(process.poll() is None for process in users):
        time.sleep(0.05)
    for process in users:
        embedded.kill_group(process)
    for process in running:
        embedded.stop_process(process, signal.SIGTERM, grace=5)


# Commands --------------------------------------------------------------------------------------
def demo() -> None:
    var = var_folder()
    with only_one(var):
        environment = demo_environment(var)
        check_port(environment)
        (var / "log").mkdir(exist_ok=True)
        children: list[Child] = []
        try:
            if not environment.get("REDIS_URL"):
                port = embedded.free_port()
                environment["REDIS_URL"] = f"redis://{embedded.LOOPBACK}:{port}/0"
                (var / "broker").mkdir(exist_ok=True)
                command = embedded.broker_command(var / "broker", port)
                children.append(Child("broker", command, var / "log/broker.log"))
            children += application_children(var / "beat-schedule", var / "log")
            serve_demo(children, environment, var)
        finally:
            stop(children, GRACE_SECONDS["demo"])


def serve_demo(children: list[Child], environment: dict[str, str], var: Path) -> None:
    for child in children:
        if child.log:
            child.log.unlink(missing_ok=True)
    for child in children:
        if child.name == "broker":
            child.start(environment)
    say("Preparing the database …")
    people = prepare(environment, "migrate --noinput", "seed_demo")
    for child in children:
        if child.process is None:
            child.start(environment)
    site = environment["SITE_URL"]
    wait_until_ready(int(environment["PORT"]), children)
    say(f"\nPartnerHub runs at {site}/ – Ctrl-C ends it.")
    say(f"Sign in with one click: {site}/demo/   Mail: {site}/demo/mail/   Logs: {var / 'log'}")
    say(people.rstrip())
    watch(children, environment, starter=os.getppid())


def run() -> None:
    environment = run_environment()
    check_port(environment)
    var = var_folder()
    var.mkdir(parents=True, exist_ok=True)
    prepare(environment, "migrate --noinput", "collectstatic --noinput")
    children = application_children(var / "run-beat-schedule", logs=None)
    try:
        for child in children:
            child.start(environment)
        say(f"PartnerHub listens on {settings.BIND}:{environment['PORT']}")
        watch(children, environment)
    finally:
        stop(children, GRACE_SECONDS["run"])


def reset() -> None:
    """Forget the demo's data; raises Refused while the demo runs."""
    var = var_folder()
    with only_one(var):
        for path in [*var.glob("partnerhub.sqlite3*"), *var.glob("beat-schedule*")]:
            path.unlink()
        for name in ("broker", "log", "mail", "media"):
            shutil.rmtree(var / name, ignore_errors=True)
    say("The demo's data is gone. make demo makes it anew.")
    if os.environ.get("DATABASE_URL"):
        say("The database that DATABASE_URL names was not touched.")


def interrupted(number: int, frame: FrameType | None) -> None:
    """What a signal to end does: unwind, once, to the place that ends the children."""
    ignore_signals()  # make passes on what a terminal has sent to us already
    raise Stopped


def heed_signals() -> None:
    for number in END_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, interrupted)


def ignore_signals() -> None:
    for number in END_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def main(arguments: list[str]) -> int:
    commands = {"demo": demo, "run": run, "reset": reset}
    if len(arguments) != 1 or arguments[0] not in commands:
        say("usage: python -m partnerhub.supervisor demo|run|reset")
        return 2
    heed_signals()
    try:
        commands[arguments[0]]()
    except Stopped:
        say("Stopped.")
        return 0
    except (Refused, embedded.ServerUnavailable) as reason:
        say(str(reason))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
