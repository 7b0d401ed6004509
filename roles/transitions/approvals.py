"""Approved roles: taking effect, lowered, revoked and restored by reviewers, lapsed by the year."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Organization, User
from core import clock
from core.audit.services import record
from core.db import lock_all, move, require_atomic
from core.errors import Conflict, Invalid, NotPermitted
from core.state_tables import advance
from core.web.access import Level
from core.web.formats import minute
from roles import emails
from roles.models import ApplicationLine, ApprovedRole
from roles.permissions import require_lead, require_reviewer
from roles.states import APPROVED_ROLE, ApprovedRoleStatus
from roles.transitions.locks import lock_approved_role, lock_provider

# Whatever else happens to an approval, a restoration asked for before is no longer what it was.
NOT_ASKED: dict[str, Any] = {
    "restore_asked_by": None,
    "restore_asked_at": None,
    "restore_reason": "",
}


def approve(provider: Organization, line: ApplicationLine, held: ApprovedRole | None) -> None:
    """`held` is the locked row that the provider has already: an application never lowers it."""
    require_atomic()
    now = clock.now()
    level = Level(line.decided_level or 0)
    values = {
        "level": level,
        "approved_at": now,
        "expires_at": clock.end_after(settings.APPROVAL_DAYS, provider.zone),
        "line": line,
    }
    if held is None:
        ApprovedRole.objects.create(provider=provider, role=line.role, **values)
        return
    in_force = held.status == ApprovedRoleStatus.ACTIVE and held.expires_at > now
    if in_force and held.level > level:
        return
    comes_back = not in_force or level > held.level
    advance(
        held,
        APPROVED_ROLE,
        ApprovedRoleStatus.ACTIVE,
        expect={"version": held.version},
        stay=True,
        ended_at=None,
        reason="",
        changed_by=None,
        changed_at=None,
        reminded_days=None,
        version=held.version + 1,
        **NOT_ASKED,
        **values,
    )
    # Grants above it have effect again, and their sellers are told (X3).
    if comes_back:
        emails.tell_sellers(held, "restored")


@transaction.atomic
def lower_approved_role(
    *, approved_role: ApprovedRole, level: Level, reason: str, version: int, by: User
) -> ApprovedRole:
    """Lower what a provider may be granted; every grant above it loses its effect at once.

    `version` is the one the reviewer saw. Raises Invalid for a level that is not lower or a missing
    reason, Conflict (who, when) when somebody was faster, NotPermitted for all but lead reviewers.
    """
    row = _lock_for_change(approved_role, version, by)
    require_lead(by)
    _require_in_force(row)
    if not Level.NONE < level < row.level:
        raise Invalid("Choose a level below the present one.", field="level")
    before = Level(row.level)
    _change(row, "lowered", row.status, reason=reason, by=by, level=level)
    _note(row, "lowered", by=by, before={"level": before.word}, after={"level": level.word})
    return row


@transaction.atomic
def revoke_approved_role(
    *, approved_role: ApprovedRole, reason: str, version: int, by: User
) -> ApprovedRole:
    """Grants that rest on it lose their effect at once. Raises as lower_approved_role does."""
    row = _lock_for_change(approved_role, version, by)
    require_lead(by)
    _require_in_force(row)
    status = ApprovedRoleStatus.REVOKED
    _change(row, "revoked", status, reason=reason, by=by, ended_at=clock.now())
    _note(row, "revoked", by=by, before={"status": "active"}, after={"status": "revoked"})
    return row


@transaction.atomic
def ask_to_restore(
    *, approved_role: ApprovedRole, reason: str, version: int, by: User
) -> ApprovedRole:
    """Ask for a revocation or a lowering to be undone, within the year: another person confirms.

    Raises Conflict where nothing can be restored or it is asked for already, and as
    lower_approved_role does; a reviewer may ask.
    """
    row = _lock_for_change(approved_role, version, by)
    level = _require_restorable(row)
    if row.restore_asked_at:
        raise Conflict("Somebody has asked for this already: a lead reviewer has to confirm it.")
    _require_reason(reason)
    asked = {"restore_asked_by": by, "restore_asked_at": clock.now()}
    _move(row, restore_reason=reason.strip(), **asked)
    _note_privately(row, "restore_asked", by=by, level=level.word)
    return row


@transaction.atomic
def restore_approved_role(*, approved_role: ApprovedRole, version: int, by: User) -> ApprovedRole:
    """Confirm what another person asked for: the approval comes back as it was.

    Raises Conflict when nobody has asked, NotPermitted for the person who asked, and otherwise as
    lower_approved_role does.
    """
    row = _lock_for_change(approved_role, version, by)
    require_lead(by)
    level = _require_restorable(row)
    if row.restore_asked_at is None:
        raise Conflict("Nobody has asked for this approval to be restored.")
    if row.restore_asked_by_id == by.pk:
        raise NotPermitted("You have asked for this: another lead reviewer has to confirm it.")
    before = {"status": row.status, "level": Level(row.level).word}
    status = ApprovedRoleStatus.ACTIVE
    reason = row.restore_reason
    _change(row, "restored", status, reason=reason, by=by, level=level, ended_at=None)
    after = {"status": "active", "level": level.word}
    _note(row, "restored", by=by, before=before, after=after)
    return row


@transaction.atomic
def decline_to_restore(*, approved_role: ApprovedRole, version: int, by: User) -> ApprovedRole:
    """The approval stays as it is: a lead reviewer says no, or who has asked takes it back."""
    row = _lock_for_change(approved_role, version, by)
    if row.restore_asked_at is None:
        raise Conflict("Nobody has asked for this approval to be restored.")
    if row.restore_asked_by_id != by.pk:
        require_lead(by)
    _move(row, **NOT_ASKED)
    _note_privately(row, "restore_declined", by=by)
    return row


def _require_restorable(row: ApprovedRole) -> Level:
    level = restorable_level(row)
    if level is None:
        raise Conflict("There is nothing to restore: the provider has to apply again.")
    return level


def restorable_level(row: ApprovedRole) -> Level | None:
    """The level that a restoration brings back, or None when there is nothing to restore."""
    # A lapsed one takes an application: two reviewers look again where the role is restricted.
    if row.expires_at <= clock.now() or row.status == ApprovedRoleStatus.LAPSED:
        return None
    approved = row.line.decided_level if row.line else None
    level = Level(max(row.level, approved or 0))
    if row.status == ApprovedRoleStatus.ACTIVE and level == row.level:
        return None
    return level


def _lock_for_change(approved_role: ApprovedRole, version: int, by: User) -> ApprovedRole:
    row = lock_approved_role(approved_role)
    require_reviewer(by, provider_id=row.provider_id, category_id=row.role.category_id)
    if row.version != version:
        raise Conflict(_who_changed(row))
    return row


def _who_changed(row: ApprovedRole) -> str:
    if row.changed_at is None:
        return "This approval was renewed or has ended in the meantime."
    when = minute(row.changed_at)
    return f"{row.changed_by or 'Somebody'} changed this approval on {when}."


def _require_in_force(row: ApprovedRole) -> None:
    if row.status != ApprovedRoleStatus.ACTIVE or row.expires_at <= clock.now():
        raise Conflict("This approval is not in force any more.")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Give a reason: the provider reads it.", field="reason")


def _move(row: ApprovedRole, **values: Any) -> None:
    move(row, expect={"version": row.version}, version=row.version + 1, **values)


def _change(
    row: ApprovedRole, change: str, status: str, *, reason: str, by: User, **values: Any
) -> None:
    _require_reason(reason)
    advance(
        row,
        APPROVED_ROLE,
        status,
        expect={"version": row.version},
        stay=True,
        reason=reason.strip(),
        changed_by=by,
        changed_at=clock.now(),
        version=row.version + 1,
        **NOT_ASKED,
        **values,
    )
    emails.approved_role_changed(row, change, by=by)


def _note(row: ApprovedRole, event: str, *, by: Any, before: Any, after: Any) -> None:
    record(
        f"approved_role.{event}",
        by=by,
        subject=row,
        organization=row.provider,
        before=before,
        after={"role": row.role.code, **after},
    )


def _note_privately(row: ApprovedRole, event: str, *, by: User, **after: str) -> None:
    """No organization: what reviewers ask of each other is not the provider's to read."""
    values = {"role": row.role.code, **after}
    record(f"approved_role.{event}", by=by, subject=row, after=values)


@transaction.atomic
def lapse_approved_roles(*, provider_id: int, at: datetime) -> int:
    """One mail tells of all whose year is over (U25). Returns how many there were."""
    provider = lock_provider(provider_id)
    rows = _due(ApprovedRole.objects.ended_by(at).filter(provider=provider))
    for row in rows:
        advance(
            row,
            APPROVED_ROLE,
            ApprovedRoleStatus.LAPSED,
            ended_at=row.expires_at,
            version=row.version + 1,
            **NOT_ASKED,
        )
        before, after = {"status": "active"}, {"status": "lapsed"}
        _note(row, "lapsed", by=None, before=before, after=after)
    if rows:
        emails.approved_roles_lapsed(provider, rows)
    return len(rows)


@transaction.atomic
def remind_of_lapse(*, provider_id: int, days: int, at: datetime) -> int:
    """Sellers are reminded, too, once for each stage (U15). Returns how many there were."""
    provider = lock_provider(provider_id)
    rows = _due(ApprovedRole.objects.to_remind(days, at).filter(provider=provider))
    for row in rows:
        move(row, expect={"reminded_days": row.reminded_days}, reminded_days=days)
    if rows:
        emails.approved_roles_lapsing(provider, rows, days=days)
    return len(rows)


def _due(rows: Any) -> Sequence[ApprovedRole]:
    return lock_all(rows.select_related("provider", "role"))
