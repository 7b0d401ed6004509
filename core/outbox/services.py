"""Putting messages into the outbox. Sending is delivery.py's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from core import clock
from core.db import require_atomic
from core.outbox.links import Claim
from core.outbox.models import BLANK, FanOut, Message
from core.outbox.reasons import plain_reason
from core.outbox.rendering import Mail, compose
from core.outbox.states import CLAIMABLE, MessageStatus
from core.tasks import nudge

MOST_FAILED, MOST_SHOWN = 500, 20


@dataclass(frozen=True)
class Draft:
    """One mail to one address, before it is a row.

    `key` names the event and, with the address, makes the message unique; `link` puts a one-time
    link where `mail.button` holds links.PLACEHOLDER; `about` ("invitation:<uuid>") is what a
    failed delivery is reported to; a `secret` body is blanked once it is sent.
    """

    key: str
    kind: str
    to: str
    mail: Mail
    recipient_id: int | None = None
    link: Claim | None = None
    about: str = ""
    organization_id: int | None = None
    caused_by_id: int | None = None
    secret: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def new_message_id() -> str:
    """A Message-ID of our own domain; it stays the same over every retry (F3, F8)."""
    return make_msgid(domain=urlsplit(settings.SITE_URL).hostname or "localhost")


def _row(draft: Draft, composed: tuple[str, str, str]) -> Message:
    subject, text, content = composed
    return Message(
        key=f"{draft.key}:{draft.to}"[:250],
        message_id=new_message_id(),
        kind=draft.kind,
        to=draft.to,
        recipient_id=draft.recipient_id,
        subject=subject,
        text=text,
        content=content,
        link_purpose=draft.link.purpose if draft.link else "",
        link_id=draft.link.id if draft.link else None,
        link_generation=draft.link.generation if draft.link else 0,
        about=draft.about,
        organization_id=draft.organization_id,
        caused_by_id=draft.caused_by_id,
        secret=draft.secret,
    )


def queue(drafts: Iterable[Draft]) -> None:
    """Store the messages in the running transaction and wake the drain once it commits.

    A message whose key is known already is left as it is. Raises RuntimeError outside a
    transaction: a message without its change, or a change without its message, must not be.
    """
    require_atomic()
    composed: dict[Mail, tuple[str, str, str]] = {}
    rows = []
    for draft in drafts:
        if draft.mail not in composed:  # what goes to many is composed once
            composed[draft.mail] = compose(draft.mail)
        rows.append(_row(draft, composed[draft.mail]))
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True)
        wake()


def queue_fan_out(*, key: str, expander: Callable[..., Any], **arguments: Any) -> None:
    """Store one row for many messages.

    `expander(after=cursor, limit=n, **arguments)` returns (drafts, next cursor or None) and is
    called by the drain, piece by piece, until it returns None.
    """
    require_atomic()
    path = f"{expander.__module__}.{expander.__qualname__}"
    FanOut.objects.bulk_create(
        [FanOut(key=key, expander=path, arguments=arguments)], ignore_conflicts=True
    )
    wake()


def cancel(about: str) -> int:
    """Take back what is still waiting, or has failed, about this object; returns how many."""
    return Message.objects.filter(
        about=about, status__in=[*CLAIMABLE, MessageStatus.FAILED]
    ).update(status=MessageStatus.CANCELLED, **BLANK)


@dataclass(frozen=True)
class Delivery:
    """What became of the newest message about an object, in words for who caused it (X15)."""

    status: str
    message_id: str
    error: str

    @property
    def label(self) -> str:
        """The state as people read it."""
        return MessageStatus(self.status).label

    @property
    def reason(self) -> str:
        """Why it failed, in plain words; "" for any other state."""
        return plain_reason(self.error) if self.status == MessageStatus.FAILED else ""


def latest_delivery(abouts: Iterable[str]) -> dict[str, Delivery]:
    """What became of the newest message about each of these objects, in one query (X15)."""
    rows = Message.objects.filter(about__in=list(abouts)).exclude(status=MessageStatus.CANCELLED)
    newest = rows.order_by("id").values_list("about", "status", "message_id", "error")
    return {about: Delivery(status, key, error) for about, status, key, error in newest}


def failed_about(organization_id: int, starts: Iterable[str]) -> list[Message]:
    """What an organization's acts caused and did not arrive, newest first: the messages whose keys
    begin with one of `starts` ("share:<uuid>:"), at most twenty; one query."""
    failed = Message.objects.filter(organization_id=organization_id, status=MessageStatus.FAILED)
    newest = failed.defer(*BLANK).order_by("-id")[:MOST_FAILED]
    return [m for m in newest if m.key.startswith(tuple(starts))][:MOST_SHOWN]


def send_again(message: Message) -> bool:
    """Put a failed message back into the queue with the same Message-ID; False when it is there.

    Its day of tries begins anew. A code is not sent again: it was blanked, and is no longer valid.
    """
    now = clock.real_now()
    changed = Message.objects.filter(
        pk=message.pk, status=MessageStatus.FAILED, secret=False
    ).update(
        status=MessageStatus.WAITING, attempts=0, uncertain=0, error="", due_at=now, queued_at=now
    )
    wake()
    return bool(changed)


def wake() -> None:
    """One wake-up of the drain when the running transaction commits."""
    nudge("outbox.drain")
