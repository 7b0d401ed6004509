"""Partner links and connection invitations as the common pages see them."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.invitations.kinds import Kind
from accounts.models import Membership, Organization
from accounts.states import OrganizationKind
from accounts.tenancy import administered, membership_of, owns_address, verified_addresses
from connections import emails
from connections.models import ConnectionInvitation, PartnerLink
from partnerhub import clock
from partnerhub.errors import Ended


def provider_for(user: Any, link: PartnerLink) -> Organization | None:
    """The provider account that this person may answer the link for, or None.

    A link bound to an account: that one, if they administer it. A link bound to an address: the
    (newest) account which the verified owner of the address administers (product.md 3).
    """
    rows = Membership.objects.active().filter(
        user=user, role="administrator", organization__kind=OrganizationKind.PROVIDER
    )
    if link.provider_id:
        rows = rows.filter(organization_id=link.provider_id)
    elif not owns_address(user, link.address):
        return None
    row = (
        rows.exclude(organization__status="closed")
        .select_related("organization")
        .order_by("-id")
        .first()
    )
    return row.organization if row else None


def _link_belongs(user: Any, link: PartnerLink) -> bool:
    if link.provider_id:
        return provider_for(user, link) is not None
    return owns_address(user, link.address)


def _link_answer_url(user: Any, link: PartnerLink) -> str:
    provider = provider_for(user, link)
    if provider is None:
        return reverse("provider-register")
    return reverse("provider:partner-link", args=[provider.handle, link.public_id])


def check_link_inviter(link: PartnerLink) -> None:
    """Raise Ended unless the issuer still administers an active seller account (I10)."""
    issuer = link.issued_by
    membership = membership_of(issuer, link.seller) if issuer else None
    if membership is None or not membership.is_administrator or not link.seller.is_active:
        raise Ended("The seller's administrator who issued this link can no longer do so.")


def _invitation_belongs(user: Any, invitation: ConnectionInvitation) -> bool:
    membership = membership_of(user, invitation.seller)
    return membership is not None and membership.is_administrator


def check_invitation_inviter(invitation: ConnectionInvitation) -> None:
    """Raise Ended unless the inviter still administers an active provider account (I10)."""
    inviter = invitation.invited_by
    membership = membership_of(inviter, invitation.organization) if inviter else None
    active = invitation.organization.is_active
    if membership is None or not membership.is_administrator or not active:
        raise Ended("The provider's administrator who invited you can no longer do so.")


def _links_for(user: Any) -> Any:
    return PartnerLink.objects.open(clock.now()).filter(
        Q(provider__in=administered(user)) | Q(provider=None, address__in=verified_addresses(user))
    )


def _invitations_for(user: Any) -> Any:
    rows = ConnectionInvitation.objects.open(clock.now()).filter(seller__in=administered(user))
    return rows.select_related("seller")


PARTNER_LINK = Kind(
    purpose=PartnerLink.purpose,
    model=PartnerLink,
    verb="partner_link",
    headline=lambda row: f"{row.seller.name} wants to add your firm as an authorized partner",
    belongs_to=_link_belongs,
    answer_url=_link_answer_url,
    inviter=lambda row: row.seller,
    address=lambda row: row.address,
    check_inviter=check_link_inviter,
    waiting_for=_links_for,
    manage_url=lambda row: reverse("seller:permissions", args=[row.seller.handle]),
    account_hint="An administrator of the solution provider's account answers this link.",
)

CONNECTION = Kind(
    purpose=ConnectionInvitation.purpose,
    model=ConnectionInvitation,
    verb="connection_invitation",
    headline=lambda row: f"{row.organization.name} invites you to connect",
    belongs_to=_invitation_belongs,
    answer_url=lambda user, row: reverse(
        "seller:connection-accept", args=[row.seller.handle, row.public_id]
    ),
    inviter=lambda row: row.organization,
    address=lambda row: "",
    check_inviter=check_invitation_inviter,
    waiting_for=_invitations_for,
    on_expired=emails.connection_invitation_expired,
    manage_url=lambda row: reverse("provider:clients", args=[row.organization.handle]),
    account_hint="An administrator of the seller's account accepts this invitation.",
)
