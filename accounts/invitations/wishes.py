"""The wish for a new invitation, from the page that says that one has ended (U6)."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.invitations import emails, limits
from accounts.invitations.kinds import Kind
from accounts.invitations.opening import Opened
from accounts.invitations.refusals import take_back
from accounts.models import Organization
from core import clock
from core.audit.models import Event
from core.audit.services import record
from core.db import lock
from core.errors import Conflict, LimitReached

# Whoever has joined needs no new one, and a suspended account may not send one.
ASKABLE = frozenset({"expired", "revoked", "cancelled", "declined", "superseded", "inviter_gone"})


@transaction.atomic
def ask_for_new_one(*, opened: Opened, by: Any) -> None:
    """Pass the wish on to who may invite; nothing else changes.

    `by` is the person signed in, or None. Raises Conflict when this invitation has not ended or
    cannot be renewed, LimitReached for a second wish within a day.
    """
    kind, row = opened.kind, opened.row
    organization = lock(Organization.objects.all(), pk=kind.inviter(row).pk)
    if opened.state not in ASKABLE:
        raise Conflict("This invitation cannot be asked for again.")
    if last := last_asked(opened):
        raise LimitReached(
            "A new invitation was asked for in the last 24 hours already.",
            retry_at=last + limits.ASK_GAP,
        )
    if by is not None and kind.belongs_to(by, row):
        # Their own wish takes back a "never again" (I18); a link alone does not.
        take_back(inviter=organization, by=by, address=kind.address(row))
    emails.renewal_asked(row)
    record(_verb(kind), by=by, subject=row, organization=organization)


def last_asked(opened: Opened) -> datetime | None:
    """When a new one was asked for within the last 24 hours, or None."""
    wishes = Event.objects.filter(
        object_type=opened.row._meta.label_lower,
        object_id=str(opened.row.public_id),
        verb=_verb(opened.kind),
        at__gt=clock.now() - limits.ASK_GAP,
    )
    return wishes.order_by("-at").values_list("at", flat=True).first()


def _verb(kind: Kind[Any]) -> str:
    return f"{kind.verb}.renewal_asked"
