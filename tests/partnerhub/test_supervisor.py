"""The supervisor: what it refuses, what it keeps, and that it leaves no process."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time

import psutil
import pytest

from partnerhub import embedded, supervisor
from partnerhub.supervisor import Child, Refused, Stopped

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("stubborn", flush=True)
time.sleep(600)
"""


@pytest.fixture
def quiet_signals():
    """Put the handlers back that the supervisor replaces."""
    before = {number: signal.getsignal(number) for number in supervisor.END_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def child(tmp_path, quiet_signals):
    """Make children whose processes end with the test."""
    made = []

    def make(command, name="child"):
        made.append(Child(name, command, tmp_path / f"{name}.log"))
        return made[-1]

    yield make
    for one in made:
        if one.process:
            embedded.kill_group(one.process)


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def group_is_gone(process):
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return all(p.status() == psutil.STATUS_ZOMBIE for p in processes_of_group(process.pid))


def processes_of_group(number):
    return [p for p in psutil.process_iter() if os.getpgid(p.pid) == number]


def test_stop_ends_a_willing_child_at_once(child):
    willing = child(SLEEP)
    willing.start(dict(os.environ))
    began = time.monotonic()
    supervisor.stop([willing], grace=10)
    assert time.monotonic() - began < 5
    assert group_is_gone(willing.process)


def test_stop_kills_a_stubborn_child_and_its_children(child):
    stubborn = child([sys.executable, "-c", STUBBORN])
    stubborn.start(dict(os.environ))
    wait_for(lambda: "stubborn" in stubborn.last_words())
    supervisor.stop([stubborn], grace=0.3)
    wait_for(lambda: group_is_gone(stubborn.process))


def leads_others(child):
    """A child with one of its own, killed so that nobody could tell the other."""
    leader = child([sys.executable, "-c", STUBBORN])
    leader.start(dict(os.environ))
    wait_for(lambda: "stubborn" in leader.last_words())
    leader.process.kill()
    leader.process.wait()
    assert not group_is_gone(leader.process)
    return leader


def test_workers_of_a_killed_web_server_end_with_the_whole(child):
    web = leads_others(child)
    supervisor.stop([web], grace=0.3)
    wait_for(lambda: group_is_gone(web.process))


def test_workers_of_a_killed_web_server_make_room_for_the_next(child):
    web = leads_others(child)
    killed = web.process
    supervisor.revive(web, dict(os.environ))
    wait_for(lambda: group_is_gone(killed))


def test_web_server_takes_our_configuration(tmp_path):
    """Which listens on this machine and believes nobody: tests/partnerhub/test_settings.py."""
    web = supervisor.application_children(tmp_path / "schedule", None)[0]
    assert web.name == "web"
    assert web.command[1:] == [
        "-m",
        "gunicorn",
        "--config",
        str(supervisor.ROOT / "gunicorn.conf.py"),
    ]


def test_a_dead_child_is_started_again(child):
    mortal = child(SLEEP)
    mortal.start(dict(os.environ))
    first = mortal.process
    first.kill()
    first.wait()
    supervisor.revive(mortal, dict(os.environ))
    assert mortal.process.pid != first.pid
    assert not mortal.died()


def test_a_child_that_keeps_dying_ends_the_whole_with_its_last_lines(child):
    broken = child([sys.executable, "-c", "raise SystemExit('no wheels left')"])
    broken.start(dict(os.environ))
    with pytest.raises(Refused, match="no wheels left"):
        supervisor.watch([broken], dict(os.environ))
    assert len(broken.deaths) == supervisor.DEATHS


def test_watching_ends_when_the_starter_is_gone(child):
    with pytest.raises(Stopped):
        supervisor.watch([], {}, starter=os.getppid() + 1)


def test_secret_key_is_kept_and_private(tmp_path):
    key = supervisor.kept_secret_key(tmp_path)
    assert len(key) > 50
    assert supervisor.kept_secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_demo_environment_uses_one_host_name(tmp_path, monkeypatch):
    for name in ("SITE_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "8123")
    environment = supervisor.demo_environment(tmp_path)
    assert environment["SITE_URL"] == "http://localhost:8123"
    assert environment["DEMO"] == "1"
    assert environment["DEBUG"] == "0"


def test_a_taken_port_is_refused():
    with socket.socket() as taken:
        taken.bind((embedded.LOOPBACK, 0))
        taken.listen()
        with pytest.raises(Refused, match="cannot be used"):
            supervisor.check_port({"PORT": str(taken.getsockname()[1])})


def test_a_port_that_is_no_number_is_refused():
    with pytest.raises(Refused, match="say a number"):
        supervisor.check_port({"PORT": "http"})


def test_reset_forgets_data_and_keeps_the_key(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    key = supervisor.kept_secret_key(tmp_path)
    (tmp_path / "partnerhub.sqlite3").touch()
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/1.eml").touch()
    (tmp_path / "bench.json").touch()
    supervisor.reset()
    assert {path.name for path in tmp_path.iterdir()} == {"secret-key", "bench.json", "lock"}
    assert supervisor.kept_secret_key(tmp_path) == key


def test_reset_is_refused_while_the_demo_runs(tmp_path):
    environment = {**os.environ, "VAR_DIR": str(tmp_path)}
    (tmp_path / "partnerhub.sqlite3").touch()
    with supervisor.only_one(tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "partnerhub.supervisor", "reset"],
            env=environment, cwd=supervisor.ROOT, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert "The demo is running" in done.stdout
    assert (tmp_path / "partnerhub.sqlite3").exists()


def test_an_unknown_command_is_answered_with_the_usage(capsys):
    assert supervisor.main(["dance"]) == 2
    assert "usage" in capsys.readouterr().out
