"""The promises about a mail server, held by each provider's HTTP API, too."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from django.db.models import F

from core import clock
from core.failures.models import Failure
from core.notifications.models import Notification
from core.outbox import delivery
from core.outbox.models import Message, Pause
from core.outbox.states import MessageStatus
from tests.factories.roles import reviewer
from tests.faults.providers import APIS, DROP, HANG, Provider, Reply
from tests.faults.test_mail_server import DAY, aged, due

pytestmark = pytest.mark.django_db
TIMEOUT = 0.4  # seconds that a silent provider gets here


def use(settings: Any, provider: Provider, **options: Any) -> None:
    settings.ANYMAIL = provider.settings
    settings.MAILERS = settings.MAILERS | {
        "transport": {
            "BACKEND": "core.outbox.gateways.ProviderTransport",
            "OPTIONS": {"provider": provider.name, "timeout": TIMEOUT, **options},
        }
    }


@pytest.fixture(params=sorted(APIS))
def provider(request: Any, settings: Any) -> Iterator[Provider]:
    made = Provider(request.param)
    use(settings, made)
    yield made
    made.stop()


def states() -> set[Any]:
    return set(Message.objects.values_list("status", "attempts"))


def test_mail_arrives_with_its_headers(provider: Any, queue: Any, settings: Any):
    settings.SUPPORT_EMAIL = "help@hub.example"
    messages = queue(3)
    delivery.drain()
    assert provider.addresses == [message.to for message in messages]
    assert provider.wrong_keys == 0
    first = provider.taken[0]
    assert first.subject == "[Harbor Desk] Invitation: sent"
    assert "Come in." in first.text
    assert first.message_id == messages[0].message_id
    assert first.metadata["message"] == str(messages[0].pk)
    assert first.headers["Auto-Submitted"] == "auto-generated"
    assert first.headers["Reply-To"] == "help@hub.example"
    assert states() == {(MessageStatus.SENT, 1)}


def test_name_that_looks_encoded_arrives_as_it_is(provider: Any, queue: Any):
    [message] = queue(1)
    name = "[=?utf-8?b?RXZpbA==?=] Invitation: sent"
    Message.objects.update(subject=name)
    delivery.drain()
    assert provider.taken[0].subject.replace("\N{WORD JOINER}", "") == name
    assert "=?utf" not in provider.taken[0].subject or provider.name == "amazon_ses"


def test_f6_refused_address_is_final(provider: Any, queue: Any):
    refusals = provider.api.refused
    provider.scripts.extend(refusals)
    messages = queue(len(refusals) + 1)
    delivery.drain()
    for message in messages[:-1]:
        message.refresh_from_db()
        assert (message.status, message.attempts) == (MessageStatus.FAILED, 1), message.error
    assert provider.addresses == [messages[-1].to]
    assert not Pause.objects.exists()


def test_busy_provider_costs_nobody_a_try(provider: Any, queue: Any):
    """429 and 5xx for half an hour: all wait, are never uncertain, and leave once, in order."""
    queue(10)
    for reply in provider.api.busy * 3:
        provider.always = reply
        delivery.drain()
        assert states() == {(MessageStatus.WAITING, 0)}
        assert not Message.objects.filter(uncertain__gt=0).exists()
        assert not Pause.objects.get().ours
        assert Pause.objects.get().until <= clock.real_now() + timedelta(seconds=60)
        due()
    provider.always = None
    delivery.drain()
    assert provider.addresses == list(Message.objects.order_by("id").values_list("to", flat=True))
    assert states() == {(MessageStatus.SENT, 1)}
    assert provider.doubled() == {}


def test_gaps_grow_while_the_provider_is_busy_and_end_within_a_minute(provider: Any, queue: Any):
    queue(4)
    provider.always = Reply(503)
    gaps = []
    for _ in range(3):
        Pause.objects.update(until=clock.real_now())
        delivery.drain()
        gaps.append((Pause.objects.get().until - clock.real_now()).total_seconds())
    assert 20 < gaps[0] < gaps[1] <= 60
    assert gaps[2] <= 60
    before = provider.requests
    delivery.drain()
    assert provider.requests == before


def test_retry_after_is_respected(provider: Any, queue: Any):
    """In seconds, or as a date."""
    queue(3)
    date = format_datetime(clock.real_now() + timedelta(seconds=600), usegmt=True)
    for number, (status, asked) in enumerate(((429, "600"), (503, "600"), (503, date)), start=1):
        provider.always = Reply(status, "", {"Retry-After": asked})
        due()
        delivery.drain()
        assert provider.requests == number
        assert 595 < (Pause.objects.get().until - clock.real_now()).total_seconds() < 601


def test_f5_one_message_that_the_provider_stumbles_over(provider: Any, queue: Any):
    """500 for one message and no other is the message's own: it waits, the others leave."""
    provider.scripts.append(Reply(500))
    queue(3)
    delivery.drain()
    first, *others = Message.objects.order_by("id")
    assert (first.status, first.attempts) == (MessageStatus.WAITING, 1)
    assert {message.status for message in others} == {MessageStatus.SENT}
    assert 50 < (first.due_at - clock.real_now()).total_seconds() < 70
    aged(DAY)
    provider.scripts.append(Reply(500))
    queue(1, "other")
    delivery.drain()
    first.refresh_from_db()
    assert first.status == MessageStatus.FAILED


def test_refusal_of_us_is_told_and_costs_nobody_a_try(provider: Any, queue: Any):
    """A wrong key, an empty account, a sender that was not verified: all wait, the desk knows."""
    boss = reviewer()
    queue(4)
    for reply in provider.api.ours:
        provider.always = reply
        Pause.objects.update(until=clock.real_now())
        delivery.drain()
        waiting = set(Message.objects.filter(kind="test.fault").values_list("status", "attempts"))
        assert waiting == {(MessageStatus.WAITING, 0)}, reply
        assert Pause.objects.get().ours
        assert Failure.objects.get().task == "outbox.line"
        assert Notification.objects.filter(user=boss).count() == 1
    provider.always = None
    Pause.objects.update(until=clock.real_now())
    delivery.drain()
    assert len(provider.taken) >= 4
    assert not Failure.objects.exists()
    assert not Pause.objects.exists()


def test_refusal_of_us_holds_for_a_lone_message(provider: Any, queue: Any):
    queue(1)
    for reply in provider.api.ours:
        provider.always = reply
        due()
        delivery.drain()
        row = Message.objects.get(kind="test.fault")
        assert (row.status, row.attempts) == (MessageStatus.WAITING, 0), reply


def test_f7_silence_costs_the_others_one_timeout(provider: Any, queue: Any):
    provider.scripts.append(Reply(lost=HANG))
    queue(4)
    began = time.monotonic()
    delivery.drain()
    assert TIMEOUT <= time.monotonic() - began < TIMEOUT + 1
    assert Message.objects.filter(status=MessageStatus.SENT).count() == 3
    due()
    delivery.drain()
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.SENT}
    assert list(provider.doubled().values()) == [2]


def test_f8_lost_answer_is_tried_once_more_with_the_same_id(provider: Any, queue: Any):
    [message] = queue(1)
    provider.scripts.extend([Reply(lost=DROP), Reply(lost=HANG)])
    delivery.drain()
    message.refresh_from_db()
    assert (message.status, message.uncertain) == (MessageStatus.MAYBE_SENT, 1)
    assert message.error.startswith("maybe sent")
    due()
    delivery.drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert [taken.message_id for taken in provider.taken] == [message.message_id] * 2


def test_answer_that_cannot_be_read_may_have_been_a_yes(provider: Any, queue: Any):
    if provider.name == "sendgrid":
        return  # it says nothing but its status
    provider.scripts.append(Reply(200, "<html>Welcome"))
    [message] = queue(1)
    delivery.drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.MAYBE_SENT


def test_f9_outage(provider: Any, queue: Any, settings: Any):
    """Nobody listens for a while: all once, oldest first, at the pace that was asked for."""
    queue(30)
    provider.stop()
    for _ in range(4):
        delivery.drain()
        assert states() == {(MessageStatus.WAITING, 0)}
        Pause.objects.update(until=F("until") - timedelta(seconds=60))
    again = Provider(provider.name, provider.port)
    use(settings, again, per_second=100)
    began = time.monotonic()
    delivery.drain()
    seconds = time.monotonic() - began
    again.stop()
    assert again.addresses == list(Message.objects.order_by("id").values_list("to", flat=True))
    assert again.doubled() == {}
    assert 30 / seconds <= 110


def test_f9_what_is_a_day_old_is_given_up(provider: Any, queue: Any):
    provider.always = Reply(503)
    queue(2)
    aged(DAY + timedelta(minutes=1))
    delivery.drain()
    rows = Message.objects.values_list("status", "error")
    assert {status for status, _ in rows} == {MessageStatus.FAILED}
    assert all("503" in error for _, error in rows)


@pytest.mark.parametrize("name", ["mailersend", "postal"])
def test_what_a_provider_cannot_do_is_left_out(settings: Any, queue: Any, name: str):
    """Metadata, and headers, where its API has no place for them; the mail leaves."""
    sent: list[dict[str, Any]] = []

    def taken(self: Any, **request: Any) -> requests.Response:
        sent.append(json.loads(request["data"]))
        answer = requests.Response()
        answer.status_code = 202
        answer.headers.update({"X-Message-Id": "1", "content-type": "application/json"})
        to = Message.objects.get().to
        said = {"status": "success", "data": {"messages": {to: {"id": 1, "token": "t"}}}}
        answer._content = json.dumps(said if name == "postal" else {}).encode()
        return answer

    settings.ANYMAIL = {
        "MAILERSEND_API_TOKEN": "t", "POSTAL_API_KEY": "k", "POSTAL_API_URL": "http://127.0.0.1:9",
    }  # fmt: skip
    settings.MAILERS = settings.MAILERS | {
        "transport": {
            "BACKEND": "core.outbox.gateways.ProviderTransport",
            "OPTIONS": {"provider": name},
        }
    }
    queue(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", taken)
        delivery.drain()
    assert states() == {(MessageStatus.SENT, 1)}, Message.objects.get().error
    assert "Come in." in json.dumps(sent)
    assert "metadata" not in json.dumps(sent)
