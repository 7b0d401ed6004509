"""Workers are killed and asked to end: nothing is lost, doubled at most what was in their hands."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.urls import reverse

from core.failures.models import Failure
from core.outbox import delivery
from core.outbox.models import Message
from core.outbox.states import MessageStatus
from core.tasks import DELIVERIES
from tests.factories.reviewers import desk_reviewer
from tests.faults import processes
from tests.faults.processes import wait_for
from tests.support import signed_in

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


POISON = "poison0000@mail.example"  # whom deadly.py cannot write to
MORTALS = 1  # a queue that only the workers of these tests read


def leases_end() -> None:
    """The time after which a silent worker counts as dead."""
    Message.objects.filter(status=MessageStatus.SENDING).update(
        lease_until=F("lease_until") - timedelta(minutes=5)
    )


def all_sent() -> bool:
    """Whether nothing is left to do."""
    return not Message.objects.exclude(status=MessageStatus.SENT).exists()


@pytest.fixture
def start(places: Any, broker: Any, mailserver: Any) -> Any:
    """Starts workers that certainly end with the test."""
    started: list[Any] = []

    def begin(hurried: bool = False, **how: Any) -> Any:
        env = processes.environment(broker.port, mailserver.port, queue=MORTALS)
        env["HURRIED"] = str(int(hurried))
        started.append(processes.worker(places / f"mortal-{len(started)}.log", env, **how))
        return started[-1]

    yield begin
    for process in started:
        process.stop()


def test_f3_killed_between_the_servers_yes_and_our_commit(start, broker, mailserver, queue, tell):
    """Twice is possible in this window alone, with the same Message-ID."""
    first, second, third = queue(3)
    worker = start()

    def kill(taken: Any) -> None:
        if taken.to == second.to:
            mailserver.on_taken = None
            worker.kill()

    mailserver.on_taken = kill
    broker.publish("outbox.drain", MORTALS)
    wait_for(lambda: not worker.runs, "the kill")
    second.refresh_from_db()
    assert second.status == MessageStatus.SENDING
    leases_end()
    delivery.recover()
    rows = Message.objects.order_by("id").values_list("status", "attempts")
    assert list(rows) == [
        (MessageStatus.SENT, 1),
        (MessageStatus.MAYBE_SENT, 1),
        (MessageStatus.WAITING, 0),
    ]
    start()
    broker.publish("outbox.drain", MORTALS)
    wait_for(all_sent, "all")
    attempts = Message.objects.order_by("id").values_list("attempts", flat=True)
    assert list(attempts) == [1, 2, 1]
    assert mailserver.doubled() == {second.message_id: 2}
    assert {taken.message_id for taken in mailserver.taken} == {
        message.message_id for message in (first, second, third)
    }
    tell("F3", "sent 3, lost 0, doubled 1 with one Message-ID, its row shows 2 attempts")


@pytest.mark.parametrize(
    ("mails", "kills"), [(40, 3), pytest.param(100, 10, marks=pytest.mark.soak)]
)
def test_f4_killed_in_the_middle(start, broker, mailserver, queue, tell, mails: int, kills: int):
    """Again and again: every mail arrives, and no more come twice than there were kills."""
    queue(mails)
    worker = start(pool="prefork", size=1)
    killed, step = 0, mails // (kills + 1)

    def kill(taken: Any) -> None:
        nonlocal killed
        if killed < kills and len(mailserver.taken) >= (killed + 1) * step:
            killed += 1
            worker.kill_child()

    mailserver.on_taken = kill
    broker.publish("outbox.drain", MORTALS)
    for number in range(1, kills + 1):
        wait_for(lambda number=number: killed >= number, f"kill {number}")
        leases_end()
        broker.publish("outbox.drain", MORTALS)

    def done() -> bool:
        leases_end() if not Message.objects.filter(status="waiting").exists() else None
        return all_sent()

    wait_for(lambda: killed == kills, "the kills")
    broker.publish("outbox.drain", MORTALS)
    wait_for(all_sent, "all")
    distinct = {taken.message_id for taken in mailserver.taken}
    doubled = len(mailserver.taken) - len(distinct)
    assert len(distinct) == mails
    assert doubled <= kills
    tell(f"F4 x{kills}", f"sent {mails}, lost 0, doubled {doubled}, kills {killed}")


def test_f18_asked_to_end_hands_back_what_it_did_not_send(start, broker, mailserver, queue, tell):
    """SIGTERM in the middle: the mail in hand is finished, the others wait for the next worker."""
    queue(60)
    mailserver.seconds_for_each = 0.2
    worker = start()
    broker.publish("outbox.drain", MORTALS)
    wait_for(lambda: len(mailserver.taken) >= 3, "the first mails")
    seconds = worker.terminate(30)
    sent = len(mailserver.taken)
    assert sent < 60
    waiting = Message.objects.filter(status=MessageStatus.WAITING, attempts=0, lease=None)
    assert waiting.count() == 60 - sent
    mailserver.seconds_for_each = 0
    start()
    broker.publish("outbox.drain", MORTALS)
    wait_for(all_sent, "all")
    assert len(mailserver.taken) == 60
    assert mailserver.doubled() == {}
    tell("F18", f"ended in {seconds:.1f} s; sent 60, lost 0, doubled 0")


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_f16_task_that_kills_its_worker(start, broker, mailserver, queue, tell):
    """It comes back, with a few deaths, and is dropped; the mail beside it is sent meanwhile."""
    queue(5)
    broker.publish("test.deadly", MORTALS)
    broker.publish("outbox.drain", MORTALS)
    deaths = 0

    def dropped() -> bool:
        return Failure.objects.filter(subject="message", given_up_at__isnull=False).exists()

    while not dropped():
        worker = start(hurried=True)
        wait_for(lambda worker=worker: not worker.runs or dropped(), "an end")
        deaths += not worker.runs
        assert deaths <= DELIVERIES
    wait_for(all_sent, "the mails")
    queue(1, "later")
    broker.publish("outbox.drain", MORTALS)
    wait_for(all_sent, "one more mail")
    assert worker.runs
    assert mailserver.doubled() == {}
    page = signed_in(desk_reviewer(lead=True)).get(reverse("admin:chores_failure_changelist"))
    assert "test.deadly" in page.text
    assert "Given up" in page.text
    sent = len(mailserver.taken)
    tell("F16 task", f"dropped after {deaths} deaths; sent {sent}, lost 0, doubled 0")


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_f16_mail_that_kills_its_worker(start, broker, mailserver, queue, tell):
    """Given up after a few deaths and shown at the desk; the others are sent once, around it."""
    [before] = queue(1, "before")
    [poison] = queue(1, "poison")
    assert poison.to == POISON
    after = queue(3, "after")
    deaths = 0
    while not Message.objects.filter(pk=poison.pk, status=MessageStatus.FAILED).exists():
        worker = start()
        broker.publish("outbox.drain", MORTALS)
        wait_for(lambda worker=worker: not worker.runs or not due(), "an end")
        deaths += not worker.runs
        assert deaths <= delivery.DEAD_WORKERS + 1
        leases_end()
    wait_for(lambda: not due(), "the others")
    assert sorted(mailserver.addresses) == sorted(one.to for one in (before, *after))
    poison.refresh_from_db()
    assert "the worker stopped" in poison.error
    page = signed_in(desk_reviewer(lead=True)).get(reverse("admin:outbox_message_changelist"))
    assert POISON in page.text
    sent = len(mailserver.taken)
    tell("F16 mail", f"failed after {deaths} deaths; sent {sent}, lost 0, doubled 0")


def due() -> bool:
    """Whether anything is still to be sent."""
    return Message.objects.exclude(status__in=[MessageStatus.SENT, MessageStatus.FAILED]).exists()
