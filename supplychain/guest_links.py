"""What Prepare Shipment shows of a shipment's guest links (X13)."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from accounts.invitations.listing import listing
from partnerhub.web.access import PortalRequest
from supplychain.kinds import GUEST
from supplychain.models import Share, Shipment
from supplychain.permissions import EDIT_SHIPMENTS
from supplychain.states import LIVE_SHARE


def listed(
    request: PortalRequest, shipment: Shipment, shares: Sequence[Share], shown: dict[str, str]
) -> dict[str, Any] | None:
    """The list, for those who may share; None where no guest has ever been invited.

    `shown` is what an act on it led to.
    """
    if not request.access.allows(EDIT_SHIPMENTS) or not any(share.guest_id for share in shares):
        return None
    return listing(GUEST, shipment.seller, request, within=shipment, **shown)


def renew_url(request: PortalRequest, shipment: Shipment, share: Share) -> str:
    """Where a guest whose link was taken back gets a new one for what they have packed."""
    link = share.guest
    if link is None or share.connection or link.status != "revoked":
        return ""
    if share.status not in LIVE_SHARE or not request.access.allows(EDIT_SHIPMENTS):
        return ""
    args = [shipment.seller.handle, shipment.public_id, link.public_id]
    return reverse("seller:guest-resend", args=args)
