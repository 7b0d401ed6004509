"""Mails about lists of invitations whose sender has left the page (U26)."""

from collections.abc import Mapping

from django.db.models import Count

from accounts.invitations.batches.overviews import url
from accounts.models import InvitationBatch
from accounts.states import CONFIRMED, RowStatus
from accounts.tenancy import administrators, membership_of
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line

_WORDS = {
    RowStatus.SENT: "Invited",
    RowStatus.KNOWN: "Not needed",
    RowStatus.CANCELLED: "Taken back",
    RowStatus.STOPPED: "Not sent",
}


def list_done(batch: InvitationBatch) -> None:
    heading = f"Your list {inert(batch.source)} is done: {_counts(batch).get('sent', 0)} invited"
    _tell(batch, "done", heading, "Whoever is not invited stands there with the reason.")


def list_stopped(batch: InvitationBatch, reason: str) -> None:
    heading = f"The list {inert(batch.source)} was stopped"
    _tell(batch, "stopped", heading, reason, "The rows that were not sent can be given again.")


def _tell(batch: InvitationBatch, event: str, heading: str, *paragraphs: str) -> None:
    firm, counts = inert(batch.organization.name), _counts(batch)
    page = url(batch.organization, "list", batch.purpose, batch.public_id)
    tell(
        _readers(batch),
        key=f"list:{batch.public_id}:{event}",
        kind=f"accounts.list_{event}",
        mail=Mail(
            subject=subject_line(firm, "List of invitations", event),
            heading=heading,
            paragraphs=paragraphs,
            facts=tuple((_WORDS[row], str(counts[row])) for row in _WORDS if counts.get(row)),
            button=("See the list", page),
            organization=firm,
        ),
        organization=batch.organization,
        caused_by=batch.confirmed_by,
    )


def _counts(batch: InvitationBatch) -> Mapping[str, int]:
    rows = batch.rows.filter(status__in=CONFIRMED).order_by()
    return dict(rows.values_list("status").annotate(count=Count("pk")))


def _readers(batch: InvitationBatch) -> list[Recipient]:
    """Who confirmed it, while they may look at it; else the account's administrators."""
    by = batch.confirmed_by
    membership = membership_of(by, batch.organization) if by else None
    if by and membership and membership.is_administrator:
        return [Recipient.of(by, batch.organization)]
    people = administrators(batch.organization)
    return Recipient.administrators(people, batch.organization)
