"""Inviting colleagues: invite, accept, decline (S0.7, S0.8)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.emails import employees as emails
from accounts.invitations import kinds
from accounts.invitations import transitions as shared
from accounts.invitations.batches.kinds import Plan
from accounts.invitations.refusals import refuse, take_back
from accounts.models import EmployeeInvitation, Membership, Organization, User
from accounts.permissions import clean_rights
from accounts.states import InvitationStatus, MembershipStatus
from accounts.transitions.members import set_rights
from core import clock
from core.db import constraint_as, lock, require_atomic
from core.errors import Conflict


@transaction.atomic
def invite(
    *,
    by: User,
    organization: Organization,
    address: str,
    name: str = "",
    role: str,
    rights: Iterable[str] = (),
) -> EmployeeInvitation:
    """`address` is canonical (S0.7). Raises NotPermitted, Conflict, Invalid, LimitReached."""
    organization = lock(Organization.objects.all(), pk=organization.pk)
    kinds.of(EmployeeInvitation).check(by, organization)
    refuse_members(organization, address)
    shared.close_overdue(EmployeeInvitation, organization=organization, address=address)
    invitation = _new(organization, by, role, rights, address=address, name=name)
    with shared.one_open(EmployeeInvitation):
        invitation.save(force_insert=True)
    shared.note_sent(invitation, by=by)
    emails.employees_invited([invitation])
    return invitation


def _new(
    organization: Organization, by: User, role: str, rights: Iterable[str], **fields: Any
) -> EmployeeInvitation:
    return EmployeeInvitation(
        organization=organization,
        role=role,
        rights=clean_rights(organization.kind, role, rights),
        invited_by=by,
        expires_at=clock.end_after(settings.INVITATION_DAYS, organization.zone),
        **fields,
    )


def known(organization: Organization, addresses: Iterable[str]) -> dict[str, str]:
    """Which of these addresses need no invitation, and why: what `invite` refuses one by one."""
    wanted = list(addresses)
    members = Membership.objects.for_organization(organization).filter(user__email__in=wanted)
    found = dict.fromkeys(
        members.values_list("user__email", flat=True), "A member of this account already."
    )
    return found | shared.known_open(EmployeeInvitation, organization, wanted)


def invite_each(
    *, by: User, organization: Organization, plans: Iterable[Plan]
) -> list[EmployeeInvitation]:
    """The caller holds the lock, has checked what `invite` checks, and counts what is sent."""
    require_atomic()
    invitations = EmployeeInvitation.objects.bulk_create(
        _new(
            organization,
            by,
            plan.values["role"],
            plan.values.get("rights", ()),
            public_id=plan.public_id,
            address=plan.address,
            name=plan.name,
        )
        for plan in plans
    )
    emails.employees_invited(invitations)
    return invitations


@transaction.atomic
def accept(*, by: User, public_id: uuid.UUID) -> Membership:
    """Everything is looked at again under the lock (I1). Raises NotRelated, Ended, Conflict."""
    invitation = shared.lock_open(EmployeeInvitation, public_id, by=by)
    kinds.of(invitation).check_inviter(invitation)
    _refuse_rejoining(by, invitation.organization)
    shared.close(invitation, InvitationStatus.ACCEPTED, by=by)
    with constraint_as(accounts_membership_one_live=_already()):
        membership = Membership.objects.create(
            user=by, organization=invitation.organization, role=invitation.role
        )
    set_rights(membership, invitation.rights)
    take_back(inviter=invitation.organization, by=by, address=invitation.address)
    emails.employee_accepted(invitation)
    return membership


@transaction.atomic
def decline(
    *, by: User, public_id: uuid.UUID, reason: str = "", never_again: bool = False
) -> EmployeeInvitation:
    """Say no, with a reason, and on wish for good: no later invitation is mailed (U4, I18)."""
    invitation = shared.lock_open(EmployeeInvitation, public_id, by=by)
    shared.close(invitation, InvitationStatus.DECLINED, by=by, reason=reason)
    if never_again:
        refuse(inviter=invitation.organization, by=by, address=invitation.address)
    emails.employee_declined(invitation)
    return invitation


def _already() -> Conflict:
    return Conflict("You are a member of this account already.")


def refuse_members(organization: Organization, address: str) -> None:
    # By the address that the list of members shows: others of theirs are not ours to tell.
    members = Membership.objects.for_organization(organization)
    if members.filter(user__email=address).exists():
        raise Conflict("This address belongs to a member of this account.", field="address")


def _refuse_rejoining(user: User, organization: Organization) -> None:
    status = (
        Membership.objects.live()
        .filter(user=user, organization=organization)
        .values_list("status", flat=True)
        .first()
    )
    if status == MembershipStatus.SUSPENDED:
        raise Conflict("Your membership in this account is suspended. Ask its administrators.")
    if status:
        raise _already()
