"""Addresses that mail no longer goes to, because it came back or its reader complained (X15)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction

from core import clock
from core.audit.services import record
from core.outbox import kinds
from core.outbox.models import MarkedAddress, Message
from core.outbox.services import report
from core.outbox.states import MESSAGE, MarkReason, MessageStatus
from core.state_tables import advance_all

# How long after sending a report still finds its message by the address alone.
RECENT = timedelta(days=30)


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


@transaction.atomic
def mark(address: str, reason: MarkReason, *, detail: str = "", number: int | None = None) -> None:
    """Keep mail from this address from now on; the message it was about counts as failed: that of
    this `number`, or the newest one sent to the address. A complaint outweighs a bounce. Told twice
    is once."""
    values = {"reason": reason, "detail": detail[:200]}
    row = MarkedAddress(address=address, **values)
    MarkedAddress.objects.bulk_create([row], ignore_conflicts=True)
    if reason == MarkReason.COMPLAINED:
        MarkedAddress.objects.filter(address=address).update(**values)
    if message := _reported(address, number):
        error = f"{reason}: {detail}"
        rows = Message.objects.filter(pk=message.pk, status=message.status)
        failed = {"error": error[:500], "due_at": clock.real_now()}
        if advance_all(rows, MESSAGE, MessageStatus.FAILED, **failed):
            report(message, MessageStatus.FAILED, error)


def _reported(address: str, number: int | None) -> Message | None:
    sent = Message.objects.filter(
        to=address, status__in=[MessageStatus.SENT, MessageStatus.MAYBE_SENT]
    )
    if number is not None:
        return sent.filter(pk=number).first()
    recent = sent.filter(created_at__gt=clock.real_now() - RECENT)
    return recent.order_by("-id").first()


def clear(addresses: Iterable[str]) -> int:
    """Mail goes to these addresses again; returns how many were marked."""
    return MarkedAddress.objects.filter(address__in=list(addresses)).delete()[0]


@transaction.atomic
def clear_by_desk(mark: MarkedAddress, *, by: Any) -> None:
    """An operator lets mail go to the address again; written to history without the address."""
    if clear([mark.address]):
        record("marked_address.cleared", by=by, subject=mark)
