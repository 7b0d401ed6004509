"""The employee invitation as the common pages see it."""

from typing import Any

from django.urls import reverse

from accounts import portals
from accounts.emails.employees import employee_expired
from accounts.invitations.kinds import Kind, Sheet
from accounts.models import EmployeeInvitation
from accounts.tenancy import membership_of, owns_address, verified_addresses
from core import clock
from core.errors import Ended


def check_inviter(invitation: EmployeeInvitation) -> None:
    """Raise Ended unless the inviter is still an administrator of a working account (I10).

    A draft counts as working: its invitations were sent before and wait with it.
    """
    if invitation.organization.status not in ("active", "draft"):
        raise Ended("The account that invited you is not active at the moment.")
    inviter = invitation.invited_by
    membership = membership_of(inviter, invitation.organization) if inviter else None
    if membership is None or not membership.is_administrator:
        raise Ended("The person who invited you can no longer do so. Ask for a new invitation.")


def _waiting_for(user: Any) -> Any:
    return EmployeeInvitation.objects.open(clock.now()).welcome(verified_addresses(user))


def _answer_url(user: Any, invitation: EmployeeInvitation) -> str:
    return reverse("employee-invitation", args=[invitation.public_id])


def _urls(invitation: EmployeeInvitation) -> dict[str, str]:
    return {
        act: portals.page(invitation.organization, f"employee-{act}", invitation.public_id)
        for act in ("resend", "link", "revoke")
    }


def _recipient(invitation: EmployeeInvitation) -> tuple[str, str]:
    role = invitation.get_role_display()
    return invitation.address, f"{invitation.name}, {role}" if invitation.name else role


EMPLOYEE = Kind(
    purpose=EmployeeInvitation.purpose,
    model=EmployeeInvitation,
    verb="employee_invitation",
    headline=lambda row: f"{row.organization.name} invites you to join its account",
    belongs_to=lambda user, row: owns_address(user, row.address),
    answer_url=_answer_url,
    inviter=lambda row: row.organization,
    address=lambda row: row.address,
    check_inviter=check_inviter,
    waiting_for=_waiting_for,
    manage_url=lambda row: portals.members_page(row.organization),
    on_expired=employee_expired,
    sheet=Sheet(
        title="Invitations",
        rows=lambda firm: EmployeeInvitation.objects.for_organization(firm).with_list_data(),
        recipient=_recipient,
        urls=_urls,
    ),
    account_hint="You join with the invited address only.",
)
