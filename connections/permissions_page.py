"""What the partner sections of User Permissions show (product.md 5)."""

from typing import Any

from connections.lists import seller_overview
from partnerhub.web.access import PortalRequest


def partner_context(request: PortalRequest) -> dict[str, Any]:
    """Everything that connections/seller/_authorized_partners.html and _open_invitations.html
    read, under `partnership`; three queries.
    """
    return {"partnership": seller_overview(request.access.organization)}
