"""State changes that every kind of invitation shares, and what each kind's own are made of."""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.addresses import budget_key
from accounts.invitations import kinds, limits
from accounts.invitations.refusals import unrefused
from accounts.models import Invitation, OneTimeLink, Organization, User
from accounts.states import RESENDABLE, InvitationStatus
from core import clock
from core.audit.services import record, record_each
from core.db import constraint_as, lock, lock_all, require_atomic
from core.errors import Conflict, Ended, NotPermitted, NotRelated
from core.outbox import services as outbox
from core.outbox import tokens
from core.state_tables import advance, advance_all
from core.web.formats import short_day

OPEN_ALREADY = "There is an open invitation to this address. Send it again, or take it back first."
ENDED: dict[str, str] = {
    InvitationStatus.ACCEPTED: "This invitation has been accepted already.",
    InvitationStatus.DECLINED: "This invitation was declined.",
    InvitationStatus.REVOKED: "This invitation was taken back.",
    InvitationStatus.EXPIRED: "This invitation has expired.",
}


def lock_open[R: Invitation](
    model: type[R], public_id: uuid.UUID, *, by: Any = None, beside: Iterable[int] = ()
) -> R:
    """The invitation, locked after its organization and those `beside`, when it can be answered.

    Raises NotRelated when there is none or it is not for `by`, Ended (410) in every final state
    (I4).
    """
    require_atomic()
    kind = kinds.of(model)
    inviting = model._default_manager.filter(public_id=public_id).values("organization_id")
    parties = Organization.objects.filter(Q(pk__in=inviting) | Q(pk__in=list(beside)))
    lock_all(parties)
    row = lock(kind.rows(), public_id=public_id)
    if by is not None and not kind.belongs_to(by, row):
        raise NotRelated
    if not row.is_open:
        raise Ended(ENDED.get(row.current_status, "This invitation has ended."))
    return row


def one_open(
    model: type[OneTimeLink], sentence: str = OPEN_ALREADY
) -> AbstractContextManager[None]:
    """Refuse a second open invitation to the same address, which the database does not take."""
    there = Conflict(sentence, field="address")
    return constraint_as(**{f"{model._meta.db_table}_one_pending": there})


def note_sent(
    invitation: Invitation, *, by: User, event: str = "sent", acting: int | None = None
) -> None:
    """`acting` is the firm of a delegate who sends it. Raises LimitReached (I13)."""
    require_atomic()
    limits.hold([invitation.address])
    limits.check_open(invitation)
    key, asked = budget_key(invitation.address), invitation.asked_for
    limits.count(invitation.organization, key, about=invitation.about, asked_for=asked)
    ends = {"expires_at": invitation.expires_at.isoformat()}
    told = kinds.of(invitation).counterparty(invitation)
    _note(invitation, event, by=by, counterparty=told, acting=acting, after=ends)


def note_all_sent(organization: Organization, invitations: Sequence[Any], *, by: Any) -> None:
    """The same for many new invitations of one kind, for which the caller has taken room."""
    require_atomic()
    limits.note(organization, [(budget_key(row.address), row.about) for row in invitations])
    first = invitations[0]
    kind = kinds.of(first)
    record_each(
        f"{kind.verb}.sent",
        [(row, kind.counterparty(row)) for row in invitations],
        by=by,
        organization=organization,
        after={"expires_at": first.expires_at.isoformat()},
    )


def wanting_mail(invitations: Iterable[Any]) -> list[Any]:
    """All are one organization's and of one kind. Nobody gets mail after "never again" (I18)."""
    rows = list(invitations)
    return unrefused(kinds.of(rows[0]), rows) if rows else []


def wants_mail(row: Any) -> bool:
    return bool(wanting_mail([row]))


def known_open(
    model: type[Invitation], organization: Organization, addresses: Iterable[str]
) -> dict[str, str]:
    rows = model.objects.for_organization(organization).open(clock.now())
    ends = rows.to_addresses(list(addresses)).values_list("address", "expires_at")
    return {address: f"Invited already, open until {short_day(end)}." for address, end in ends}


def close_overdue(model: type[Invitation], **found: Any) -> None:
    """What the clock has ended must not block a new invitation until the sweep comes by."""
    for row in kinds.of(model).rows().overdue(clock.now()).filter(**found):
        expire(row=row)


@transaction.atomic
def resend[R: OneTimeLink](*, by: User, row: R) -> R:
    """Older links are dead, and `by` invites now (U2, I5). Raises Conflict and LimitReached."""
    kind = kinds.of(row)
    row, acting = kind.enter(row, by)
    return kind.resend(row, by=by, acting=acting)


@transaction.atomic
def revoke[R: OneTimeLink](*, by: User, row: R) -> R:
    """Doing it twice is doing it once (U3, N29). Raises TransitionNotAllowed once answered."""
    kind = kinds.of(row)
    row, acting = kind.enter(row, by)
    if row.status != kind.revoked:
        close(row, kind.revoked, by=by, acting=acting)
        kind.on_revoked(row, by=by)
    return row


@transaction.atomic
def copy_link(*, by: User, row: OneTimeLink) -> str:
    """Only who sent it gets the address (U10, I6). Raises Ended, NotRelated, NotPermitted."""
    kind = kinds.of(row)
    row, acting = kind.enter(row, by)
    if getattr(row, f"{kind.sender}_id") != by.pk:
        raise NotPermitted(kind.senders_own)
    if not row.is_open:
        raise Ended("This invitation has ended: there is no link to show.")
    _note(row, "link_copied", by=by, acting=acting)
    return tokens.claim_url(row.claim)


def renew[R: Invitation](
    invitation: R,
    *,
    by: User,
    acting: int | None = None,
    taken: str = OPEN_ALREADY,
    **values: Any,
) -> R:
    """The caller mails it. `taken` is said when a newer one is open. Raises LimitReached, too."""
    require_atomic()
    if invitation.status not in RESENDABLE:
        raise Conflict("This invitation has been answered: send a new one instead.")
    limits.check_resend(invitation)
    outbox.cancel(invitation.about)
    with one_open(type(invitation), taken):
        advance(
            invitation,
            invitation.table,
            InvitationStatus.PENDING,
            expect={"generation": invitation.generation},
            stay=True,
            generation=invitation.generation + 1,
            sent_at=clock.now(),
            reminded_at=None,
            expires_at=clock.end_after(
                settings.INVITATION_DAYS, kinds.of(invitation).inviter(invitation).zone
            ),
            # Who sends it stands behind it: a sender who left would make the link dead (I10).
            invited_by=by,
            **values,
        )
    note_sent(invitation, by=by, event="resent", acting=acting)
    return invitation


def close[R: OneTimeLink](
    row: R, status: str, *, by: Any, reason: str = "", acting: int | None = None, **values: Any
) -> R:
    """The one guarded UPDATE that uses the link up (I2). The caller locks, checks and mails."""
    require_atomic()
    kind, before = kinds.of(row), row.status
    if isinstance(row, Invitation):
        # A guest decides without an account.
        values["decided_by"] = by if getattr(by, "pk", None) else None
    advance(row, row.table, status, decided_at=clock.now(), reason=reason[:300], **values)
    outbox.cancel(row.about)
    told = kind.counterparty(row)
    _note_change(row, status, before, status, by=by, counterparty=told, acting=acting)
    return row


@transaction.atomic
def expire(*, row: OneTimeLink) -> bool:
    """Move an overdue row to expired; False when somebody answered it meanwhile."""
    kind, before = kinds.of(row), row.status
    overdue = kind.rows().overdue(clock.now()).filter(pk=row.pk)
    changed = advance_all(overdue, row.table, row.expired_status)
    if changed:
        _note_change(row, "expired", before, "expired", counterparty=kind.counterparty(row))
        kind.on_expired(row)
    return bool(changed)


@transaction.atomic
def remind(*, row: OneTimeLink) -> bool:
    """Tell both sides once that a link is about to end; False when that was done, or somebody
    answered it or took it back meanwhile."""
    kind = kinds.of(row)
    rows = kind.rows().to_remind(clock.now()).filter(pk=row.pk, generation=row.generation)
    if not rows.update(reminded_at=clock.now()):
        return False
    kind.on_ending(row)
    return True


def mark_undeliverable(*, about: str) -> None:
    """The invitation's mail was refused for good: a visible state with the copy-link way (X15)."""
    _mark(about, InvitationStatus.UNDELIVERABLE, "undeliverable", status=InvitationStatus.PENDING)


def mark_delivered(*, about: str, generation: int) -> None:
    """A mail that had failed was sent after all: its invitation waits for an answer like others."""
    failed = {"status": InvitationStatus.UNDELIVERABLE, "generation": generation}
    _mark(about, InvitationStatus.PENDING, "delivered", **failed)


def _mark(about: str, new: str, event: str, **found: Any) -> None:
    purpose, _, public_id = about.partition(":")
    kind = kinds.get(purpose)
    if kind is None or not issubclass(kind.model, Invitation):
        return
    if (invitation := kind.rows().filter(public_id=public_id, **found).first()) is None:
        return
    before = invitation.status
    # Somebody may answer at this moment: then it is no longer of interest.
    with suppress(Conflict), transaction.atomic():
        advance(invitation, invitation.table, new)
        _note_change(invitation, event, before, new)


def _note_change(
    row: OneTimeLink, event: str, old: str, new: str, *, by: Any = None, **parties: Any
) -> None:
    _note(row, event, by=by, before={"status": old}, after={"status": str(new)}, **parties)


def _note(row: OneTimeLink, event: str, *, by: Any, **details: Any) -> None:
    kind = kinds.of(row)
    record(f"{kind.verb}.{event}", by=by, subject=row, organization=kind.inviter(row), **details)
