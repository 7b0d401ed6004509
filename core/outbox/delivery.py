"""The drain: claim, send over one kept connection outside any transaction, record."""

import logging
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from django.db import DatabaseError, transaction
from django.db import connection as database
from django.db.models import Case, F, When

from core import clock
from core.failures.services import count_failure, forget_failures
from core.outbox import bounces, kinds, objections
from core.outbox.answers import OF_THE_LINE, SILENT, Answer, Outcome, words
from core.outbox.envelopes import envelope_of
from core.outbox.models import BLANK, Message, Pause
from core.outbox.objections import Item
from core.outbox.rendering import Mail, compose
from core.outbox.services import expand, report, wake
from core.outbox.signals import line_refused
from core.outbox.states import CLAIMABLE, MessageStatus
from core.outbox.transport import Connection, LineAnswers

BATCH = 100
# A worker renews its lease while it works: what a dead one held goes on within seconds.
LEASE, RENEWED = timedelta(seconds=20), 5.0
GIVE_UP = timedelta(hours=24)
GAPS = (60, 300, 1800, 7200, 21600)  # seconds between tries (F5)
# How often a message may have arrived without our knowing before it is left to a person: once
# where the answer was lost, a little more often where our own worker died.
LOST_ANSWERS, DEAD_WORKERS = 1, 3
# Seconds for which a line that does not take mail is left alone: a little less than once, then
# twice the time between two sweeps, so that what waits leaves within a minute of its return.
PAUSES = (25, 55)
LONGEST_PAUSE = 6 * 3600  # whatever a provider asks for
# So many answers in a row that no message is to blame for, and the line is.
PROOFS = 3
LINE = "outbox.line"
# One drain works no longer, so that a worker that is asked to end can (F18); the next goes on.
SECONDS = 15.0

logger = logging.getLogger(__name__)

# Set when this process is asked to end.
stopping = threading.Event()


def claim(batch: int = BATCH) -> list[Message]:
    """Take up to `batch` due messages, oldest first, under a lease of our own."""
    lease = uuid.uuid4()
    now = clock.real_now()
    with transaction.atomic():
        due = Message.objects.filter(status__in=CLAIMABLE, due_at__lte=now)
        ids = list(
            due.order_by("due_at", "id")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:batch]
        )
        Message.objects.filter(pk__in=ids, status__in=CLAIMABLE).update(
            status=MessageStatus.SENDING,
            lease=lease,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
        )
    at_work = When(caused_by__is_active=True, then=F("caused_by__email"))
    claimed = Message.objects.filter(lease=lease).annotate(caused_by_address=Case(at_work))
    return list(claimed.order_by("due_at", "id"))


def recover() -> int:
    """What a worker left behind when it died: at most the one message that it was sending may have
    arrived, the first without a result; the others go back as if never claimed (F3, F4)."""
    lost = Message.objects.filter(status=MessageStatus.SENDING, lease_until__lt=clock.real_now())
    count = 0
    for lease in lost.order_by().values_list("lease", flat=True).distinct():
        with transaction.atomic():
            held = Message.objects.filter(lease=lease, status=MessageStatus.SENDING)
            left = list(held.order_by("due_at", "id").select_for_update(skip_locked=True))
            if left:
                _uncertain(left[0], "the worker stopped while sending", DEAD_WORKERS)
                _release(left[1:])
        count += len(left)
    return count


def _uncertain(message: Message, reason: str, limit: int, *, delay: float = 0) -> None:
    """A message that may have arrived is sent again with the same Message-ID, not for ever."""
    status = MessageStatus.FAILED if message.uncertain >= limit else MessageStatus.MAYBE_SENT
    uncertain = message.uncertain + 1
    _finish(message, status, f"maybe sent: {reason}", delay=delay, uncertain=uncertain)


def _finish(
    message: Message, status: str, error: str = "", *, delay: float = 0, **more: Any
) -> int:
    """Record the outcome while the lease is still ours; returns how many rows changed."""
    values = {
        "status": status,
        "lease": None,
        "lease_until": None,
        "error": error[:500],
        "due_at": clock.real_now() + timedelta(seconds=delay),
        **more,
    }
    if status == MessageStatus.FAILED and message.secret:
        values |= BLANK
    with transaction.atomic():
        changed = Message.objects.filter(pk=message.pk, lease=message.lease).update(**values)
        if changed and status == MessageStatus.FAILED:
            report(message, status, error)
    return changed


# The columns of a sent message. PostgreSQL need not wait for its disk after each of thousands: a
# message whose mark is lost with the machine has lost its lease, too, and goes once more under the
# same Message-ID.
_SENT = """UPDATE outbox_message SET status = 'sent', lease = NULL, lease_until = NULL, error = '',
  sent_at = %s, text = CASE WHEN secret THEN '' ELSE text END,
  content = CASE WHEN secret THEN '' ELSE content END,
  html = CASE WHEN secret THEN '' ELSE html END
WHERE id = %s AND lease = %s"""
_UNSYNCED = " AND set_config('synchronous_commit', 'off', true) IS NOT NULL"


def _sent(message: Message) -> int:
    """Record that the server took the message; the same as _finish, in one plain statement."""
    fields: Any = Message._meta
    columns = {"sent_at": clock.real_now(), "id": message.pk, "lease": message.lease}
    values = [
        fields.get_field(name).get_db_prep_save(value, database) for name, value in columns.items()
    ]
    with transaction.atomic() if message.about else nullcontext(), database.cursor() as cursor:
        cursor.execute(_SENT + (_UNSYNCED if database.vendor == "postgresql" else ""), values)
        changed = int(cursor.rowcount)
        if changed:
            report(message, MessageStatus.SENT)
    return changed


def _retry(message: Message, reason: str, jitter: float) -> None:
    """Another try after a growing gap, until a day has passed."""
    gap = GAPS[min(message.attempts - 1, len(GAPS) - 1)]
    if clock.real_now() + timedelta(seconds=gap) > message.queued_at + GIVE_UP:
        _finish(message, MessageStatus.FAILED, reason)
    else:
        # Once maybe sent, a message says so until it is sent.
        status = MessageStatus.MAYBE_SENT if message.uncertain else MessageStatus.WAITING
        _finish(message, status, reason, delay=gap * jitter)


def _jitter() -> float:
    return random.uniform(0.9, 1.1)  # noqa: S311


def _record(message: Message, answer: Answer, jitter: float) -> None:
    taken = answer.outcome is Outcome.TAKEN
    facts = {"message_pk": message.pk, "kind": message.kind, "outcome": answer.outcome.name}
    logger.log(
        logging.INFO if taken else logging.WARNING,
        "mail taken" if taken else "mail not taken",
        extra=facts | {"request_id": message.request_id},
    )
    if taken:
        _sent(message)
        return
    if answer.outcome is Outcome.REFUSED:
        _finish(message, MessageStatus.FAILED, answer.reason)
    elif answer.outcome is Outcome.UNCERTAIN:
        _uncertain(message, answer.reason, LOST_ANSWERS, delay=GAPS[0])
    else:
        _retry(message, answer.reason, jitter)


class _Hold:
    """Renews the lease of a batch beside the sending, which may wait long for one answer."""

    def __init__(self, lease: uuid.UUID | None) -> None:
        self._lease, self._over = lease, threading.Event()
        self._renewed = time.monotonic()

    def __enter__(self) -> Self:
        threading.Thread(target=self._keep, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()

    def _keep(self) -> None:
        used = False
        while not self._over.wait(RENEWED):
            used = True
            try:
                self.renew()
            except DatabaseError:
                logger.warning("lease not renewed", exc_info=True)
        if used:
            database.close()

    def renew(self) -> None:
        began = time.monotonic()
        held = Message.objects.filter(lease=self._lease, status=MessageStatus.SENDING)
        held.update(lease_until=clock.real_now() + LEASE)
        self._renewed = began

    def still(self, waiting: "deque[Message]") -> None:
        """After a sleep of this machine others may have taken what is left: leave it to them."""
        if time.monotonic() - self._renewed < LEASE.total_seconds() / 2:
            return
        self.renew()
        ours = Message.objects.filter(lease=self._lease, status=MessageStatus.SENDING)
        kept = set(ours.values_list("pk", flat=True))
        left = [message for message in waiting if message.pk in kept]
        waiting.clear()
        waiting.extend(left)


def _release(messages: list[Message], reason: str = "") -> None:
    """Hand back what was claimed but never offered to the server; it keeps its place."""
    for uncertain in (False, True):
        keys = [m.pk for m in messages if bool(m.uncertain) is uncertain]
        if keys:
            status = MessageStatus.MAYBE_SENT if uncertain else MessageStatus.WAITING
            Message.objects.filter(pk__in=keys, lease=messages[0].lease).update(
                status=status,
                lease=None,
                lease_until=None,
                attempts=F("attempts") - 1,
                **({"error": reason[:500]} if reason else {}),
            )


def _line_answers(messages: list[Message], answer: Answer) -> None:
    """All wait, none is charged a try, and what is a day old is given up. What is ours to mend is
    told: the desk shows it, and who works there finds it among their notifications."""
    if answer.outcome is Outcome.REFUSED:  # no encryption
        for message in messages:
            _finish(message, MessageStatus.FAILED, answer.reason)
        return
    _give_back(messages, answer.reason)
    with transaction.atomic():
        _pause(answer)


def _give_back(messages: list[Message], reason: str) -> None:
    old = clock.real_now() - GIVE_UP
    for message in messages:
        if message.queued_at < old:
            _finish(message, MessageStatus.FAILED, reason)
    _release([message for message in messages if message.queued_at >= old], reason)


def _pause(answer: Answer) -> None:
    ours, reason = answer.outcome is Outcome.OURS, answer.reason[:500]
    before = Pause.objects.filter(pk=1).first()
    tries = before.tries + 1 if before else 1
    wait = max(PAUSES[min(tries, len(PAUSES)) - 1], min(answer.wait or 0, LONGEST_PAUSE))
    until = clock.real_now() + timedelta(seconds=wait)
    pause = {"until": until, "reason": reason, "tries": tries, "ours": ours}
    row, _ = Pause.objects.update_or_create(pk=1, defaults=pause)
    logger.log(logging.ERROR if ours else logging.WARNING, "mail waits", extra={"reason": reason})
    if ours:
        count_failure(LINE, reason)
        if not (before and before.ours):
            line_refused.send(sender=Pause, reason=reason, since=row.since)


def _judged(messages: list[Message]) -> list[Message]:
    """What may leave, one by one when a check stumbles: a mail that cannot be judged is not sent,
    is tried again as one that was put off, and holds up no other."""
    try:
        with transaction.atomic():
            return _wanted(messages)
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("mail cannot be judged")
        if len(messages) > 1:
            return [message for one in messages for message in _judged([one])]
        _retry(messages[0], words(error), _jitter())
        return []


def _wanted(messages: list[Message]) -> list[Message]:
    """What may leave: what is no longer for its reader is taken back, what is late says so or is
    left out, and each goes to the address that its reader has now. Mail to one that refuses it
    fails without being offered (X15). The number of statements does not depend on how many there
    are, but for those that fail."""
    reasons = objections.against(map(Item.of, messages))
    left = [message for message in messages if message.pk not in reasons]
    changes = objections.revised(left)
    reasons |= {number: "it came too late" for number, mail in changes.items() if mail is None}
    _take_back(messages, reasons)
    left = [message for message in left if message.pk not in reasons]
    _say_instead(left, changes)
    addresses = objections.present_addresses(left)
    for message in left:
        message.to = addresses.get(message.pk, message.to)
    if addresses:
        Message.objects.bulk_update([m for m in left if m.pk in addresses], ["to"])
    return _without_marked(left)


def _take_back(messages: list[Message], reasons: dict[int, str]) -> None:
    for reason in sorted(set(reasons.values())):
        keys = [message.pk for message in messages if reasons.get(message.pk) == reason]
        Message.objects.filter(pk__in=keys, lease=messages[0].lease).update(
            status=MessageStatus.CANCELLED,
            lease=None,
            lease_until=None,
            error=f"not wanted: {reason}",
            **BLANK,
        )


def _say_instead(messages: list[Message], changes: Mapping[int, Mail | None]) -> None:
    changed = [message for message in messages if changes.get(message.pk)]
    for message in changed:
        mail = changes[message.pk]
        assert mail is not None
        group = kinds.group_of(message.kind)
        mail = replace(mail, settings=not group.locked, repeating=group.repeating)
        message.subject, message.text, message.content = compose(mail)
        message.html = ""
    if changed:
        Message.objects.bulk_update(changed, ["subject", "text", "content", "html"])


def _without_marked(messages: list[Message]) -> list[Message]:
    """What may be sent; mail to an address that refuses it fails without being offered (X15)."""
    marks = bounces.marks_against(messages)
    for message in messages:
        if reason := marks.get(message.pk):
            _finish(message, MessageStatus.FAILED, reason)
    return [message for message in messages if message.pk not in marks]


def _offer(server: Connection, message: Message) -> Answer:
    try:
        mail = envelope_of(message)
    except Exception as error:  # noqa: BLE001 - one bad message must not stop the others
        return Answer(Outcome.REFUSED, f"{type(error).__name__}: {error}")
    return server.deliver(mail)


class _Aside:
    """Messages that were answered for the line, perhaps: released at once, and charged a try only
    when the next one shows that the line is good."""

    def __init__(self) -> None:
        self._held: list[tuple[Message, Answer]] = []

    def put(self, message: Message, answer: Answer) -> bool:
        """Whether it is the line's fault now."""
        self._held.append((message, answer))
        _give_back([message], answer.reason)
        return answer.wait is not None or len(self._held) == PROOFS

    def charge(self, jitter: float) -> None:
        for message, answer in self._held:
            rows = Message.objects.filter(pk=message.pk, status__in=CLAIMABLE)
            lease = uuid.uuid4()
            held = {"status": MessageStatus.SENDING, "lease": lease}
            if rows.update(**held, lease_until=clock.real_now() + LEASE, attempts=message.attempts):
                message.lease = lease
                _record(message, replace(answer, outcome=answer.otherwise), jitter)
        self._held.clear()


def _send_all(server: Connection, waiting: "deque[Message]", until: float, hold: _Hold) -> None:
    """What could not be offered is left in `waiting`. Raises LineAnswers when the line is at fault.
    A silence costs the others one timeout: they go over a new connection. Two in a row are the
    server's."""
    silences, aside, paused = 0, _Aside(), Pause.objects.exists()
    while waiting and time.monotonic() < until and not stopping.is_set():
        hold.still(waiting)
        if not waiting:
            break
        message = waiting[0]
        answer = _offer(server, message)
        if answer.outcome in OF_THE_LINE:
            if aside.put(waiting.popleft(), answer) or not waiting:
                raise LineAnswers(answer)
            continue
        if answer.outcome not in SILENT:
            silences = 0
            aside.charge(_jitter())
            _record(waiting.popleft(), answer, _jitter())
            if paused:
                paused = False
                Pause.objects.all().delete()
                forget_failures(LINE)
            continue
        _record(waiting.popleft(), answer, _jitter())
        silences += 1
        if silences > 1:
            raise LineAnswers(replace(answer, outcome=Outcome.AWAY))
        if waiting:
            server.reopen()


def send_batch(until: float | None = None) -> int:
    """Claim one batch and send it; how many messages were claimed, 0 when the server is away.
    `until` is the monotonic time at which the rest is handed back."""
    claimed = claim()
    messages = _judged(claimed) if claimed else []
    if not messages:
        return len(claimed)
    until = time.monotonic() + SECONDS if until is None else until
    waiting, server = deque(messages), Connection()
    try:
        with _Hold(messages[0].lease) as hold:
            server.open()
            _send_all(server, waiting, until, hold)
    except LineAnswers as line:
        _line_answers(list(waiting), line.answer)
        return 0
    finally:
        server.close()
    _release(list(waiting))
    return len(claimed)


def drain(seconds: float = SECONDS) -> int:
    """Send what is due, for about `seconds`, then wake the next; how many messages were tried."""
    until = time.monotonic() + seconds
    recover()
    expand()
    total = 0
    if Pause.objects.filter(until__gt=clock.real_now()).exists():
        return total
    while time.monotonic() < until and not stopping.is_set():
        tried = send_batch(until)
        if not tried:
            return total
        total += tried
    if not stopping.is_set():
        wake()
    return total
