"""Strict by default: mail only leaves on purpose, undefined template variables fail."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import TestCase
from hypothesis import settings as hypothesis_settings

from core.audit import triggers
from tests.racing import meeting
from tests.sweep.report import pytest_terminal_summary

__all__ = ["meeting", "pytest_terminal_summary"]

# A loaded machine is no failure.
hypothesis_settings.register_profile("tests", deadline=None)
hypothesis_settings.load_profile("tests")


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None, request: pytest.FixtureRequest) -> bool:
    """On SQLite the test database is the migrated file; PostgreSQL copies its own (settings)."""
    if connection.vendor == "sqlite":
        shutil.copy(os.environ["TEST_TEMPLATE"], connection.settings_dict["TEST"]["NAME"])
        return True
    return bool(request.config.getvalue("reuse_db"))


OUTBOX = {"BACKEND": "core.outbox.services.OutboxBackend"}
MEMORY = {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}


@pytest.fixture(autouse=True)
def mail_goes_through_the_outbox(settings: Any) -> None:
    """The test run replaces every mailer by memory; `default` stays the outbox."""
    settings.MAILERS = {"default": OUTBOX, "transport": MEMORY}


@pytest.fixture(autouse=True)
def no_limits_left_over() -> None:
    """Links that are guessed at are counted in the quick cache; the rest goes with the database."""
    caches["quick"].clear()


@pytest.fixture(autouse=True)
def nudges_stay_quiet(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """No task is published unless a test asks for a live worker: tests call drain()."""
    if "live_worker" not in request.fixturenames:
        monkeypatch.setattr("celery.app.task.Task.delay", lambda self, *args, **kwargs: None)


@pytest.fixture(scope="session", autouse=True)
def tables_are_emptied_row_by_row() -> Iterator[None]:
    """Truncating makes new files for hundreds of tables and indexes: slow where few have rows."""

    def sql(style: Any, tables: list[str], **options: Any) -> list[str]:
        names = [f'"{table}"' for table in tables]
        return ["; ".join([f"LOCK TABLE {', '.join(names)}", *map("DELETE FROM {}".format, names)])]

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            patch.setattr(type(connection.ops), "sql_flush", staticmethod(sql))
        yield


@pytest.fixture(autouse=True)
def history_can_be_flushed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Transactional tests empty every table; the triggers of the history come back afterwards."""
    marker = request.node.get_closest_marker("django_db")
    if not marker or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    triggers.remove()


@pytest.fixture
def run_callbacks() -> Any:
    """Runs what was left for after the commit: `with run_callbacks(): …`."""
    return lambda: TestCase.captureOnCommitCallbacks(execute=True)
