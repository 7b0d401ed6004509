"""The outbox: never lost, never doubled beyond the acknowledged window, never before commit."""

import smtplib
from collections import deque
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import TestCase
from django.utils.module_loading import import_string

from core import clock
from core.outbox import delivery, services, signals, tokens, transport
from core.outbox.erasure import Forgotten, forget_person
from core.outbox.models import FanOut, Message, Pause
from core.outbox.rendering import Mail
from core.outbox.states import MessageStatus
from core.outbox.tasks import forget_old_text
from core.outbox.tokens import Claim
from tests.support import drain

pytestmark = pytest.mark.django_db
MAIL = Mail(
    subject="[Harbor Desk] Invitation",
    heading="You are invited",
    paragraphs=("Come in.",),
    button=("Answer", tokens.PLACEHOLDER),
    not_you="Ignore this mail.",
    organization="Harbor Desk",
)


def draft(number: int = 1, **changes: Any) -> Message:
    values: dict[str, Any] = {"key": f"event:{number}", "kind": "test.event", "mail": MAIL}
    return services.draft(f"reader{number}@mail.example", **(values | changes))


def queue(*drafts: Message) -> None:
    with transaction.atomic():
        services.queue(drafts)


class Server:
    """A transport that answers as it is told, and keeps what it took."""

    def __init__(
        self, *answers: Exception | None, refuses_to_open: Exception | None = None
    ) -> None:
        self.answers = list(answers)
        self.refuses_to_open = refuses_to_open
        self.taken: list[Any] = []
        self.opened = 0

    def open(self) -> None:
        if self.refuses_to_open:
            raise self.refuses_to_open
        self.opened += 1

    def close(self) -> None:
        pass

    def send_messages(self, messages: list[Any]) -> int:
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        self.taken += messages
        return len(messages)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(*answers: Exception | None, **options: Any) -> Server:
        made = Server(*answers, **options)
        monkeypatch.setattr(transport, "mailers", {"transport": made})
        return made

    return use


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_message_needs_a_transaction():
    with pytest.raises(RuntimeError):
        services.queue([draft()])


@pytest.mark.both
def test_rollback_takes_the_message_with_it():
    with transaction.atomic():
        services.queue([draft()])
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@pytest.mark.both
def test_same_event_mails_once():
    queue(draft())
    queue(draft())
    assert len(drain()) == 1
    assert drain() == []


def test_text_and_html_carry_the_same_one_time_link():
    claim = Claim("employee", tokens.uuid.uuid4(), 3)
    queue(draft(claim=claim))
    row = Message.objects.get()
    assert tokens.sign(claim) not in row.text + row.content + row.html
    [sent] = drain()
    assert tokens.claim_url(claim) in sent.body
    assert tokens.claim_url(claim) in sent.alternatives[0].content


def test_one_connection_serves_a_batch(server):
    post = server()
    queue(*[draft(number) for number in range(120)])
    delivery.drain()
    assert len(post.taken) == 120
    assert post.opened == 2


@pytest.mark.parametrize("code", [421, 450, 451])
@pytest.mark.both
def test_temporary_refusal_is_retried_with_growing_gaps(server, code):
    server(*[smtplib.SMTPDataError(code, b"later")] * 3)
    queue(draft())
    gaps = []
    for _ in range(3):
        Message.objects.update(due_at=clock.real_now())
        delivery.drain()
        row = Message.objects.get()
        assert row.status == MessageStatus.WAITING
        gaps.append((row.due_at - clock.real_now()).total_seconds())
    assert gaps[0] < gaps[1] < gaps[2]


def test_temporary_refusal_gives_up_after_a_day(server):
    server(smtplib.SMTPDataError(451, b"later"))
    queue(draft())
    Message.objects.update(queued_at=clock.real_now() - timedelta(hours=24))
    delivery.drain()
    assert Message.objects.get().status == MessageStatus.FAILED


@pytest.mark.parametrize(
    "refusal",
    [
        smtplib.SMTPDataError(554, b"no"),
        smtplib.SMTPRecipientsRefused({"a": (550, b"unknown")}),
    ],
)
def test_final_refusal_fails_at_once_and_is_reported(server, refusal):
    heard: list[Any] = []
    signals.delivery_changed.connect(
        lambda **said: heard.append(said), weak=False, dispatch_uid="t"
    )
    server(refusal)
    queue(draft(about="test:1"))
    delivery.drain()
    signals.delivery_changed.disconnect(dispatch_uid="t")
    row = Message.objects.get()
    assert (row.status, row.attempts) == (MessageStatus.FAILED, 1)
    assert [said["status"] for said in heard] == [MessageStatus.FAILED]


def test_lost_answer_is_tried_once_more_with_the_same_id(server):
    lost = smtplib.SMTPServerDisconnected("gone")
    post = server(lost)
    queue(draft())
    delivery.drain()
    row = Message.objects.get()
    assert row.status == MessageStatus.MAYBE_SENT
    Message.objects.update(due_at=clock.real_now())
    delivery.drain()
    assert Message.objects.get().status == MessageStatus.SENT
    assert [m.extra_headers["Message-ID"] for m in post.taken] == [row.message_id]


def test_second_lost_answer_is_final(server):
    server(*[smtplib.SMTPServerDisconnected("gone")] * 2)
    queue(draft())
    for _ in range(2):
        Message.objects.update(due_at=clock.real_now())
        delivery.drain()
    assert Message.objects.get().status == MessageStatus.FAILED


def test_one_silence_does_not_hold_up_the_others(server):
    post = server(TimeoutError())
    queue(*[draft(number) for number in range(5)])
    delivery.send_batch()
    rows = list(Message.objects.order_by("id").values_list("status", "attempts"))
    assert rows[0] == (MessageStatus.MAYBE_SENT, 1)
    assert set(rows[1:]) == {(MessageStatus.SENT, 1)}
    assert post.opened == 2


def test_two_silences_in_a_row_leave_the_server_alone_for_a_while(server):
    server(TimeoutError(), TimeoutError())
    queue(*[draft(number) for number in range(5)])
    assert delivery.drain() == 0
    rows = list(Message.objects.order_by("id").values_list("status", "attempts"))
    assert rows[:2] == [(MessageStatus.MAYBE_SENT, 1)] * 2
    assert set(rows[2:]) == {(MessageStatus.WAITING, 0)}
    post = server()
    assert delivery.drain() == 0
    assert post.opened == 0
    Pause.objects.update(until=clock.real_now())
    delivery.drain()
    assert len(post.taken) == 3
    assert not Pause.objects.exists()


def test_refused_encryption_sends_nothing_in_clear(server):
    post = server(refuses_to_open=smtplib.SMTPNotSupportedError("STARTTLS"))
    queue(draft())
    delivery.drain()
    assert post.taken == []
    assert Message.objects.get().status == MessageStatus.FAILED


@pytest.mark.parametrize(("code", "ours"), [(535, True), (534, True), (454, False)])
def test_wrong_password_is_nobodys_try(server, code, ours):
    server(refuses_to_open=smtplib.SMTPAuthenticationError(code, b"no"))
    queue(draft(), draft(2))
    for _ in range(3):
        Pause.objects.all().delete()
        delivery.drain()
    rows = Message.objects.filter(kind="test.event").values_list("status", "attempts")
    assert set(rows) == {(MessageStatus.WAITING, 0)}
    assert Pause.objects.get().ours is ours


def test_server_that_is_down_costs_no_message(server):
    server(refuses_to_open=ConnectionRefusedError())
    queue(draft(), draft(2))
    delivery.drain()
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.WAITING}


def test_one_bad_message_does_not_stop_the_others(server):
    post = server(ValueError("odd"), None)
    queue(draft(), draft(2))
    delivery.drain()
    assert len(post.taken) == 1
    assert Message.objects.filter(status=MessageStatus.FAILED).count() == 1


@pytest.mark.both
def test_worker_that_died_while_sending_leaves_a_retry():
    queue(draft())
    delivery.claim()
    assert drain() == []
    Message.objects.update(lease_until=clock.real_now() - timedelta(seconds=1))
    assert len(drain()) == 1
    assert Message.objects.get().attempts == 2


@pytest.mark.both
def test_what_a_dead_worker_held_goes_on_within_seconds():
    queue(draft(), draft(2))
    began = clock.real_now()
    held = delivery.claim()
    ends = {message.lease_until - began for message in held if message.lease_until}
    assert max(ends) < timedelta(seconds=30)


def test_worker_renews_its_lease_while_it_waits_for_an_answer():
    queue(draft(), draft(2))
    held = delivery.claim()
    Message.objects.update(lease_until=clock.real_now())
    delivery._Hold(held[0].lease).renew()
    assert delivery.recover() == 0
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.SENDING}


def test_worker_that_slept_leaves_alone_what_others_took(server):
    """Its lease ran out while the machine slept: what is left is not sent twice."""
    queue(draft(), draft(2))
    held = delivery.claim()
    hold = delivery._Hold(held[0].lease)
    hold._renewed -= 60
    Message.objects.filter(pk=held[1].pk).update(lease=tokens.uuid.uuid4())
    waiting = deque(held)
    hold.still(waiting)
    assert list(waiting) == held[:1]


def test_lease_is_renewed_beside_the_sending(monkeypatch):
    monkeypatch.setattr(delivery, "RENEWED", 0.01)
    renewed = Event()
    monkeypatch.setattr(delivery._Hold, "renew", lambda self: renewed.set())
    with delivery._Hold(None):
        assert renewed.wait(5)


def test_result_of_a_lost_lease_is_not_recorded():
    queue(draft())
    [held] = delivery.claim()
    Message.objects.update(lease=tokens.uuid.uuid4())
    assert delivery._sent(held) == 0
    assert delivery._finish(held, MessageStatus.FAILED) == 0


def test_code_of_the_sign_in_library_is_blanked_once_sent():
    EmailMessage("Code", "ABCD-EFGH", to=["reader@mail.example"]).send()
    assert "ABCD" in Message.objects.get().text
    [sent] = drain()
    assert "ABCD" in sent.body
    assert Message.objects.get().text == ""


def test_cancelled_message_is_not_sent():
    queue(draft(about="employee:7"))
    assert services.cancel("employee:7") == 1
    assert drain() == []


def expand_to_three(*, after: int, limit: int, prefix: str) -> int | None:
    rows = [number for number in (1, 2, 3) if number > after][:limit]
    services.queue(draft(number, key=f"{prefix}:{number}") for number in rows)
    return rows[-1] if rows and rows[-1] < 3 else None


@pytest.mark.both
def test_fan_out_is_expanded_piece_by_piece(monkeypatch):
    monkeypatch.setattr(services, "PIECE", 2)
    with transaction.atomic():
        services.queue_fan_out(key="lapsed", expander=expand_to_three, prefix="lapsed")
        services.queue_fan_out(key="lapsed", expander=expand_to_three, prefix="lapsed")
    assert Message.objects.count() == 0
    assert len(drain()) == 3
    assert FanOut.objects.get().done_at is not None
    assert drain() == []


@pytest.mark.parametrize(
    "name",
    [
        "connections.emails.approval_changed_drafts",
        "roles.emails.approval_changed_drafts",
        "supplychain.emails.shares.shipment_shared_drafts",
    ],
)
def test_names_of_expanders_stand_in_rows_and_stay(name):
    assert callable(import_string(name))


@pytest.mark.both
def test_erasing_cancels_what_waits_and_leaves_what_is_being_sent():
    queue(draft(), draft(2))
    [held] = delivery.claim(1)
    gone = Forgotten(0, ("reader1@mail.example", "reader2@mail.example"), "Vex Quillon", "Nobody")
    with transaction.atomic():
        forget_person(gone)
    rows = Message.objects.order_by("id").values_list("status", "text")
    assert list(rows) == [(MessageStatus.SENDING, ""), (MessageStatus.CANCELLED, "")]
    assert delivery._sent(held) == 1
    assert drain() == []


@pytest.mark.both
def test_old_text_goes_but_key_and_state_stay():
    queue(draft())
    drain()
    Message.objects.update(created_at=clock.real_now() - timedelta(days=91))
    forget_old_text()
    row = Message.objects.get()
    assert (row.text, row.content, row.html_part, row.status) == ("", "", "", MessageStatus.SENT)
    queue(draft())
    assert drain() == []


def test_lost_nudge_does_not_reach_the_request(monkeypatch):
    def broken(self: Any, *args: Any, **kwargs: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("celery.app.task.Task.delay", broken)
    with TestCase.captureOnCommitCallbacks(execute=True) as callbacks:
        queue(draft())
        queue(draft(2))
    assert len(callbacks) == 1
    assert Message.objects.count() == 2
    assert mail.outbox == []
