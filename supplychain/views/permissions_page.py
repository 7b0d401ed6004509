"""What the section on Supply Chain Connect shows, on User Permissions and on pages of its own."""

from typing import Any

from django import forms

from accounts import portals
from accounts.invitations.batches import outlook
from accounts.invitations.listing import listing
from accounts.states import OrganizationKind
from core.web.access import PortalRequest
from supplychain.forms.invitations import InviteSellerForm, InviteSupplierForm
from supplychain.invitation_kinds import SUPPLIER
from supplychain.models import SupplierInvitation
from supplychain.reads import partners


def invite_form(request: PortalRequest, data: Any = None) -> forms.Form:
    """The form that invites the other side."""
    seller = request.organization.kind == OrganizationKind.SELLER
    form = InviteSupplierForm if seller else InviteSellerForm
    return form(data)


def supplier_context(
    request: PortalRequest, *, sent: dict[str, str] | None = None, **extra: Any
) -> dict[str, Any]:
    """Everything that supplychain/seller/_connect_permissions.html reads, under `connect`.

    `sent` is what an act on the sent invitations led to: problem, copied, link. `extra` overrides
    single parts: a form with refusals, a problem.
    """
    organization = request.organization
    side = partners.side_of(organization)
    home = side.url(organization)
    connect = {
        "side": side,
        "action": home,
        "form": invite_form(request),
        "queued": outlook.queued(organization, SupplierInvitation.purpose, request),
        "several_url": outlook.url(organization, "start", SupplierInvitation.purpose),
        "sent": listing(SUPPLIER, organization, request, home=home, **(sent or {})),
        "refusals": portals.page(organization, "refusals"),
        "received": partners.received(organization, request.user),
        "connected": partners.connected(organization, request),
        "problem": "",
        "crossing": "",
    }
    return {"connect": connect | extra}
