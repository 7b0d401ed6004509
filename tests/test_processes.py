"""`make demo` and `make run` as processes: they come up, heal, and end without a trace."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest

from partnerhub import embedded, supervisor
from tests import daemons

# Once is enough: these processes do not use the database of the run's own settings.
pytestmark = pytest.mark.postgres

START_SECONDS = 120
TOLD = {"demo": "Ctrl-C ends it", "run": "PartnerHub listens"}
OURS = (
    "DJANGO_SETTINGS_MODULE",
    "DATABASE_URL",
    "REDIS_URL",
    "SITE_URL",
    "EMAIL_URL",
    "SECRET_KEY",
)


class Site:
    """A running demo, or production-like run, and what it has printed."""

    def __init__(self, mode, folder, extra):
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        self.port = embedded.free_port()
        self.output = folder / "output.txt"
        environment |= {"PORT": str(self.port), "VAR_DIR": str(folder / "var")} | extra
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "partnerhub.supervisor", mode],
                cwd=supervisor.ROOT, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def printed(self):
        return self.output.read_text()

    def wait_until(self, condition, seconds=START_SECONDS):
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"it ended:\n{self.printed()}"
            assert time.monotonic() < deadline, f"it did not come:\n{self.printed()}"
            time.sleep(0.1)

    def get(self, path, headers=None):
        connection = HTTPConnection(embedded.LOOPBACK, self.port, timeout=20)
        host = {"Host": f"localhost:{self.port}"}
        connection.request("GET", path, headers=headers or host)
        answer = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")
        connection.close()
        return answer

    def listens_on(self):
        """The addresses that anything of it takes connections at."""
        found = [c.laddr.ip for child in self.children() for c in child.net_connections("inet")
                 if c.status == psutil.CONN_LISTEN]  # fmt: skip
        return set(found)

    def answers(self, path, headers=None):
        try:
            return self.get(path, headers).status == 200
        except OSError:
            return False

    def children(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word):
        return [child for child in self.children() if word in " ".join(child.cmdline())]

    def interrupt(self):
        """Do what Ctrl-C does; return the exit status and the processes that are left."""
        family = self.children()
        os.killpg(self.process.pid, signal.SIGINT)
        status = self.process.wait(30)
        return status, psutil.wait_procs(family, timeout=2)[1]


@pytest.fixture
def start(tmp_path):
    """Start sites that certainly end with the test."""
    started = []

    def start(mode="demo", **extra):
        started.append(Site(mode, tmp_path, extra))
        site = started[-1]
        site.wait_until(lambda: TOLD[mode] in site.printed())
        return site

    yield start
    for site in started:
        if site.process.poll() is None:
            for child in site.children():
                child.kill()
            site.process.kill()
            site.process.wait()


@pytest.fixture
def own_database():
    """The address of a database of its own on the run's server, migrated where the run has one.

    Migrating from nothing is what the demo with servers of its own does.
    """
    server = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    name = f"demo_{os.getpid()}"
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        template = os.environ.get("TEST_TEMPLATE", "template1")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield f"{server}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture
def empty_broker(tmp_path):
    """The address of a broker of its own."""
    broker = daemons.start_broker(tmp_path / "own-broker")
    yield broker.url
    broker.stop()


def test_demo_with_embedded_servers_keeps_its_data(start, tmp_path):
    demo = start()
    assert f"http://localhost:{demo.port}" in demo.printed()
    for person in ("provider-admin@", "seller-admin@", "supplier@", "reviewer@", "lead@"):
        assert person in demo.printed()
    assert demo.get("/readyz").status == 200
    by_number = {"Host": f"{embedded.LOOPBACK}:{demo.port}"}
    assert demo.get("/readyz", by_number).status == 200
    assert demo.get("/demo/").status == 200
    assert demo.listens_on() == {embedded.LOOPBACK}  # it signs anybody in
    moved = demo.get("/demo/", by_number)
    assert moved.status in {301, 302, 307, 308}
    assert urlsplit(moved.headers["Location"]).netloc == f"localhost:{demo.port}"

    (broker,) = demo.child("valkey-server")
    broker.kill()
    demo.wait_until(lambda: "broker ended; starting it again." in demo.printed(), seconds=10)
    demo.wait_until(lambda: demo.child("valkey-server"), seconds=10)
    demo.wait_until(lambda: demo.answers("/readyz"), seconds=10)  # which asks the broker, too

    status, left = demo.interrupt()
    assert (status, left) == (0, [])
    assert not re.search(r"Traceback", demo.printed())

    key = (tmp_path / "var/secret-key").read_text()
    again = start()
    assert (tmp_path / "var/secret-key").read_text() == key
    assert again.get("/demo/").status == 200
    assert again.interrupt() == (0, [])


def test_demo_on_named_servers(start, own_database, empty_broker, tmp_path):
    demo = start(DATABASE_URL=own_database, REDIS_URL=empty_broker)
    assert demo.get("/readyz").status == 200
    assert demo.child("valkey-server") == []
    assert not (tmp_path / "var/partnerhub.sqlite3").exists()
    assert demo.interrupt() == (0, [])


def test_run_serves_like_production(start, own_database, empty_broker):
    site = start(
        "run",
        DATABASE_URL=own_database,
        REDIS_URL=empty_broker,
        SITE_URL="https://hub.example",
        EMAIL_URL="smtp+plain://localhost:9",
        SECRET_KEY="processes-only-41c7e09b5d2fa683-Jw8nHr5Yb",
        SUPPORT_EMAIL="support@hub.example",
        TRUSTED_PROXY_COUNT="1",
    )
    secure = {"Host": "hub.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    site.wait_until(lambda: site.answers("/healthz", secure))
    page = site.get("/accounts/login/", secure)
    assert page.status == 200
    style = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page.text)
    assert style, "static files are served under names that change with their content"
    assert site.get(style[1], secure).status == 200
    assert site.get("/demo/", secure).status == 404
    assert site.listens_on() == {embedded.LOOPBACK}
    lines = [json.loads(line) for line in site.printed().splitlines() if line.startswith("{")]
    assert {"gunicorn.error", "celery.beat"} <= {line["logger"] for line in lines}
    untold = [line for line in site.printed().splitlines() if not line.startswith(("{", "Part"))]
    assert untold == [], "all of it is JSON"
    assert site.interrupt() == (0, [])
