"""What the partner sections of User Permissions show."""

from typing import Any

from django.urls import reverse

from accounts.invitations.listing import listing
from connections.invitation_kinds import PARTNER_LINK
from connections.reads.connections import seller_overview
from core.web.access import PortalRequest


def partner_context(request: PortalRequest) -> dict[str, Any]:
    """Everything that connections/seller/_authorized_partners.html and _open_invitations.html
    read, under `partnership`; five queries.
    """
    organization = request.access.organization
    home = reverse("seller:permissions", args=[organization.handle])
    links = listing(PARTNER_LINK, organization, request, home=home)
    return {"partnership": seller_overview(organization) | {"links": links}}
