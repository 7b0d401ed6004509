"""Guest links as Seller Central lists them: of one shipment, and of all (X13, U1)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse

from accounts.invitations.listing import listing
from core.web.access import PortalRequest
from supplychain.invitation_kinds import GUEST
from supplychain.models import GuestLink, Share, Shipment
from supplychain.permissions import EDIT_SHIPMENTS
from supplychain.states import LIVE_SHARE

# What the buttons of the list of all send along: their acts lead back to it.
ALL = "all"
_ALL = replace(
    GUEST,
    sheet=replace(
        GUEST.sheet,
        rows=lambda seller: GuestLink.objects.for_organization(seller).select_related(
            "organization", "invited_by", "shipment"
        ),
        recipient=lambda row: (row.name, f"{row.address}, {row.shipment.name}"),
        urls=lambda row: GUEST.sheet.urls(row) | {"page": GUEST.manage_url(row)},
        search=(*GUEST.sheet.search, "shipment__name", "shipment__shipment_id"),
    ),
)


def all_listed(request: PortalRequest, shown: dict[str, str]) -> dict[str, Any]:
    """The links of every shipment of the seller; `shown` is what an act on one led to."""
    seller = request.organization
    home = reverse("seller:guests", args=[seller.handle])
    return listing(_ALL, seller, request, home=home, **shown) | {"fields": [("list", ALL)]}


def listed(
    request: PortalRequest, shipment: Shipment, shares: Sequence[Share], shown: dict[str, str]
) -> dict[str, Any] | None:
    """The list, for those who may share; None where no guest has ever been invited.

    `shown` is what an act on it led to.
    """
    if not request.access.allows(EDIT_SHIPMENTS) or not any(share.guest_id for share in shares):
        return None
    home = reverse("seller:shipment", args=[shipment.seller.handle, shipment.public_id])
    return listing(GUEST, shipment.seller, request, home=home, within=shipment, **shown)


def renew_url(request: PortalRequest, shipment: Shipment, share: Share) -> str:
    """Where a guest whose link was taken back gets a new one for what they have packed."""
    link = share.guest
    if link is None or share.connection or link.status != "revoked":
        return ""
    if share.status not in LIVE_SHARE or not request.access.allows(EDIT_SHIPMENTS):
        return ""
    args = [shipment.seller.handle, shipment.public_id, link.public_id]
    return reverse("seller:guest-resend", args=args)
