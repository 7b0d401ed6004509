"""Putting messages into the outbox. Sending is delivery.py's."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from email.utils import make_msgid
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string

from core import clock
from core.db import require_atomic
from core.failures.services import Chore
from core.origin import Origin, origin
from core.outbox.models import BLANK, FanOut, Message
from core.outbox.rendering import Mail, compose
from core.outbox.signals import delivery_changed
from core.outbox.states import MESSAGE, MessageStatus, plain_reason
from core.state_tables import advance_all
from core.tasks import nudge

MOST_FAILED, MOST_SHOWN = 500, 20
# So many at once stand for a piece of a fan-out.
PIECE = 500


def new_message_id() -> str:
    """A Message-ID of our own domain; it stays the same over every retry (F3, F8)."""
    return make_msgid(domain=urlsplit(settings.SITE_URL).hostname or "localhost")


def draft(
    to: str, *, key: str, kind: str, mail: Mail, zone: tzinfo = UTC, **columns: Any
) -> Message:
    """A row for queue(). `key` names the event and, with the address, makes the message unique;
    `zone` is the reader's;
    `columns` are others of Message, such as `claim`, the one-time link behind a button that holds
    tokens.PLACEHOLDER."""
    row = Message(key=f"{key}:{to}"[:250], message_id=new_message_id(), kind=kind, to=to, **columns)
    row.mail, row.zone = mail, zone
    return row


def queue(messages: Iterable[Message]) -> None:
    """Store the messages, but for known keys, and wake the drain once the transaction commits.
    Raises RuntimeError outside one: a message without its change, or a change without its message,
    must not be."""
    require_atomic()
    composed: dict[tuple[Mail, tzinfo], tuple[str, str, str]] = {}
    rows = list(messages)
    for row in rows:
        if row.mail is None:
            continue
        known = row.mail, row.zone
        if known not in composed:  # what goes to many is composed once
            composed[known] = compose(*known)
        row.subject, row.text, row.content = composed[known]
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True)
        wake()


class OutboxBackend(BaseEmailBackend):
    """The `default` mailer: whatever Django or the sign-in library sends becomes rows. They bring
    their own text, which is a code: it is blanked once sent. The transaction is opened here because
    the library mails outside of one."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with transaction.atomic():
            queue(_direct(mail, to) for mail in email_messages for to in mail.recipients())
        return len(email_messages)


def _direct(mail: EmailMessage, to: str) -> Message:
    parts = getattr(mail, "alternatives", [])
    return Message(
        key=f"direct:{uuid.uuid4()}",
        message_id=new_message_id(),
        kind=mail.extra_headers.get("X-PartnerHub-Kind", "account.message"),
        to=to,
        subject=mail.subject[:200],
        text=str(mail.body),
        useful_until=parse_datetime(mail.extra_headers.get("X-PartnerHub-Until", "")),
        html=next((str(part.content) for part in parts if part.mimetype == "text/html"), ""),
        secret=True,
    )


def queue_fan_out(*, key: str, expander: Callable[..., int | None], **arguments: Any) -> None:
    """Store one row for many messages. The drain calls `expander(after=cursor, limit=n,
    **arguments)`, which queues a piece of them and returns the next cursor, until it returns None.
    The row keeps the expander's name."""
    require_atomic()
    path = f"{expander.__module__}.{expander.__qualname__}"
    FanOut.objects.bulk_create(
        [FanOut(key=key, expander=path, arguments=arguments)], ignore_conflicts=True
    )
    wake()


def expand() -> int:
    """Turn waiting fan-out rows into messages; returns how many pieces. A row that fails does not
    stop the others; it is given up after a few tries and shown (F16)."""
    chore, pieces = Chore("outbox.drain", FanOut), 0
    tried = list(chore.resting())
    while row := FanOut.objects.filter(done_at=None).exclude(pk__in=tried).order_by("id").first():
        tried.append(row.pk)
        while chore.do(row.pk, partial(_piece, row)):
            pieces += 1
    return pieces


@transaction.atomic
def _piece(row: FanOut) -> bool:
    """Queue the next piece of this row; False when it is done, or somebody else is at it."""
    held = FanOut.objects.filter(pk=row.pk, done_at=None).select_for_update(skip_locked=True)
    fresh = held.first()
    if fresh is None:
        return False
    expander = import_string(fresh.expander)
    token = origin.set(Origin(request_id=fresh.request_id))  # its mails are of the same request
    try:
        cursor = expander(after=fresh.cursor, limit=PIECE, **fresh.arguments)
    finally:
        origin.reset(token)
    done = {"done_at": clock.real_now()} if cursor is None else {"cursor": cursor}
    FanOut.objects.filter(pk=fresh.pk, cursor=fresh.cursor).update(**done)
    return True


def cancel(about: str) -> int:
    """Take back what is still waiting, or has failed, about this object; returns how many."""
    rows = Message.objects.filter(about=about)
    return advance_all(rows, MESSAGE, MessageStatus.CANCELLED, **BLANK)


@dataclass(frozen=True)
class Delivery:
    """What became of the newest message about an object, in words for who caused it (X15)."""

    status: str
    message_id: str
    error: str

    @property
    def label(self) -> str:
        return MessageStatus(self.status).label

    @property
    def reason(self) -> str:
        return plain_reason(self.error) if self.status == MessageStatus.FAILED else ""


def latest_delivery(abouts: Iterable[str]) -> dict[str, Delivery]:
    """What became of the newest message about each of these objects, in one query."""
    rows = Message.objects.filter(about__in=list(abouts)).exclude(status=MessageStatus.CANCELLED)
    newest = rows.order_by("id").values_list("about", "status", "message_id", "error")
    return {about: Delivery(status, key, error) for about, status, key, error in newest}


def failed_about(organization_id: int, starts: Iterable[str]) -> list[Message]:
    """What an organization's acts caused and did not arrive, newest first, at most twenty: messages
    whose keys begin with one of `starts` ("share:<uuid>:"); one query."""
    failed = Message.objects.filter(organization_id=organization_id, status=MessageStatus.FAILED)
    newest = failed.defer(*BLANK).order_by("-id")[:MOST_FAILED]
    return [m for m in newest if m.key.startswith(tuple(starts))][:MOST_SHOWN]


def send_again(message: Message) -> bool:
    """Queue a failed message again with the same Message-ID; False when it is there. Its day of
    tries begins anew. A code is not sent again: it was blanked, and is no longer valid."""
    now = clock.real_now()
    values = {"attempts": 0, "uncertain": 0, "error": "", "due_at": now, "queued_at": now}
    rows = Message.objects.filter(pk=message.pk, secret=False)
    changed = advance_all(rows, MESSAGE, MessageStatus.WAITING, **values)
    wake()
    return bool(changed)


def report(message: Message, status: str, error: str = "") -> None:
    if message.about or status == MessageStatus.FAILED:
        delivery_changed.send(
            sender=Message, about=message.about, status=status, error=error, message=message
        )


def wake() -> None:
    nudge("outbox.drain")
