"""What a mail provider reports about sent mail, as django-anymail hands it on (X15)."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from core.notifications.preferences import no_more_mail
from core.outbox import kinds
from core.outbox.bounces import mark
from core.outbox.states import MarkReason

# Reasons that pass: a full mailbox, a slow server, a policy that changes.
PASSING = frozenset({"timed_out", "blocked"})
LONGEST_NUMBER = 18


def note_tracking(event: Any, **kwargs: Any) -> None:
    """A mail came back for good, or its reader complained or unsubscribed at the provider.

    Every other report changes nothing. The same report twice is one.
    """
    address = (event.recipient or "").strip().lower()
    if not address:
        return
    with transaction.atomic():
        if event.event_type in ("bounced", "rejected") and event.reject_reason not in PASSING:
            mark(address, MarkReason.BOUNCED, detail=_detail(event), number=_number(event))
        elif event.event_type == "complained":
            mark(address, MarkReason.COMPLAINED, detail=_detail(event), number=_number(event))
            _stop_repeating(address)
        elif event.event_type == "unsubscribed":
            _stop_repeating(address)


def _stop_repeating(address: str) -> None:
    owner = get_user_model().objects.filter(email=address).values_list("pk", flat=True).first()
    for group in kinds.GROUPS:
        if group.repeating:
            no_more_mail((owner, address), group)


def _detail(event: Any) -> str:
    """What the provider says, on one line."""
    return " ".join((event.mta_response or event.description or "").split())[:200]


def _number(event: Any) -> int | None:
    """The key of the message, which travels with it as metadata."""
    number = str((event.metadata or {}).get("message", ""))
    known = number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER
    return int(number) if known else None
