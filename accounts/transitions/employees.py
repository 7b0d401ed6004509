"""Inviting colleagues: invite, send again, take back, accept, decline (S0.7, S0.8)."""

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from accounts.emails import employees as emails
from accounts.invitation_kinds import check_inviter
from accounts.invitations import transitions as shared
from accounts.invitations.batches.kinds import Plan
from accounts.invitations.refusals import refuse, take_back
from accounts.models import EmployeeInvitation, Membership, Organization, User, until
from accounts.permissions import clean_rights
from accounts.states import InvitationStatus, MembershipStatus
from accounts.tenancy import owns_address, require_administrator
from accounts.transitions.members import set_rights
from core.db import constraint_as, lock, move, require_atomic
from core.errors import Conflict, NotPermitted, NotRelated

_PENDING = "There is an open invitation to this address. Send it again, or take it back first."


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
    """Invite the owner of `address` (canonical) to the account, and mail the link (S0.7).

    Raises NotPermitted, Conflict for a member or an open invitation, Invalid for an unknown
    right, LimitReached (I13).
    """
    organization = lock(Organization.objects.all(), pk=organization.pk)
    require_administrator(by, organization)
    _refuse_members(organization, address)
    shared.close_overdue(EmployeeInvitation, organization, [address])
    with constraint_as(accounts_employeeinvitation_one_pending=_pending()):
        invitation = EmployeeInvitation.objects.create(
            organization=organization,
            address=address,
            name=name,
            role=role,
            rights=clean_rights(organization.kind, role, rights),
            invited_by=by,
            expires_at=until(settings.INVITATION_DAYS),
        )
    shared.note_sent(invitation, by=by, verb="employee_invitation.sent")
    emails.employees_invited([invitation])
    return invitation


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
    """The same for a list, in a fixed number of statements.

    The caller holds the lock, has checked what `invite` checks, and counts what is sent.
    """
    require_atomic()
    invitations = EmployeeInvitation.objects.bulk_create(
        EmployeeInvitation(
            public_id=plan.public_id,
            organization=organization,
            address=plan.address,
            name=plan.name,
            role=plan.values["role"],
            rights=clean_rights(
                organization.kind, plan.values["role"], plan.values.get("rights", ())
            ),
            invited_by=by,
            expires_at=until(settings.INVITATION_DAYS),
        )
        for plan in plans
    )
    emails.employees_invited(invitations)
    return invitations


@transaction.atomic
def resend(*, by: User, invitation: EmployeeInvitation) -> EmployeeInvitation:
    """A new link and a new end date; the old link is dead, and `by` is who invites now (U2, I5).

    Raises Conflict for an answered invitation and LimitReached within ten minutes of the last.
    """
    row = _locked(invitation, by=by)
    _refuse_members(row.organization, row.address)
    with constraint_as(accounts_employeeinvitation_one_pending=_pending()):
        shared.renew(row, by=by)
    move(row, expect={"generation": row.generation}, invited_by=by)
    emails.employees_invited([row])
    return row


@transaction.atomic
def revoke(*, by: User, invitation: EmployeeInvitation) -> EmployeeInvitation:
    """Take an unanswered invitation back; doing it twice is doing it once (U3, N29)."""
    row = _locked(invitation, by=by)
    if row.status != InvitationStatus.REVOKED:
        shared.close(row, InvitationStatus.REVOKED, by=by)
    return row


@transaction.atomic
def copy_link(*, by: User, invitation: EmployeeInvitation) -> str:
    """The address of the current link, shown to who sent it and to nobody else (U10, I6)."""
    row = _locked(invitation, by=by)
    if row.invited_by_id != by.pk:
        raise NotPermitted("Only who sent this invitation can copy its link. Send it again first.")
    return shared.copy_link(invitation=row, by=by, organization=row.organization)


@transaction.atomic
def accept(*, by: User, public_id: uuid.UUID) -> Membership:
    """Join the account with the role and rights of the invitation as it stands now (S0.8, I1).

    Everything is looked at again under the lock. Raises NotRelated for anybody but the owner of
    the invited address, Ended for an invitation that has ended or whose inviter may no longer
    invite, Conflict for a member.
    """
    invitation = shared.lock_open(EmployeeInvitation, public_id)
    _require_invited(by, invitation)
    check_inviter(invitation)
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
    invitation = shared.lock_open(EmployeeInvitation, public_id)
    _require_invited(by, invitation)
    shared.close(invitation, InvitationStatus.DECLINED, by=by, reason=reason)
    if never_again:
        refuse(inviter=invitation.organization, by=by, address=invitation.address)
    emails.employee_declined(invitation)
    return invitation


def _locked(invitation: EmployeeInvitation, *, by: User) -> EmployeeInvitation:
    organization = lock(Organization.objects.all(), pk=invitation.organization_id)
    require_administrator(by, organization)
    row: EmployeeInvitation = lock(
        EmployeeInvitation.objects.select_related("organization"), pk=invitation.pk
    )
    return row


def _pending() -> Conflict:
    return Conflict(_PENDING, field="address")


def _already() -> Conflict:
    return Conflict("You are a member of this account already.")


def _refuse_members(organization: Organization, address: str) -> None:
    # By the address that the list of members shows: others of theirs are not ours to tell (V26).
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


def _require_invited(user: User, invitation: EmployeeInvitation) -> None:
    if not owns_address(user, invitation.address):
        raise NotRelated
