"""The mail server misbehaves: nothing is lost, nothing doubled but where its answer was lost."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from accounts.states import InvitationStatus
from core import clock
from core.failures.models import Failure
from core.outbox import delivery, services
from core.outbox.models import Message, Pause
from core.outbox.states import MessageStatus
from partnerhub.env import Environment
from tests.factories import invitations
from tests.faults.conftest import TIMEOUT
from tests.faults.mailserver import DROP, HANG, STEPS

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


def due() -> None:
    """Time passes, as far as the outbox is concerned."""
    Message.objects.update(due_at=clock.real_now())
    Pause.objects.all().delete()


def aged(by: timedelta) -> None:
    """The messages have been waiting for that much longer."""
    Message.objects.update(
        created_at=F("created_at") - by, queued_at=F("queued_at") - by, due_at=clock.real_now()
    )


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("code", [421, 450, 451])
def test_f5_not_now(smtp: Any, queue: Any, step: str, code: int):
    """The same Message-ID once it is taken, however often it was put off."""
    smtp.scripts.extend([{step: f"{code} later"}] * 2)
    [message] = queue(1)
    for _ in range(2):
        due()
        delivery.drain()
        message.refresh_from_db()
        assert message.status == MessageStatus.WAITING
        assert str(code) in message.error
    due()
    delivery.drain()
    assert [taken.message_id for taken in smtp.taken] == [message.message_id]
    message.refresh_from_db()
    assert (message.status, message.attempts, message.error) == (MessageStatus.SENT, 3, "")


def test_f5_gaps_grow_and_end_after_a_day(smtp: Any, queue: Any, tell: Any):
    """1, 5, 30 min, 2, 6 h, each a little more or less; a day later it is given up."""
    smtp.always = {"RCPT": "450 greylisted"}
    queue(40)
    gaps: list[list[float]] = []
    for expected in (1, 5, 30, 120, 360, 360, 360):
        aged(timedelta(minutes=gaps[-1][0] if gaps else 0))
        now = clock.real_now()
        delivery.drain()
        rows = Message.objects.values_list("status", "due_at")
        assert {status for status, _ in rows} == {MessageStatus.WAITING}
        gaps.append([(at - now).total_seconds() / 60 for _, at in rows])
        assert all(0.89 * expected <= gap <= 1.11 * expected + 0.2 for gap in gaps[-1])
        assert len({round(gap, 3) for gap in gaps[-1]}) > 20, "no jitter"
        Message.objects.update(attempts=len(gaps))
    aged(timedelta(hours=6))
    delivery.drain()
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.FAILED}
    assert "450" in Message.objects.first().error  # type: ignore[union-attr]
    tell("F5", "40 mails put off 7 times over 21 h, then failed with the server's words; sent 0")


def test_f5_sending_again_begins_a_new_day(smtp: Any, queue: Any):
    [message] = queue(1)
    smtp.always = {"RCPT": "550 no such user"}
    delivery.drain()
    aged(3 * DAY)
    message.refresh_from_db()
    services.send_again(message)
    smtp.always = {"RCPT": "450 greylisted"}
    delivery.drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.WAITING
    smtp.always = {}
    due()
    delivery.drain()
    assert [taken.message_id for taken in smtp.taken] == [message.message_id]


@pytest.mark.parametrize("step", ["RCPT", "DATA", "END"])
@pytest.mark.parametrize("code", [550, 552, 554])
def test_f6_no_for_ever(smtp: Any, queue: Any, step: str, code: int):
    smtp.scripts.append({step: f"{code} never"})
    refused, taken = queue(2)
    delivery.drain()
    for message in (refused, taken):
        message.refresh_from_db()
    assert (refused.status, refused.attempts) == (MessageStatus.FAILED, 1)
    assert f"{code}" in refused.error
    assert taken.status == MessageStatus.SENT
    due()
    delivery.drain()
    assert smtp.addresses == [taken.to]


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize(
    "always",
    [
        {"MAIL": "554 5.7.1 no mail from you"},
        {"MAIL": "530 5.7.0 Authentication required"},
        {"RCPT": "553 5.7.1 <no-reply@hub.example>: Sender address rejected: not logged in"},
        {"RCPT": "554 5.7.1 <reader0000@mail.example>: Relay access denied"},
        {"CONNECT": "554 no service for you"},
    ],
)
def test_refusal_of_us_is_nobodys_try_and_told(smtp: Any, queue: Any, always: Any, count: int):
    smtp.always = always
    queue(count)
    for _ in range(3):
        due()
        delivery.drain()
    ours = Message.objects.filter(kind="test.fault")
    assert set(ours.values_list("status", "attempts")) == {(MessageStatus.WAITING, 0)}
    assert Pause.objects.get().ours
    assert Failure.objects.get().task == "outbox.line"
    assert Message.objects.filter(kind="notifications.mail_refused").exists()
    smtp.always = {}
    Pause.objects.update(until=clock.real_now())
    delivery.drain()
    assert smtp.addresses[:count] == list(ours.order_by("id").values_list("to", flat=True))
    assert not Failure.objects.exists()


@pytest.mark.parametrize("answer", ["421 too many connections", "450 come back"])
def test_connection_that_is_refused_is_nobodys_try(smtp: Any, queue: Any, answer: str):
    """All wait, and leave within a minute of the server's return."""
    smtp.always = {"CONNECT": answer}
    queue(3)
    for _ in range(5):
        Pause.objects.update(until=clock.real_now())
        delivery.drain()
    assert set(Message.objects.values_list("status", "attempts")) == {(MessageStatus.WAITING, 0)}
    assert Pause.objects.get().until < clock.real_now() + timedelta(seconds=60)
    assert not Pause.objects.get().ours
    smtp.always = {}
    Pause.objects.update(until=clock.real_now())
    delivery.drain()
    assert set(Message.objects.values_list("status", "attempts")) == {(MessageStatus.SENT, 1)}


def test_refusal_at_mail_from_of_one_message_holds_up_nobody(smtp: Any, queue: Any):
    smtp.scripts.append({"MAIL": "552 too big"})
    first, second = queue(2)
    delivery.drain()
    first.refresh_from_db()
    assert (first.status, first.attempts) == (MessageStatus.WAITING, 1)
    assert smtp.addresses == [second.to]


def test_f6_invitation_becomes_undeliverable(smtp: Any, run_callbacks: Any):
    """Real refusal, through the whole: the invitation says so, and the link can be copied."""
    row = invitations.employee().row
    with transaction.atomic():
        services.queue([_about(row)])
    smtp.scripts.append({"RCPT": "550 no such user"})
    with run_callbacks():
        delivery.drain()
    row.refresh_from_db()
    assert row.status == InvitationStatus.UNDELIVERABLE


def _about(row: Any) -> Message:
    mail = services.Mail(subject="[Firm] Invitation: sent", heading="Come in")
    return services.draft(
        row.address, key=f"test:{row.pk}", kind="test", mail=mail, about=row.about
    )


@pytest.mark.parametrize("step", [step for step in STEPS if step != "STARTTLS"])
def test_f7_silence(smtp: Any, queue: Any, step: str, tell: Any):
    """A silence costs the others one timeout, at whatever step it falls."""
    messages = queue(4)
    at_once = step in ("CONNECT", "EHLO")
    if at_once:
        smtp.always = {step: HANG}
    else:
        smtp.scripts.append({step: HANG})
    began = time.monotonic()
    delivery.drain()
    seconds = time.monotonic() - began
    assert TIMEOUT <= seconds < TIMEOUT + 1
    rows = Message.objects.order_by("id")
    if at_once:
        assert {(row.status, row.attempts) for row in rows} == {(MessageStatus.WAITING, 0)}
        assert Pause.objects.count() == 1
        smtp.always = {}
    else:
        assert smtp.addresses[-3:] == [message.to for message in messages[1:]]
        first = rows[0].status
        assert first == (MessageStatus.MAYBE_SENT if step == "END" else MessageStatus.WAITING)
    due()
    delivery.drain()
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.SENT}
    doubled = sum(count - 1 for count in smtp.doubled().values())
    assert doubled == (1 if step == "END" else 0)
    tell(f"F7 {step}", f"sent 4, lost 0, doubled {doubled}; others waited {seconds:.1f} s")


def test_f7_waits_no_longer_than_ten_seconds_by_itself(tmp_path):
    env = Environment({"EMAIL_URL": "smtp://mail.example"})
    assert env.transport(tmp_path)["OPTIONS"]["timeout"] == 10


def test_f7_server_that_answers_nobody_is_left_alone(smtp: Any, queue: Any):
    """Fifty waiting mails cost two timeouts, not fifty."""
    queue(50)
    smtp.always = {"MAIL": HANG}
    began = time.monotonic()
    delivery.drain()
    assert time.monotonic() - began < 2 * TIMEOUT + 1
    before = smtp.connections
    delivery.drain()
    assert smtp.connections == before
    smtp.always = {}
    due()
    delivery.drain()
    assert len(smtp.taken) == 50
    assert smtp.doubled() == {}


@pytest.mark.parametrize("how", [HANG, DROP])
def test_f8_lost_answer(smtp: Any, queue: Any, how: str, tell: Any):
    """One retry with the same Message-ID; the row says what is known."""
    smtp.scripts.append({"END": how})
    [message] = queue(1)
    delivery.drain()
    message.refresh_from_db()
    assert (message.status, message.uncertain) == (MessageStatus.MAYBE_SENT, 1)
    assert message.error.startswith("maybe sent")
    due()
    delivery.drain()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (MessageStatus.SENT, 2)
    assert [taken.message_id for taken in smtp.taken] == [message.message_id] * 2
    tell(f"F8 {how}", "sent 1, lost 0, doubled 1 with one Message-ID")


def test_f8_second_lost_answer_is_for_a_person(smtp: Any, queue: Any):
    smtp.scripts.extend([{"END": DROP}, {"RCPT": "450 later"}, {"END": DROP}])
    [message] = queue(1)
    for _ in range(4):
        due()
        delivery.drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert len(smtp.taken) == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_cut_before_the_data_is_no_maybe(smtp: Any, queue: Any, step: str):
    """Nothing can have arrived: it is sent once, however often the line breaks there."""
    smtp.scripts.extend([{step: DROP}] * 3)
    [message] = queue(1)
    for _ in range(4):
        due()
        delivery.drain()
    message.refresh_from_db()
    assert (message.status, message.uncertain) == (MessageStatus.SENT, 0)
    assert len(smtp.taken) == 1


def test_server_that_takes_three_at_a_time(smtp: Any, queue: Any):
    """Its 421 ends the connection, not the batch: nobody waits a minute."""
    good: dict[str, str] = {}
    smtp.scripts.extend([good, good, good, {"MAIL": "421 enough for now"}] * 3)
    queue(9)
    delivery.drain()
    assert len(smtp.taken) == 9
    assert smtp.doubled() == {}
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def _outage(smtp: Any, queue: Any, count: int, minutes: int) -> None:
    port, _ = smtp.port, queue(count)
    smtp.stop()
    for _ in range(minutes * 2):
        delivery.drain()
        Pause.objects.update(until=F("until") - timedelta(seconds=30))
    assert set(Message.objects.values_list("status", "attempts")) == {(MessageStatus.WAITING, 0)}
    smtp.__init__(port)
    due()


@pytest.mark.parametrize(
    ("count", "minutes"),
    [(60, 4), pytest.param(500, 30, marks=[pytest.mark.soak, pytest.mark.timeout(300)])],
)
def test_f9_outage(smtp: Any, queue: Any, count: int, minutes: int, settings: Any, tell: Any):
    """Down for a while with a queue: all once, oldest first, at the pace that was asked for."""
    pace = 50
    settings.MAILERS["transport"]["OPTIONS"]["per_second"] = pace
    _outage(smtp, queue, count, minutes)
    began = time.monotonic()
    while Message.objects.exclude(status=MessageStatus.SENT).exists():
        delivery.drain()
    seconds = time.monotonic() - began
    assert smtp.addresses == list(Message.objects.order_by("id").values_list("to", flat=True))
    assert smtp.doubled() == {}
    assert count / seconds <= pace * 1.05
    tell(
        f"F9 {count}", f"sent {count}, lost 0, doubled 0, in order, {count / seconds:.0f} a second"
    )


def test_f9_what_is_a_day_old_is_given_up_and_says_why(smtp: Any, queue: Any):
    queue(2)
    aged(DAY + timedelta(minutes=1))
    smtp.stop()
    delivery.drain()
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.FAILED}
    assert "Refused" in Message.objects.first().error  # type: ignore[union-attr]


@pytest.mark.parametrize("offers", [(), ("STARTTLS",)])
def test_f19_no_encryption_no_mail(smtp: Any, queue: Any, settings: Any, offers: Any, tell: Any):
    """Not announced: failed at once. Announced and refused: put off. Never in clear."""
    settings.MAILERS["transport"]["OPTIONS"]["use_tls"] = True
    smtp.offers = offers
    smtp.always = {"STARTTLS": "454 not today"}
    queue(3)
    delivery.drain()
    expected = MessageStatus.WAITING if offers else MessageStatus.FAILED
    assert set(Message.objects.values_list("status", flat=True)) == {expected}
    assert not any(line.startswith(("MAIL", "RCPT", "DATA")) for line in smtp.commands)
    tell(f"F19 {offers}", "3 mails, in clear 0")


def test_codes_are_blanked_whatever_becomes_of_them(smtp: Any):
    smtp.scripts.extend([{}, {"RCPT": "550 no"}])
    for name in ("ada", "bo"):
        EmailMessage("Code", "QWER-TZUI", to=[f"{name}@mail.example"]).send()
    delivery.drain()
    assert [taken.body.strip() for taken in smtp.taken] == ["QWER-TZUI"]
    rows = list(Message.objects.order_by("id"))
    assert [row.status for row in rows] == [MessageStatus.SENT, MessageStatus.FAILED]
    assert [row.text + row.content + row.html for row in rows] == ["", ""]
    services.send_again(rows[1])
    rows[1].refresh_from_db()
    assert rows[1].status == MessageStatus.FAILED


def test_drain_ends_in_time_and_hands_back_what_it_did_not_reach(smtp: Any, queue: Any):
    smtp.seconds_for_each = 0.1
    queue(30)
    began = time.monotonic()
    delivery.drain(seconds=0.5)
    assert time.monotonic() - began < 1
    waiting = Message.objects.filter(status=MessageStatus.WAITING, attempts=0, lease=None).count()
    assert 20 < waiting < 30
    smtp.seconds_for_each = 0
    delivery.drain()
    assert smtp.addresses == list(Message.objects.order_by("id").values_list("to", flat=True))
