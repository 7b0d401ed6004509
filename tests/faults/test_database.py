"""The database goes away: a friendly 503, nothing by half, and the next request works."""

import time
from threading import Thread
from typing import Any

import psycopg2
import pytest
from django.db import connection

from accounts import portals
from accounts.models import EmployeeInvitation, Organization
from core.audit.models import Event
from core.outbox.models import Message
from tests.factories import accounts as make
from tests.faults.processes import wait_for
from tests.journeys.worker import _database_url
from tests.support import signed_in

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"


def terminate(condition: str = "TRUE") -> int:
    """Cut the connections of everybody else that fit; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            f"WHERE {OTHERS} AND {condition}"
        )
        return int(cursor.fetchone()[0])


def waiting_for_a_lock() -> bool:
    """Whether somebody stands in the middle of a transition."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM pg_stat_activity WHERE {OTHERS} AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


@pytest.fixture
def boss(web: Any) -> Any:
    """A seller's administrator, signed in, and the account."""
    firm = make.organization("seller")
    return signed_in(make.administrator(firm)), firm


def invite(web: Any, boss: Any) -> Any:
    """Press "Send invitation"."""
    values = {"address": "new@mail.example", "name": "Sam Lee", "role": "employee"}
    return web.post(portals.members_page(boss[1]), boss[0], **values)


def test_f10_cut_in_the_middle_of_a_transition(web, broker, boss, tell):
    """The row it must lock is held here: then its connection is cut while it waits."""
    events = Event.objects.count()
    answers: list[Any] = []
    holder = psycopg2.connect(_database_url())
    with holder.cursor() as cursor:
        table = Organization._meta.db_table
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [boss[1].pk])
        asking = Thread(target=lambda: answers.append(invite(web, boss)))
        asking.start()
        wait_for(waiting_for_a_lock, "the transition")
        assert terminate("wait_event_type = 'Lock'") == 1
        asking.join(30)
    holder.close()
    assert answers[0].status == 503
    assert "Nothing was saved by half" in answers[0].text
    assert not EmployeeInvitation.objects.exists()
    assert not Message.objects.exists()
    assert Event.objects.count() == events
    assert invite(web, boss).status == 302
    assert (EmployeeInvitation.objects.count(), Message.objects.count()) == (1, 1)
    tell("F10", "503, nothing half done; mails after it 1, of it 0")


def test_f10_cut_between_requests_is_not_noticed(web, broker, boss):
    page = portals.members_page(boss[1])
    for _ in range(3):
        assert web.get(page, boss[0]).status == 200
        assert terminate() > 0
    assert web.get(page, boss[0]).status == 200


def test_f10_connection_that_dies_before_the_first_statement(web, broker, boss):
    """Whoever reads first, the session, the person or the page: it is a 503 page, never a 500."""
    page, codes = portals.members_page(boss[1]), set()
    until, cut = time.monotonic() + 2, 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ours = cursor.fetchone()[0]
    other = psycopg2.connect(_database_url())
    other.autocommit = True
    while time.monotonic() < until:
        asking = Thread(target=lambda: codes.add(web.get(page, boss[0]).status))
        asking.start()
        while asking.is_alive():
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    f"WHERE {OTHERS} AND pid <> {ours}"
                )
                cut += cursor.fetchone()[0]
            time.sleep(0.003)
    other.close()
    assert cut > 0
    assert codes <= {200, 503}, codes
    assert web.get(page, boss[0]).status == 200


def test_f11_all_connections_are_cut_under_load(web, broker, worker, mailserver, queue, boss, tell):
    """What a restart does to its clients: errors only while down, nobody is started again."""
    page = portals.members_page(boss[1])
    mailserver.seconds_for_each = 0.02
    queue(60)
    broker.publish("outbox.drain")
    wait_for(lambda: len(mailserver.taken) > 5, "the first mails")
    assert terminate() > 0
    mailserver.seconds_for_each = 0
    assert web.get(page, boss[0]).status == 200
    assert web.runs
    assert worker.runs
    Message.objects.filter(status="sending").update(lease_until=Message().due_at)
    broker.publish("outbox.drain")
    wait_for(lambda: not Message.objects.exclude(status="sent").exists(), "all mails")
    doubled = len(mailserver.taken) - len({taken.message_id for taken in mailserver.taken})
    assert len({taken.to for taken in mailserver.taken}) == 60
    assert doubled <= 1
    tell("F11", f"sent 60, lost 0, doubled {doubled}")
