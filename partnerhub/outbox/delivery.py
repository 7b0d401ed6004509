"""The drain: claim, send over one kept connection outside any transaction, record."""

import logging
import random
import smtplib
import uuid
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from django.core.mail import mailers
from django.db import connection as database
from django.db import transaction
from django.db.models import F
from django.utils.html import escape
from django.utils.module_loading import import_string

from partnerhub import clock
from partnerhub.outbox import links, marking, signals, unsubscribing
from partnerhub.outbox.envelope import Envelope
from partnerhub.outbox.models import FanOut, Message
from partnerhub.outbox.services import queue
from partnerhub.outbox.states import CLAIMABLE, MessageStatus

logger = logging.getLogger(__name__)

BATCH = 100
LEASE = timedelta(minutes=5)
GIVE_UP = timedelta(hours=24)
GAPS = (60, 300, 1800, 7200, 21600)  # seconds between tries (F5)
PIECE = 500


class _Silence(Exception):
    """The server stopped answering: what was being sent may have arrived, the rest did not."""


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
    return list(Message.objects.filter(lease=lease).order_by("due_at", "id"))


def recover() -> int:
    """Messages whose worker died while sending: one more try, then they count as failed (F3)."""
    lost = Message.objects.filter(status=MessageStatus.SENDING, lease_until__lt=clock.real_now())
    count = 0
    for message in lost:
        count += _finish(message, *_after_silence(message, "The worker stopped while sending"))
    return count


def _after_silence(message: Message, reason: str) -> tuple[str, str]:
    """A message that may have arrived gets one retry with the same Message-ID, then fails."""
    retried = message.attempts >= 2 and message.error.startswith("maybe sent")
    status = MessageStatus.FAILED if retried else MessageStatus.MAYBE_SENT
    return status, f"maybe sent: {reason}"


def _finish(message: Message, status: str, error: str = "", *, delay: float = 0) -> int:
    """Record the outcome while the lease is still ours; returns how many rows changed."""
    values = {
        "status": status,
        "lease": None,
        "lease_until": None,
        "error": error[:500],
        "due_at": clock.real_now() + timedelta(seconds=delay),
    }
    with transaction.atomic():
        changed = Message.objects.filter(pk=message.pk, lease=message.lease).update(**values)
        if changed and status == MessageStatus.FAILED:
            _report(message, status, error)
    return changed


# The columns of a sent message. PostgreSQL need not wait for its disk after each of thousands: a
# message whose mark is lost with the machine has lost its lease, too, and goes once more under the
# same Message-ID.
_SENT = """UPDATE outbox_message SET status = 'sent', lease = NULL, lease_until = NULL, error = '',
  sent_at = %s, text = CASE WHEN secret THEN '' ELSE text END,
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
            _report(message, MessageStatus.SENT)
    return changed


def _report(message: Message, status: str, error: str = "") -> None:
    if message.about or status == MessageStatus.FAILED:
        signals.delivery_changed.send(
            sender=Message, about=message.about, status=status, error=error, message=message
        )


def _retry(message: Message, reason: str) -> None:
    """Another try after a growing gap, until a day has passed (F5)."""
    gap = GAPS[min(message.attempts - 1, len(GAPS) - 1)]
    if clock.real_now() + timedelta(seconds=gap) > message.created_at + GIVE_UP:
        _finish(message, MessageStatus.FAILED, reason)
    else:
        _finish(message, MessageStatus.WAITING, reason, delay=gap * random.uniform(0.9, 1.1))  # noqa: S311


def _envelope(message: Message) -> Envelope:
    """The mail as it leaves: the only place where a one-time link meets its text."""
    text, html = message.text, message.html
    addresses = {links.PLACEHOLDER: links.url(message.claim)} if message.claim else {}
    if stopping := unsubscribing.headers(message):
        addresses[links.UNSUBSCRIBE] = unsubscribing.url(message)
    for placeholder, address in addresses.items():
        text = text.replace(placeholder, address)
        html = html.replace(placeholder, escape(address))
    mail = Envelope(
        subject=message.subject,
        body=text,
        to=[message.to],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            **stopping,
        },
    )
    # What a provider's reports about this mail carry back; other transports send no such thing.
    mail.metadata = {"message": str(message.pk)}
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


def _permanent(error: Exception) -> bool | None:
    """True for a 5xx answer, False for a 4xx one, None when the server gave no answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(500 <= code < 600 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return 500 <= error.smtp_code < 600
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return True
    return None


def _send(connection: object, message: Message) -> None:
    """Send one message and record what came of it; raises _Silence when nobody answered."""
    try:
        connection.send_messages([_envelope(message)])  # type: ignore[attr-defined]
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        if isinstance(error, smtplib.SMTPException) and _permanent(error) is not None:
            _refused(message, error)
            return
        status, reason = _after_silence(message, type(error).__name__)
        _finish(message, status, reason, delay=GAPS[0])
        raise _Silence from error
    except Exception as error:  # noqa: BLE001 - one bad message must not stop the others
        _refused(message, error)
    else:
        _sent(message)


def _refused(message: Message, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"
    logger.warning("mail refused", extra={"message_pk": message.pk, "reason": type(error).__name__})
    if _permanent(error) is False:
        _retry(message, reason)
    else:
        _finish(message, MessageStatus.FAILED, reason)


def _release(messages: list[Message], reason: str) -> None:
    """Hand back what was claimed but never offered to the server."""
    for message in messages:
        _finish(message, MessageStatus.WAITING, reason, delay=GAPS[0])
    Message.objects.filter(pk__in=[m.pk for m in messages]).update(attempts=F("attempts") - 1)


def _without_marked(messages: list[Message]) -> list[Message]:
    """What may be sent; mail to an address that refuses it fails without being offered (X15)."""
    marks = marking.marks_against(messages)
    for message in messages:
        if reason := marks.get(message.pk):
            _finish(message, MessageStatus.FAILED, reason)
    return [message for message in messages if message.pk not in marks]


def send_batch() -> int:
    """Claim one batch and send it; returns how many messages were claimed."""
    claimed = claim()
    if messages := _without_marked(claimed):
        _send_all(messages)
    return len(claimed)


def _send_all(messages: list[Message]) -> None:
    """Send over one connection; what was not offered is handed back."""
    connection = mailers["transport"]
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        for message in messages:
            # A server without STARTTLS gets nothing in clear (F19); a broken one gets time.
            if isinstance(error, smtplib.SMTPNotSupportedError):
                _refused(message, error)
            else:
                _retry(message, f"{type(error).__name__}: {error}")
        return
    try:
        for done, message in enumerate(messages):
            try:
                _send(connection, message)
            except _Silence:
                _release(messages[done + 1 :], "The mail server stopped answering")
                break
    finally:
        connection.close()


def expand() -> int:
    """Turn waiting fan-out rows into messages, piece by piece; returns how many pieces."""
    pieces = 0
    while True:
        with transaction.atomic():
            row = (
                FanOut.objects.filter(done_at=None)
                .select_for_update(skip_locked=True)
                .order_by("id")
                .first()
            )
            if row is None:
                return pieces
            expander = import_string(row.expander)
            drafts, cursor = expander(after=row.cursor, limit=PIECE, **row.arguments)
            queue(drafts)
            if cursor is None:
                FanOut.objects.filter(pk=row.pk).update(done_at=clock.real_now())
            else:
                FanOut.objects.filter(pk=row.pk, cursor=row.cursor).update(cursor=cursor)
        pieces += 1


def drain() -> int:
    """Send everything that is due; returns how many messages were tried."""
    recover()
    expand()
    total = 0
    while tried := send_batch():
        total += tried
    return total
