"""What the pages of both sides share: finding rows of the tenant, and words about states."""

import uuid
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.portals import page, portal_of
from accounts.reads import history
from accounts.tenancy import verified_addresses
from connections.models import Connection, ConnectionInvitation, PartnerLink, Renewal, RoleRequest
from core.audit.models import Event
from core.audit.seals import events_of
from core.errors import Conflict
from core.web.access import PortalRequest

TIMELINE = 20


def require_seen(request: PortalRequest, row: RoleRequest | Renewal) -> None:
    """What is answered is what the page showed: raises Conflict where another proposal has taken
    its place."""
    if request.method == "POST" and request.POST.get("seen", "") not in ("", str(row.public_id)):
        raise Conflict(_("Another proposal has come in the meantime: look at it first."))


def link_for_us(request: PortalRequest, public_id: uuid.UUID) -> PartnerLink:
    """A link that this provider's administrator may look at: bound to it, or to them (I12)."""
    rows = PartnerLink.objects.for_provider(request.organization, verified_addresses(request.user))
    return get_object_or_404(rows.with_list_data(), public_id=public_id)


def invitation_for(request: PortalRequest, public_id: uuid.UUID) -> ConnectionInvitation:
    rows = ConnectionInvitation.objects.of(request.organization).with_list_data()
    return get_object_or_404(rows, public_id=public_id)


def connection_for(request: PortalRequest, public_id: uuid.UUID) -> Connection:
    rows = Connection.objects.of(request.organization).with_list_data()
    return get_object_or_404(rows, public_id=public_id)


def timeline(request: PortalRequest, *rows: Any) -> list[dict[str, Any]]:
    """The newest events about these rows that the reader's organization may see (U20)."""
    about = Q()
    for row in rows:
        about |= Q(object_type=row._meta.label_lower, object_id=str(row.public_id))
    reader = request.organization
    events = Event.objects.filter(about, events_of(reader.pk)).order_by("-at", "-id")[:TIMELINE]
    return history.entries(events, reader)


def connection_page(reader: Organization, row: Connection, name: str = "") -> str:
    word = portal_of(reader).connection
    return page(reader, f"{word}-{name}" if name else word, row.public_id)


def url_of(row: Any, seller: Organization) -> str:
    """The seller's page of a link, invitation or connection; User Permissions for nothing."""
    pages = {
        PartnerLink: "seller:partner-link",
        ConnectionInvitation: "seller:connection-accept",
        Connection: "seller:connection",
    }
    if row is None:
        return reverse("seller:permissions", args=[seller.handle])
    return reverse(pages[type(row)], args=[seller.handle, row.public_id])
