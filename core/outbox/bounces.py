"""Addresses that mail no longer goes to, because it came back or its reader complained (X15)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core import clock
from core.audit.services import record
from core.outbox import kinds
from core.outbox.models import MarkedAddress, Message, ProvenAddress, SoftBounce
from core.outbox.services import report
from core.outbox.states import MESSAGE, MarkReason, MessageStatus
from core.state_tables import advance_all

# How long a report says something.
RECENT = timedelta(days=30)
# So many mails that come back for now, within so many days, are one that comes back for good.
SOFT_LIMIT, SOFT_WITHIN = 5, timedelta(days=7)


def marks_against(messages: Iterable[Message]) -> dict[int, str]:
    """Key of each message that must not be sent -> why; one query. What people ask for themselves
    is sent: it is how they prove an address again."""
    asked = set(kinds.asked_for())
    stopped = [message for message in messages if message.kind not in asked]
    if not stopped:
        return {}
    rows = MarkedAddress.objects.filter(address__in={message.to for message in stopped})
    marks = {mark.address: f"{mark.reason}: {mark.detail}" for mark in rows}
    return {m.pk: marks[m.to] for m in stopped if m.to in marks}


def is_marked(address: str) -> bool:
    return MarkedAddress.objects.filter(address=address).exists()


def reported(address: str, number: int | None, at: datetime | None) -> Message | None:
    """The mail of ours that a report is about: that of this `number`, or, where a provider carries
    no number, the newest one sent to the address. None when there is none, when the report is of a
    time before its owner last proved the address, and when it comes too late to say anything."""
    now = clock.real_now()
    sent = Message.objects.filter(
        to=address, status__in=[MessageStatus.SENT, MessageStatus.MAYBE_SENT, MessageStatus.FAILED]
    )
    if number is not None:
        message = sent.filter(pk=number).first()
    else:
        message = sent.filter(created_at__gt=now - RECENT).order_by("-id").first()
    if message is None:
        return None
    when = min(at or message.sent_at or message.created_at, now)
    proven = ProvenAddress.objects.filter(address=address, at__gte=when).exists()
    return None if proven or when < now - RECENT else message


@transaction.atomic
def mark(
    address: str, reason: MarkReason, *, detail: str = "", message: Message | None = None
) -> None:
    """Keep mail from this address from now on; the message it was about counts as failed. A
    complaint outweighs a bounce. Told twice is once."""
    values = {"reason": reason, "detail": detail[:200]}
    row = MarkedAddress(address=address, **values)
    MarkedAddress.objects.bulk_create([row], ignore_conflicts=True)
    if reason == MarkReason.COMPLAINED:
        MarkedAddress.objects.filter(address=address).update(**values)
    SoftBounce.objects.filter(address=address).delete()
    if message and message.status != MessageStatus.FAILED:
        error = f"{reason}: {detail}"
        rows = Message.objects.filter(pk=message.pk, status=message.status)
        failed = {"error": error[:500], "due_at": clock.real_now()}
        if advance_all(rows, MESSAGE, MessageStatus.FAILED, **failed):
            report(message, MessageStatus.FAILED, error)


@transaction.atomic
def note_soft(message: Message, detail: str) -> None:
    """It came back for now. So many within a week count as one that came back for good."""
    now = clock.real_now()
    SoftBounce.objects.bulk_create(
        [SoftBounce(message=message, address=message.to, at=now)], ignore_conflicts=True
    )
    recent = SoftBounce.objects.filter(address=message.to, at__gt=now - SOFT_WITHIN)
    if recent.count() >= SOFT_LIMIT:
        mark(message.to, MarkReason.BOUNCED, detail=detail, message=message)


def clear(addresses: Iterable[str]) -> int:
    """Mail goes to these addresses again, and reports of an earlier time no longer count; returns
    how many were marked."""
    wanted, now = list(addresses), clock.real_now()
    rows = [ProvenAddress(address=address, at=now) for address in wanted]
    ProvenAddress.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["address"], update_fields=["at"]
    )
    SoftBounce.objects.filter(address__in=wanted).delete()
    return MarkedAddress.objects.filter(address__in=wanted).delete()[0]


@transaction.atomic
def clear_by_desk(mark: MarkedAddress, *, by: Any) -> None:
    """An operator lets mail go to the address again; written to history without the address."""
    if clear([mark.address]):
        record("marked_address.cleared", by=by, subject=mark)
