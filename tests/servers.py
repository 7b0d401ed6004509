"""Servers of a test run: started before the settings are read, ended with the run.

A pytest plugin, loaded by `addopts`. A conftest would be too late: pytest-django reads the settings
first, and the suite would run on whatever database it found, and be green.

TEST_DATABASE is `postgresql` (the default) or `sqlite`; DATABASE_URL and REDIS_URL name servers to
use instead of the embedded ones. Tests that do not apply are deselected by their markers.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from partnerhub.embedded import ServerUnavailable
from tests import daemons, migrated

BROKER_DATABASES = 64
# Tests of real processes and browsers wait much of the time: others use the processor meanwhile.
_WAITS = ("tests/test_processes.py", "tests/journeys/", "tests/faults/")
VENDORS = {"postgres": "postgresql", "postgresql": "postgresql", "psql": "postgresql"}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start what the environment does not name; a worker of a parallel run finds it started."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    os.environ.pop("TEST_TEMPLATE", None)
    # A shell's background job ignores Ctrl-C, and so would all that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stack = ExitStack()
    early_config.add_cleanup(stack.close)
    try:
        _start(stack)
    except ServerUnavailable as reason:
        raise pytest.UsageError(str(reason)) from reason


def _start(stack: ExitStack) -> None:
    database = os.environ.setdefault("TEST_DATABASE", "postgresql")
    if database not in {"postgresql", "sqlite"}:
        raise pytest.UsageError(f"TEST_DATABASE is {database}: say postgresql or sqlite")
    os.environ["VAR_DIR"] = str(_folder(stack))
    if database == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{os.environ['VAR_DIR']}/partnerhub.sqlite3"
        os.environ["TEST_TEMPLATE"] = str(migrated.sqlite(_folder(stack)))
    elif not os.environ.get("DATABASE_URL"):
        like = migrated.postgres(_folder(stack))
        postgres = daemons.start_postgres(_folder(stack), like=like)
        stack.callback(postgres.stop)
        os.environ["DATABASE_URL"] = postgres.url
        os.environ["TEST_TEMPLATE"] = "partnerhub"
    elif VENDORS.get(os.environ["DATABASE_URL"].split(":")[0]) != "postgresql":
        raise pytest.UsageError("DATABASE_URL is not PostgreSQL: unset it, or TEST_DATABASE=sqlite")
    if not os.environ.get("REDIS_URL"):
        broker = daemons.start_broker(_folder(stack), BROKER_DATABASES)
        stack.callback(broker.stop)
        os.environ["REDIS_URL"] = broker.url


def _folder(stack: ExitStack) -> Path:
    folder = tempfile.mkdtemp(prefix="partnerhub-tests-")
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def pytest_report_header() -> Sequence[str]:
    """Say in the first lines what the run uses."""
    return [f"database: {os.environ['TEST_DATABASE']}", f"broker: {os.environ['REDIS_URL']}"]


def _unfit_marks() -> set[str]:
    """The markers of tests that do not apply to this run."""
    sqlite = os.environ["TEST_DATABASE"] == "sqlite"
    applies = {
        "postgres": not sqlite,
        "browser": not sqlite,
        "sqlite": sqlite,
        "soak": os.environ.get("SOAK") == "1",
        "root": os.geteuid() == 0,
        "linux": sys.platform == "linux",
    }
    return {mark for mark, fits in applies.items() if not fits}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Committed data is there for locks and transactions, which each database has of its own."""
    mark = item.get_closest_marker("django_db")
    if mark and mark.kwargs.get("transaction"):
        item.add_marker(pytest.mark.both)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what does not apply, instead of skipping it test by test; what waits goes first."""
    unfit = _unfit_marks()
    dropped = {item for item in items if unfit & _marks(item)}
    if dropped:
        config.hook.pytest_deselected(items=list(dropped))
        items[:] = [item for item in items if item not in dropped]
    items.sort(key=lambda item: not item.nodeid.startswith(_WAITS))


def _marks(item: pytest.Item) -> set[str]:
    return {mark.name for mark in item.iter_markers()}
