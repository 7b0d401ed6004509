"""The walk of the mail finds faults: each of these, planted into the mail code, is found by it.

`make faults` runs this list, too, and says after how many steps each was found.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import Phase
from hypothesis.errors import FlakyFailure

from accounts.invitations import limits
from accounts.invitations.refusals import unrefused
from accounts.models import User
from core.celery import app
from core.notifications import preferences, receivers, tasks
from core.notifications.mail_kinds import DAILY
from core.outbox import delivery, envelopes, services, tokens
from core.outbox.models import Message
from core.outbox.rendering import Mail
from core.outbox.states import MessageStatus
from core.outbox.transport import Answer, Outcome
from core.tasks import nudge
from tests.racing import replace_everywhere
from tests.stateful.test_mail import Post, walk

pytestmark = [pytest.mark.django_db, pytest.mark.soak, pytest.mark.timeout(900)]
BUDGET = 120
# A broken promise; one that does not break again when the history is repeated, as mail that left
# too early is not taken back; and a broker's fault that reaches a person.
FOUND = (AssertionError, FlakyFailure, ConnectionError)
Plant = Callable[[pytest.MonkeyPatch], Any]


def _nothing(*args: Any, **options: Any) -> int:
    """In the place of a guard."""
    return 0


def _instead(of: Any, new: Callable[..., Any]) -> Plant:
    """`new` wherever this function was imported to."""
    return lambda patch: replace_everywhere(patch, of, new)


def _around(real: Any, change: Callable[..., Any]) -> Plant:
    """`change(real, …)` in the place of a function, wherever it was imported to."""
    return _instead(real, lambda *args, **more: change(real, *args, **more))


def _all(*plants: Plant) -> Plant:
    return lambda patch: [plant(patch) for plant in plants]


class AtOnce:
    """A nudge that does not wait for the commit: the mail is sent inside of the request."""

    busy = False

    def __call__(self, name: str) -> None:
        """Send, unless this is the sending."""
        if not self.busy:
            self.busy = True
            delivery.drain()
            self.busy = False


def _twice_with_other_keys(real: Any, messages: Iterable[Message]) -> None:
    rows = list(messages)
    for _ in range(2):
        for row in rows:
            row.pk, row.key = None, f"{row.key}:{uuid4()}"
            row.message_id = services.new_message_id()
        real(rows)


def _stored_with_its_link(real: Any, messages: Iterable[Message]) -> None:
    rows = list(messages)
    real(rows)
    for row in rows:
        if row.claim:
            text = row.text.replace(tokens.PLACEHOLDER, tokens.claim_url(row.claim))
            Message.objects.filter(key=row.key).update(text=text)


def _new_message_id(real: Any, message: Message, *args: Any, **more: Any) -> Any:
    mail = real(message, *args, **more)
    mail.extra_headers["Message-ID"] = services.new_message_id()
    return mail


def _refused_is_sent(real: Any, line: Any, message: Message) -> Answer:
    answer: Answer = real(line, message)
    return Answer(Outcome.TAKEN) if answer.outcome is Outcome.REFUSED else answer


def _silence_is_no_maybe(real: Any, message: Message, answer: Answer, jitter: float) -> None:
    if answer.outcome is Outcome.UNCERTAIN:
        answer = Answer(Outcome.LATER, answer.reason)
    real(message, answer, jitter)


def _link_of_the_request(real: Any, claim: Any) -> str:
    return str(real(claim)).replace("http://localhost", "http://evil.example")


def _gives_up_without_a_word(real: Any, message: Message, status: str, *args: Any, **m: Any) -> int:
    if status != MessageStatus.FAILED:
        return int(real(message, status, *args, **m))
    return int(Message.objects.filter(pk=message.pk).update(status=status, error="x", lease=None))


def _forgets_who_died(real: Any) -> int:
    died = Message.objects.filter(status=MessageStatus.SENDING)
    return int(died.update(status=MessageStatus.WAITING, lease=None, attempts=F("attempts") - 1))


def _daily_again(user_id: int) -> bool:
    user, mail = User.objects.get(pk=user_id), Mail(subject="[PartnerHub] a: b", heading="News")
    with transaction.atomic():
        services.queue([services.draft(user.email, key=f"daily:{uuid4()}", kind=DAILY, mail=mail)])
    return True


FAULTS: dict[str, Plant] = {
    "mail is sent before the commit": lambda patch: replace_everywhere(patch, nudge, AtOnce()),
    "a nudge is published before the commit": _instead(nudge, lambda name: app.tasks[name].delay()),
    "every message has a key of its own": _around(services.queue, _twice_with_other_keys),
    "the stored body keeps the link": _around(services.queue, _stored_with_its_link),
    "what was taken back still leaves": _instead(services.cancel, _nothing),
    "every try has a new Message-ID": _around(envelopes.envelope_of, _new_message_id),
    "a refusal counts as sent": _around(delivery._offer, _refused_is_sent),
    "a lost answer counts as a no": _around(delivery._record, _silence_is_no_maybe),
    "a dead worker's mail counts as unsent": _around(delivery.recover, _forgets_who_died),
    "a dead worker's mail is forgotten": _instead(delivery.recover, _nothing),
    "a failed mail is not reported": _around(delivery._finish, _gives_up_without_a_word),
    "nobody is told of a failed mail": lambda patch: patch.setattr(
        receivers, "tell_each", _nothing
    ),
    "links name another site": _around(tokens.claim_url, _link_of_the_request),
    "who said never again is asked again": _instead(unrefused, lambda kind, rows: list(rows)),
    "who unsubscribed is mailed on": _instead(preferences.no_more_mail, _nothing),
    "the wish for one mail a day is not read": _instead(
        preferences.choices_of, lambda readers, group: {}
    ),
    "the daily mail comes again and again": _instead(tasks.send_digest, _daily_again),
    "nobody counts what leaves": _instead(limits.note, _nothing),
    "an account may send without end": _instead(
        limits.day_budget, lambda organization, at=None: 10**6
    ),
    "an address may be asked without end": _instead(limits._check, _nothing),
    "sending again at once": _instead(limits.check_resend, _nothing),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_in_the_mail_is_found(name: str, monkeypatch: Any, record_property: Any) -> None:
    FAULTS[name](monkeypatch)
    with pytest.raises(FOUND):
        # The first failure is enough: several at once would come as a group.
        walk(BUDGET, phases=[Phase.generate], print_blob=False, report_multiple_bugs=False)
    record_property(f"fault: mail: {name}", f"found after {Post.steps} steps")
