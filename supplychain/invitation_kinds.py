"""The supplier invitation, in both directions, as the common pages see it."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.invitations.kinds import Kind, Sheet
from accounts.invitations.refusals import unwelcome
from accounts.tenancy import administered, membership_of, owns_address, verified_addresses
from connections.rights.access import access_for
from core import clock
from core.errors import Ended, NotRelated
from supplychain import emails
from supplychain.models import GuestLink, SupplierInvitation
from supplychain.permissions import EDIT_SHIPMENTS
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


def may_share(user: Any, seller: Any) -> bool:
    """Whether this person could share a shipment of the seller today."""
    try:
        return user.is_active and access_for(user, seller).allows(EDIT_SHIPMENTS)
    except NotRelated:
        return False


def check_guest_inviter(link: GuestLink) -> None:
    """Raise Ended unless who sent the link could share the shipment today (I10)."""
    inviter = link.invited_by
    if (
        inviter is None
        or not link.organization.is_active
        or not may_share(inviter, link.organization)
    ):
        raise Ended("The person who sent you this link can no longer do so. Ask for a new one.")


def _guest_urls(link: GuestLink) -> dict[str, str]:
    args = [link.organization.handle, link.shipment.public_id, link.public_id]
    return {act: reverse(f"seller:guest-{act}", args=args) for act in ("resend", "link", "revoke")}


def _senders(seller: Any) -> set[int]:
    """Who of those that sent the seller's open guest links may still share, the newest ten."""
    rows = GuestLink.objects.for_organization(seller).open(clock.now()).order_by("-id")
    users = {row.invited_by for row in rows.select_related("invited_by")[:10] if row.invited_by}
    return {user.pk for user in users if may_share(user, seller)}


GUEST = Kind(
    purpose=GuestLink.purpose,
    model=GuestLink,
    verb="guest_link",
    headline=lambda row: f"{row.organization.name} shared a shipment with you",
    belongs_to=lambda user, row: owns_address(user, row.address),
    answer_url=lambda user, row: reverse("guest-join", args=[row.public_id]),
    guest_url=lambda row: reverse("guest-code", args=[row.public_id]),
    inviter=lambda row: row.organization,
    address=lambda row: row.address,
    check_inviter=check_guest_inviter,
    waiting_for=lambda user: GuestLink.objects.open(clock.now()).welcome(verified_addresses(user)),
    manage_url=lambda row: reverse(
        "seller:shipment", args=[row.organization.handle, row.shipment.public_id]
    ),
    on_expired=emails.guests.guest_expired,
    sheet=Sheet(
        title="Guest links",
        rows=lambda shipment: GuestLink.objects.filter(shipment=shipment).select_related(
            "organization", "invited_by", "shipment"
        ),
        recipient=lambda row: (row.name, row.address),
        urls=_guest_urls,
        inviting=_senders,
    ),
    invites=lambda row: "supplier",
    account_hint="It opens this one shipment, and no account is needed.",
)
