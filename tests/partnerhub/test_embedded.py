"""The embedded servers: they answer, they end, and a missing one is a sentence."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg2
import pytest
from redis import Redis

from partnerhub import embedded
from tests import daemons

# A process that starts a broker and is killed before it can stop it.
STARTER = """
import os, pathlib, signal, sys
from tests import daemons
server = daemons.start_broker(pathlib.Path(sys.argv[1]))
print(server.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def open_folder():
    """A temporary folder whose parents anybody may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def has_ended(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_broker_keeps_what_it_was_given(tmp_path):
    first = daemons.start_broker(tmp_path)
    with Redis.from_url(first.url) as client:
        client.set("kept", "yes")
    first.stop()
    assert has_ended(first.process.pid)
    second = daemons.start_broker(tmp_path)
    with Redis.from_url(second.url) as client:
        assert client.get("kept") == b"yes"
    second.stop()


def test_broker_listens_on_the_loopback_address_only(tmp_path):
    broker = daemons.start_broker(tmp_path)
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(broker.process.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    broker.stop()
    assert listening == {embedded.LOOPBACK}


def test_postgres_answers_and_ends(open_folder):
    server = daemons.start_postgres(open_folder)
    connection = psycopg2.connect(server.url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    server.stop()  # with the connection still open
    connection.close()
    assert has_ended(server.process.pid)


@pytest.mark.root
def test_postgres_runs_without_user_namespaces(open_folder, monkeypatch):
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "unshare" else which(name))
    server = daemons.start_postgres(open_folder)
    owner = psutil.Process(server.process.pid).username()
    server.stop()
    assert owner == daemons.UNPRIVILEGED


@pytest.mark.linux
def test_a_server_ends_with_a_starter_that_was_killed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", STARTER, str(tmp_path)], capture_output=True, text=True
    )
    pid = int(done.stdout)
    deadline = time.monotonic() + 10
    while not has_ended(pid):
        assert time.monotonic() < deadline, "the broker outlived its starter"
        time.sleep(0.05)


def test_a_server_that_cannot_start_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "broker_binary", lambda: "false")
    with pytest.raises(embedded.ServerUnavailable, match="the broker did not start"):
        daemons.start_broker(tmp_path)


def test_no_broker_at_all_is_a_sentence(monkeypatch):
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(embedded.ServerUnavailable, match="REDIS_URL"):
        embedded.broker_binary()
