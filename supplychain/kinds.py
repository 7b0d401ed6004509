"""The supplier invitation, in both directions, as the common pages see it."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.invitations.kinds import Kind, Sheet
from accounts.invitations.refusals import unwelcome
from accounts.tenancy import administered, membership_of, owns_address, verified_addresses
from partnerhub import clock
from partnerhub.errors import Ended
from supplychain import emails
from supplychain.models import SupplierInvitation
from supplychain.states import Direction


def belongs(user: Any, invitation: SupplierInvitation) -> bool:
    """Whether this person may answer: the owner of the invited address, or an administrator of
    the account that was known to be theirs (I1)."""
    if owns_address(user, invitation.address):
        return True
    if not invitation.counterparty_id:
        return False
    membership = membership_of(user, invitation.counterparty)
    return membership is not None and membership.is_administrator


def _headline(invitation: SupplierInvitation) -> str:
    if invitation.direction == Direction.TO_SUPPLIER:
        return f"{invitation.organization.name} invites you to Supply Chain Connect"
    return f"{invitation.organization.name}, a supplier, invites you to Supply Chain Connect"


def check_inviter(invitation: SupplierInvitation) -> None:
    """Raise Ended unless the inviter still administers an active account (I10)."""
    inviter = invitation.invited_by
    membership = membership_of(inviter, invitation.organization) if inviter else None
    active = invitation.organization.is_active
    if membership is None or not membership.is_administrator or not active:
        raise Ended("The person who invited you can no longer do so. Ask for a new invitation.")


def _waiting_for(user: Any) -> Any:
    mine = Q(counterparty__in=administered(user)) | Q(address__in=verified_addresses(user))
    return (
        SupplierInvitation.objects.open(clock.now())
        .filter(mine)
        .exclude(unwelcome(invited="counterparty_id"))
    )


def _manage_url(invitation: SupplierInvitation) -> str:
    seller = invitation.direction == Direction.TO_SUPPLIER
    page = "seller:permissions" if seller else "supply:sellers"
    return reverse(page, args=[invitation.organization.handle])


def _recipient(row: SupplierInvitation) -> tuple[str, str]:
    # Whose account it is shows once it was accepted, not before (I15).
    accepted = row.counterparty.name if row.status == "accepted" and row.counterparty else ""
    words = (row.name, accepted, row.get_supplier_kind_display().lower())
    return row.address, ", ".join(filter(None, words))


def _urls(row: SupplierInvitation) -> dict[str, str]:
    seller = row.direction == Direction.TO_SUPPLIER
    prefix = "seller:supplier" if seller else "supply:seller"
    return {
        act: reverse(f"{prefix}-{act}", args=[row.organization.handle, row.public_id])
        for act in ("resend", "link", "revoke")
    }


SUPPLIER = Kind(
    purpose=SupplierInvitation.purpose,
    model=SupplierInvitation,
    verb="supplier_invitation",
    headline=_headline,
    belongs_to=belongs,
    answer_url=lambda user, row: reverse("supplier-invitation", args=[row.public_id]),
    inviter=lambda row: row.organization,
    address=lambda row: row.address,
    check_inviter=check_inviter,
    waiting_for=_waiting_for,
    manage_url=_manage_url,
    on_expired=emails.invitations.invitation_expired,
    sheet=Sheet(
        title="Sent invitations",
        rows=lambda firm: SupplierInvitation.objects.for_organization(firm).select_related(
            "organization", "counterparty", "invited_by"
        ),
        recipient=_recipient,
        urls=_urls,
    ),
    invites=lambda row: "supplier" if row.direction == Direction.TO_SUPPLIER else "seller",
    invited=lambda row: row.counterparty_id,
    account_hint="A seller account is not needed to join as a supplier.",
)
