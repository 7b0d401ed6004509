"""State changes that every kind of invitation shares. Each kind's own app calls these."""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.addresses import budget_key
from accounts.invitations import kinds, limits
from accounts.invitations.crowding import check_open, hold
from accounts.invitations.refusals import unrefused
from accounts.models import Invitation, OneTimeLink, Organization
from accounts.states import RESENDABLE, InvitationStatus
from core import clock
from core.audit.services import record, record_each
from core.db import lock, require_atomic
from core.errors import Conflict, Ended
from core.outbox import links
from core.outbox import services as outbox
from core.state_tables import advance, advance_all
from core.web.formats import short_day

ENDED: dict[str, str] = {
    InvitationStatus.ACCEPTED: "This invitation has been accepted already.",
    InvitationStatus.DECLINED: "This invitation was declined.",
    InvitationStatus.REVOKED: "This invitation was taken back.",
    InvitationStatus.EXPIRED: "This invitation has expired.",
}


def lock_open(model: type[Invitation], public_id: uuid.UUID) -> Any:
    """The invitation, locked after its organization, when it can still be answered.

    Raises NotRelated when there is none and Ended (410) in every final state (I4).
    """
    require_atomic()
    inviting = model.objects.filter(public_id=public_id).values("organization_id")
    organization = lock(Organization.objects.all(), pk__in=inviting)
    invitation = lock(model.objects.select_related("invited_by"), public_id=public_id)
    invitation.organization = organization
    if not invitation.is_open:
        raise Ended(ENDED.get(invitation.current_status, "This invitation has ended."))
    return invitation


def note_sent(invitation: Any, *, by: Any, verb: str, acting: Any = None) -> None:
    """Count a mail that is about to go out against the limits, and write history.

    `acting` is the firm of a delegate who sends it. Raises LimitReached when the organization, the
    pair or the address has had enough (I13).
    """
    require_atomic()
    hold([invitation.address])
    check_open(invitation)
    limits.check_and_count(invitation)
    record(
        verb,
        by=by,
        subject=invitation,
        organization=invitation.organization,
        counterparty=_counterparty(invitation),
        acting=acting,
        after={"expires_at": invitation.expires_at.isoformat()},
    )


def note_all_sent(organization: Organization, invitations: Sequence[Any], *, by: Any) -> None:
    """The same for many new invitations of one kind, for which the caller has taken room."""
    require_atomic()
    limits.note(organization, [(budget_key(row.address), row.about) for row in invitations])
    first = invitations[0]
    record_each(
        f"{_kind(first).verb}.sent",
        [(row, _counterparty(row)) for row in invitations],
        by=by,
        organization=organization,
        after={"expires_at": first.expires_at.isoformat()},
    )


def wanting_mail(invitations: Iterable[Any]) -> list[Any]:
    """Those to whom a mail may go: not once they said "never again" (I18).

    All are one organization's and of one kind. The inviter is not told the difference.
    """
    rows = list(invitations)
    return unrefused(_kind(rows[0]), rows) if rows else []


def wants_mail(row: Any) -> bool:
    """The same for one invitation or link."""
    return bool(wanting_mail([row]))


def known_open(
    model: type[Invitation], organization: Any, addresses: Iterable[str]
) -> dict[str, str]:
    """Which of these addresses have an open invitation of this kind, in words."""
    rows = model.objects.for_organization(organization).open(clock.now())
    ends = rows.to_addresses(list(addresses)).values_list("address", "expires_at")
    return {address: f"Invited already, open until {short_day(end)}." for address, end in ends}


def close_overdue(model: type[Invitation], organization: Any, addresses: Iterable[str]) -> None:
    """What the clock has ended must not block a new invitation until the sweep comes by."""
    overdue = model.objects.for_organization(organization).overdue(clock.now())
    for invitation in overdue.to_addresses(list(addresses)):
        expire(invitation=invitation)


def renew(invitation: Any, *, by: Any, acting: Any = None) -> Any:
    """A new token and a new end date; every older link is dead (U2, I5).

    The caller holds the lock and sends the mail. Raises Conflict for an answered invitation and
    LimitReached within ten minutes of the last one.
    """
    require_atomic()
    if invitation.status not in RESENDABLE:
        raise Conflict("This invitation has been answered: send a new one instead.")
    limits.check_resend(invitation)
    outbox.cancel(invitation.about)
    advance(
        invitation,
        invitation.table,
        InvitationStatus.PENDING,
        expect={"generation": invitation.generation},
        stay=True,
        generation=invitation.generation + 1,
        sent_at=clock.now(),
        expires_at=clock.now() + timedelta(days=settings.INVITATION_DAYS),
    )
    note_sent(invitation, by=by, verb=f"{_kind(invitation).verb}.resent", acting=acting)
    return invitation


def close(
    invitation: Any, status: str, *, by: Any, reason: str = "", acting: Any = None, **values: Any
) -> Any:
    """Accept, decline or revoke: the one guarded UPDATE that uses the link up (I2).

    The caller holds the lock, has checked the person, and sends the mails.
    """
    require_atomic()
    before = invitation.status
    advance(
        invitation,
        invitation.table,
        status,
        decided_at=clock.now(),
        # A guest decides without an account.
        decided_by=by if getattr(by, "pk", None) else None,
        reason=reason[:300],
        **values,
    )
    outbox.cancel(invitation.about)
    record(
        f"{_kind(invitation).verb}.{status}",
        by=by,
        subject=invitation,
        organization=invitation.organization,
        counterparty=_counterparty(invitation),
        acting=acting,
        before={"status": before},
        after={"status": str(status)},
    )
    return invitation


@transaction.atomic
def expire(*, invitation: Any) -> bool:
    """Move an overdue invitation to expired; False when somebody answered it meanwhile."""
    overdue = type(invitation).objects.overdue(clock.now()).filter(pk=invitation.pk)
    changed = advance_all(overdue, invitation.table, InvitationStatus.EXPIRED)
    if changed:
        kind = _kind(invitation)
        record(
            f"{kind.verb}.expired",
            by=None,
            subject=invitation,
            organization=invitation.organization_id,
            counterparty=_counterparty(invitation),
            before={"status": invitation.status},
            after={"status": "expired"},
        )
        if kind.on_expired:
            kind.on_expired(invitation)
    return bool(changed)


@transaction.atomic
def copy_link(*, invitation: OneTimeLink, by: Any, organization: Any, acting: Any = None) -> str:
    """The address of the current link, for the inviter to hand over; written to history (I6)."""
    if not invitation.is_open:
        raise Ended("This invitation has ended: there is no link to copy.")
    record(
        f"{_kind(invitation).verb}.link_copied",
        by=by,
        subject=invitation,
        organization=organization,
        acting=acting,
    )
    return links.url(invitation.claim)


def mark_undeliverable(*, about: str) -> None:
    """The invitation's mail was refused for good: a visible state with the copy-link way (X15)."""
    purpose, _, public_id = about.partition(":")
    kind = kinds.get(purpose)
    if kind is None or not issubclass(kind.model, Invitation):
        return
    invitation = kind.model.objects.filter(
        public_id=public_id, status=InvitationStatus.PENDING
    ).first()
    if invitation is None:
        return
    # Somebody may answer at this moment: then it is no longer of interest.
    with suppress(Conflict), transaction.atomic():
        advance(invitation, invitation.table, InvitationStatus.UNDELIVERABLE)
        record(
            f"{kind.verb}.undeliverable",
            by=None,
            subject=invitation,
            organization=invitation.organization_id,
            before={"status": "pending"},
            after={"status": "undeliverable"},
        )


def mark_delivered(*, about: str, generation: int) -> None:
    """A mail that had failed was sent after all: its invitation waits for an answer like others."""
    purpose, _, public_id = about.partition(":")
    kind = kinds.get(purpose)
    if kind is None or not issubclass(kind.model, Invitation):
        return
    undelivered = kind.model.objects.filter(
        public_id=public_id, status=InvitationStatus.UNDELIVERABLE, generation=generation
    )
    if (invitation := undelivered.first()) is None:
        return
    with transaction.atomic():
        advance(invitation, invitation.table, InvitationStatus.PENDING)
        record(
            f"{kind.verb}.delivered",
            by=None,
            subject=invitation,
            organization=invitation.organization_id,
            before={"status": "undeliverable"},
            after={"status": "pending"},
        )


def _counterparty(invitation: Any) -> int | None:
    """The invited organization, where the inviter knows it: it sees the history, too.

    Whose account an address belongs to is not told before its owner accepts (I15).
    """
    if invitation.status == InvitationStatus.ACCEPTED and hasattr(invitation, "counterparty_id"):
        return int(invitation.counterparty_id)
    return getattr(invitation, "seller_id", None)


def _kind(row: OneTimeLink) -> kinds.Kind:
    kind = kinds.get(row.purpose)
    assert kind is not None, row.purpose
    return kind
