"""Web processes of their own on the test database, and browsers that keep one session each."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client

from partnerhub import embedded
from tests.support import sign_in

START_SECONDS = 120
TOKEN = "c" * 32


class WebProcess:
    """One gunicorn with one worker."""

    def __init__(self, log: Path) -> None:
        self.port, self.log = embedded.free_port(), log
        url = urlsplit(os.environ["DATABASE_URL"])
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.access.served",
            "DATABASE_URL": url._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        }
        environment |= {"PORT": str(self.port), "WEB_CONCURRENCY": "1"}
        command = [sys.executable, "-m", "gunicorn", "--threads", "2"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                embedded.tied(command), env=environment, cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if Browser(self).get("/healthz") == 200:
                    return
            except OSError:
                pass
            ended = self.process.poll() is not None or time.monotonic() > deadline
            assert not ended, f"no web process:\n{embedded.last_lines(self.log)}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End it, and by force if it does not end."""
        embedded.stop_process(self.process, embedded.signal.SIGTERM, grace=10)


class Browser:
    """One session of one person with one process, with a connection for each request."""

    def __init__(self, web: WebProcess, user: Any = None) -> None:
        self.web, self.cookies = web, {settings.CSRF_COOKIE_NAME: TOKEN}
        if user is not None:
            made = sign_in(Client(), user).cookies
            self.cookies |= {name: morsel.value for name, morsel in made.items()}

    def get(self, path: str) -> int:
        """The status of a page."""
        return self._send("GET", path, None)

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> int:
        """The status of a form's answer."""
        return self._send("POST", path, urlencode(data or {}, doseq=True))

    def _send(self, method: str, path: str, body: str | None) -> int:
        http = HTTPConnection(embedded.LOOPBACK, self.web.port, timeout=60)
        headers = {
            "Host": "localhost",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        http.request(method, path, body, headers)
        answer = http.getresponse()
        answer.read()
        http.close()
        return answer.status
