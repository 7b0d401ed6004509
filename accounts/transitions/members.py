"""What administrators do with the members of their organization (U17, U19, U31).

Each locks the organization's row first: two administrators who remove each other at once take
turns, and the second is told that somebody must stay (A9).
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.emails import members as emails
from accounts.models import Membership, MembershipRight, Organization, User
from accounts.permissions import access_state, clean_rights
from accounts.sessions import end_all_sessions
from accounts.signals import member_removed
from accounts.states import (
    MEMBERSHIP,
    MembershipRole,
    MembershipStatus,
    OrganizationStatus,
)
from accounts.tenancy import others_administer, require_administrator, rights_of
from core import clock
from core.audit.services import record
from core.db import lock, move
from core.errors import Conflict, NotPermitted
from core.object_permissions import clear_grants, grant
from core.state_tables import advance


def keep_an_administrator(organization: Organization, *, without: User) -> None:
    """Raise Conflict when nobody but `without` administers it. The caller holds its lock."""
    if organization.status != OrganizationStatus.CLOSED and not others_administer(
        organization, without=without
    ):
        raise Conflict(
            f"{without.name} is the only administrator of {organization.name}. "
            "Make somebody else an administrator first.",
            field="role",
        )


def set_rights(membership: Membership, rights: Iterable[str]) -> None:
    organization = membership.organization
    clear_grants(MembershipRight, user=membership.user, content_object=organization)
    for codename in rights:
        grant(MembershipRight, user=membership.user, codename=codename, obj=organization)


@transaction.atomic
def change_access(
    *, by: User, membership: Membership, role: str, rights: Iterable[str], seen: str = ""
) -> Membership:
    """`seen` is the access_state that the page showed. Raises NotPermitted, Invalid, Conflict."""
    row = _locked(membership, by=by)
    held = rights_of(row.user, row.organization)
    if seen and seen != access_state(row.role, held):
        raise Conflict("Somebody else has changed this member meanwhile. Look at it again.")
    wanted = clean_rights(row.organization.kind, role, rights)
    before = {"role": row.role, "rights": sorted(held)}
    after = {"role": str(role), "rights": wanted}
    if before == after:
        return row
    if role != MembershipRole.ADMINISTRATOR and row.is_administrator:
        keep_an_administrator(row.organization, without=row.user)
    _give(row, role, wanted, before=before, by=by)
    return row


def _give(
    row: Membership, role: str, rights: list[str], *, before: dict[str, Any], by: User | None
) -> None:
    after = {"role": str(role), "rights": rights}
    move(row, expect={"role": row.role, "status": row.status}, role=role)
    set_rights(row, rights)
    changed = "role" if before["role"] != after["role"] else "rights"
    _note(f"membership.{changed}_changed", row, by=by, before=before, after=after)
    if by is None or row.user_id != by.pk:
        emails.member_access_changed(row, by=by, rights=rights)


def succeed(*, row: Membership, by: User | None) -> None:
    """The only administrator goes. The caller, a transition of the operator, holds the lock."""
    before = {"role": row.role, "rights": sorted(rights_of(row.user, row.organization))}
    _give(row, MembershipRole.ADMINISTRATOR, [], before=before, by=by)


def end_for_good(*, row: Membership, by: User | None) -> None:
    """End a locked membership of a person who is erased, with everything that hangs on it."""
    _end(row, "membership.removed", by=by)


@transaction.atomic
def hand_over(*, by: User, membership: Membership) -> Membership:
    """Raises NotPermitted for oneself, and Conflict for a suspended member."""
    target = _locked(membership, by=by, others_only=True)
    if target.status != MembershipStatus.ACTIVE:
        raise Conflict(f"{target.user.name} is suspended. Lift the suspension first.")
    own = Membership.objects.live().get(user=by, organization=target.organization_id)
    target = change_access(by=by, membership=target, role=MembershipRole.ADMINISTRATOR, rights=())
    change_access(by=by, membership=own, role=MembershipRole.EMPLOYEE, rights=())
    return target


@transaction.atomic
def suspend(*, by: User, membership: Membership) -> Membership:
    """Keep a member out until the suspension is lifted. Raises NotPermitted for oneself."""
    row = _locked(membership, by=by, others_only=True)
    if row.is_administrator:
        keep_an_administrator(row.organization, without=row.user)
    advance(row, MEMBERSHIP, MembershipStatus.SUSPENDED)
    _note_status("membership.suspended", row, by=by, before="active")
    emails.member_suspended(row, by=by)
    return row


@transaction.atomic
def resume(*, by: User, membership: Membership) -> Membership:
    row = _locked(membership, by=by, others_only=True)
    advance(row, MEMBERSHIP, MembershipStatus.ACTIVE)
    _note_status("membership.resumed", row, by=by, before="suspended")
    emails.member_resumed(row, by=by)
    return row


@transaction.atomic
def remove(*, by: User, membership: Membership) -> Membership:
    """Raises NotPermitted for oneself (that is `leave`), Conflict for the last administrator."""
    row = _locked(membership, by=by, others_only=True)
    _end(row, "membership.removed", by=by)
    end_all_sessions(row.user)
    emails.member_removed(row, by=by)
    return row


@transaction.atomic
def leave(*, by: User, organization: Organization) -> Membership:
    """End one's own membership. Raises Conflict for the last administrator."""
    lock(Organization.objects.all(), pk=organization.pk)
    row = lock(Membership.objects.active(), user=by, organization=organization)
    _end(row, "membership.left", by=by)
    emails.member_left(row)
    return row


def _locked(membership: Membership, *, by: User, others_only: bool = False) -> Membership:
    organization = lock(Organization.objects.all(), pk=membership.organization_id)
    require_administrator(by, organization)
    row = lock(Membership.objects.live().select_related("user", "organization"), pk=membership.pk)
    if others_only and row.user_id == by.pk:
        raise NotPermitted("You cannot do this to yourself. You can leave the account instead.")
    return row


def _end(row: Membership, verb: str, *, by: User | None) -> None:
    before = row.status
    if row.is_administrator:
        keep_an_administrator(row.organization, without=row.user)
    advance(row, MEMBERSHIP, MembershipStatus.REMOVED, removed_at=clock.now())
    clear_grants(MembershipRight, user=row.user, content_object=row.organization)
    member_removed.send(sender=Membership, membership=row, by=by)
    _note_status(verb, row, by=by, before=before)


def _note_status(verb: str, row: Membership, *, by: User | None, before: str) -> None:
    _note(verb, row, by=by, before={"status": before}, after={"status": str(row.status)})


def _note(verb: str, row: Membership, *, by: User | None, before: dict, after: dict) -> None:
    record(verb, by=by, subject=row, organization=row.organization, before=before, after=after)
