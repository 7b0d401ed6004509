"""The probes: not ready when the database, its writes or the broker are away."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from redis import Redis
from redis import TimeoutError as RedisTimeoutError

from core import clock
from core.caches import Client as QuickClient
from core.outbox.models import Message
from partnerhub.portals import probes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """No write went well a moment ago, no answer was missed."""
    monkeypatch.setattr(probes.Writes, "good_until", 0.0)
    monkeypatch.setattr(QuickClient, "left_alone_until", 0.0)


def away(*args: Any, **values: Any) -> Any:
    raise OperationalError("gone")


def broken(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> list[int]:
    """A broker on which every command ends so; says how often it was asked."""
    asked: list[int] = []

    def execute(*args: Any, **values: Any) -> Any:
        asked.append(1)
        raise error("no")

    monkeypatch.setattr(Redis, "execute_command", execute)
    return asked


def test_ready_when_everything_answers(client: Client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": True, "writes": True, "broker": True, "outbox_seconds": 0}


def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "cursor", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] is False


def test_not_ready_when_the_database_takes_no_writes(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    """Before, a full disk was ready."""
    monkeypatch.setattr("django.contrib.sessions.models.Session.objects.create", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["writes"]) == (503, False)
    assert client.get("/healthz").status_code == 200


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_full_database_is_not_ready(client: Client):
    """The attempt needs room that a full file does not have."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute("PRAGMA freelist_count")
        (free,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            answer = client.get("/readyz")
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert answer.json()["writes"] is (free > 3)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_database_that_only_reads_is_not_ready(client: Client):
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            assert client.get("/readyz").status_code == 503
        finally:
            cursor.execute("SET default_transaction_read_only = off")


def test_attempt_to_write_leaves_nothing(client: Client, django_assert_max_num_queries: Any):
    client.get("/readyz")
    assert not probes.Session.objects.exists()
    with django_assert_max_num_queries(2):
        client.get("/readyz")


def test_not_ready_without_the_broker(client: Client, monkeypatch: pytest.MonkeyPatch):
    """Before: 200."""
    broken(monkeypatch, ConnectionError)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, False)


def test_broker_that_hangs_is_asked_once(monkeypatch: pytest.MonkeyPatch):
    """Before, each page waited for it, several times."""
    asked = broken(monkeypatch, RedisTimeoutError)
    for _ in range(5):
        assert not probes.broker_answers()
    assert len(asked) == 1


def test_age_of_the_outbox_is_told(client: Client):
    """A mail that waits is no reason to send people elsewhere."""
    due = clock.real_now() - timedelta(seconds=90)
    for number, moment in enumerate((due, clock.real_now() + timedelta(hours=1))):
        Message.objects.create(
            key=f"k{number}", message_id=f"<{number}@x>", kind="t", to="a@b.example", due_at=moment
        )
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert 90 <= answer.json()["outbox_seconds"] < 120
