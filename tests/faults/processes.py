"""The product's processes on the test database, to be stopped, killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from partnerhub import embedded, supervisor
from tests.journeys import worker as journeys

SECONDS = 90  # on a loaded machine a worker takes long to start
SETTINGS = "tests.faults.served"


def wait_for(condition: Callable[[], Any], what: str = "it", seconds: float = SECONDS) -> Any:
    """What `condition` returns once that is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.02)
    return found


def environment(
    broker_port: int, smtp_port: int, site_port: int = 80, queue: int = 0
) -> dict[str, str]:
    """What makes a process one with the test: database, key, and the servers named here.

    `queue` is the broker's database: workers of one do not see the tasks of another.
    """
    base = journeys.environment(f"http://localhost:{site_port}", smtp_port)
    return base | {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "REDIS_URL": f"redis://127.0.0.1:{broker_port}/{queue}",
        "EMAIL_URL": f"smtp+plain://127.0.0.1:{smtp_port}?timeout=2",
        "WEB_CONCURRENCY": "1",
    }


class Process:
    """One process with its log; it certainly ends with stop()."""

    def __init__(self, log: Path, command: list[str], env: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                embedded.tied([sys.executable, "-m", *command]),
                cwd=supervisor.ROOT, env=env, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def text(self) -> str:
        """Everything it has written."""
        return self.log.read_text(errors="replace")

    @property
    def runs(self) -> bool:
        """Whether it is still there."""
        return self.popen.poll() is None

    def wait_for(self, words: str, seconds: float = SECONDS) -> None:
        """Until it has written `words`."""

        def there() -> bool:
            assert self.runs, f"it ended:\n{embedded.last_lines(self.log)}"
            return words in self.text

        wait_for(there, repr(words), seconds)

    def kill(self) -> None:
        """As a power cut would: SIGKILL, children and all."""
        embedded.kill_group(self.popen)

    def kill_child(self) -> None:
        """SIGKILL for the pool's process, as the kernel does when memory runs out."""
        for child in psutil.Process(self.popen.pid).children():
            child.kill()

    def terminate(self, seconds: float = 30) -> float:
        """SIGTERM; how long it took to end. Fails when it takes longer than `seconds`."""
        began = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(seconds)
        return time.monotonic() - began

    def stop(self) -> None:
        """The end, by force if need be."""
        if self.runs:
            self.popen.send_signal(signal.SIGQUIT)
        embedded.stop_process(self.popen, signal.SIGTERM, 3)


def worker(log: Path, env: dict[str, str], pool: str = "threads", size: int = 2) -> Process:
    """A Celery worker that is ready."""
    command = ["celery", "-A", "partnerhub", "worker", "-P", pool, "-c", str(size), "-l", "INFO"]
    log.unlink(missing_ok=True)
    process = Process(log, [*command, "--without-gossip", "--without-mingle"], env)
    process.wait_for(" ready.")
    return process


def beat(log: Path, env: dict[str, str]) -> Process:
    """A scheduler that runs everything each second."""
    command = ["celery", "-A", "partnerhub", "beat", "-l", "INFO", "--pidfile="]
    return Process(log, [*command, "-s", f"{log}.schedule"], env | {"HURRIED": "1"})


class Pages:
    """What a browser asks of a site on a loopback port, as whoever is signed in."""

    port: int

    def get(self, path: str, client: Any = None) -> Any:
        """The answer to a GET, as the person that a Django test client is signed in as."""
        return self._ask("GET", path, client)

    def post(
        self, path: str, client: Any = None, headers: Mapping[str, str] | None = None, **data: Any
    ) -> Any:
        """The answer to a posted form."""
        token = "x" * 32
        body = urlencode(data | {"csrfmiddlewaretoken": token})
        return self._ask("POST", path, client, body, f"csrftoken={token}", headers)

    def _ask(
        self, method: str, path: str, client: Any, body: str = "", cookie: str = "",
        more: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        session = client.cookies["sessionid"].value if client else ""
        cookies = [cookie] if cookie else []
        cookies += [f"sessionid={session}"] if session else []
        headers = {"Host": f"localhost:{self.port}", "Cookie": "; ".join(cookies)}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        began = time.monotonic()
        connection.request(method, path, body or None, headers | dict(more or {}))
        answer: Any = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")
        answer.seconds = time.monotonic() - began
        connection.close()
        return answer


class Web(Pages, Process):
    """The web server as it is shipped."""

    def __init__(self, log: Path, env: dict[str, str], port: int) -> None:
        self.port = port
        command = supervisor.application_children(log, None)[0].command
        super().__init__(log, command[2:], env | {"PORT": str(port)})
        wait_for(lambda: self._answers(), "the site")

    def _answers(self) -> bool:
        assert self.runs, embedded.last_lines(self.log)
        try:
            return bool(self.get("/readyz").status == 200)
        except OSError:
            return False


@dataclass
class Through:
    """Stands in for a Django test client: its posts go over the wire, with what is said here."""

    web: Web
    client: Any
    target: str = ""  # before the path, in the request line
    headers: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """The answer to a posted form, with the name a test client gives to its status."""
        answer = self.web.post(self.target + path, self.client, self.headers, **(data or {}))
        answer.status_code = answer.status
        return answer


def serve(log: Path, broker_port: int, smtp_port: int) -> Web:
    """A web server on a free port that is ready."""
    port = embedded.free_port()
    env = environment(broker_port, smtp_port, port) | {"VAR_DIR": os.environ["VAR_DIR"]}
    return Web(log, env, port)
