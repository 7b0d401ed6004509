"""Partner links and connection invitations as the common pages see them."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.invitations.kinds import Kind, Sheet
from accounts.invitations.refusals import unwelcome
from accounts.models import Membership, Organization
from accounts.states import OrganizationKind
from accounts.tenancy import administered, membership_of, owns_address, verified_addresses
from connections import emails
from connections.models import ConnectionInvitation, PartnerLink
from connections.states import OPEN_LINK, PartnerLinkStatus
from core import clock
from core.errors import Ended


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
    mine = Q(provider__in=administered(user))
    mine |= Q(provider=None, address__in=verified_addresses(user))
    rows = PartnerLink.objects.open(clock.now()).filter(mine)
    return rows.exclude(unwelcome(inviter="seller_id", invited="provider_id"))


def _invitations_for(user: Any) -> Any:
    rows = ConnectionInvitation.objects.open(clock.now()).filter(seller__in=administered(user))
    return rows.select_related("seller").exclude(unwelcome(invited="seller_id"))


def _link_recipient(link: PartnerLink) -> tuple[str, str]:
    if link.provider:
        return link.provider.name, link.provider.handle
    return link.address, ""


def _link_urls(link: PartnerLink) -> dict[str, str]:
    names = {"page": "", "resend": "-resend", "link": "-copy", "revoke": "-cancel"}
    return {
        act: reverse(f"seller:partner-link{name}", args=[link.seller.handle, link.public_id])
        for act, name in names.items()
    }


def _invitation_urls(row: ConnectionInvitation) -> dict[str, str]:
    names = {"page": "", "resend": "-resend", "link": "-copy", "revoke": "-withdraw"}
    return {
        act: reverse(
            f"provider:client-invitation{name}", args=[row.organization.handle, row.public_id]
        )
        for act, name in names.items()
    }


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
    sheet=Sheet(
        title="Partner links",
        rows=lambda seller: PartnerLink.objects.for_seller(seller).with_list_data(),
        recipient=_link_recipient,
        urls=_link_urls,
        search=("address", "provider__name", "provider__handle"),
        sent="issued_at",
        inviter="issued_by",
        take_back="Cancel",
        revoked=PartnerLinkStatus.CANCELLED,
        resendable=(*OPEN_LINK, PartnerLinkStatus.EXPIRED),
        mailed=lambda row: bool(row.mailed_at),
    ),
    invites=lambda row: OrganizationKind.PROVIDER,
    invited=lambda row: row.provider_id,
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
    sheet=Sheet(
        title="Invitations sent",
        rows=lambda firm: ConnectionInvitation.objects.for_organization(firm).with_list_data(),
        recipient=lambda row: (row.seller.name, row.seller.handle),
        urls=_invitation_urls,
        search=("seller__name", "seller__handle"),
        take_back="Withdraw",
    ),
    invites=lambda row: OrganizationKind.SELLER,
    invited=lambda row: row.seller_id,
    account_hint="An administrator of the seller's account accepts this invitation.",
)
