"""Invitations and connections of one side as its page shows them: a fixed number of queries."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from accounts.invitations import kinds
from accounts.models import Organization, Refusal
from accounts.portals import page
from accounts.states import OrganizationKind
from accounts.tenancy import verified_addresses
from core.web.formats import short_day, short_ending
from core.web.pagination import Page, paginate
from supplychain.models import SupplierConnection, SupplierInvitation
from supplychain.states import Direction

SIZE = 25


@dataclass(frozen=True)
class Side:
    """Seller or supplier: the word for the other side, in addresses too, and who invites whom.

    The lists stand on the page `home`, whose title is `title`.
    """

    other: str
    home: str
    title: str
    receives: Direction

    @property
    def others(self) -> str:
        return f"{self.other}s"

    def url(self, organization: Organization, act: str = "", *args: Any) -> str:
        """The path of an act ("resend"), or of the page itself."""
        return page(organization, f"{self.other}-{act}" if act else self.others, *args)

    def home_url(self, organization: Organization) -> str:
        return page(organization, self.home) + "#connect"


SIDES = {
    OrganizationKind.SELLER: Side(
        "supplier", "permissions", "User Permissions", Direction.TO_SELLER
    ),
    OrganizationKind.SUPPLIER: Side("seller", "sellers", "Sellers", Direction.TO_SUPPLIER),
}


def side_of(organization: Organization) -> Side:
    """The side that this organization is on; raises KeyError for a provider."""
    return SIDES[OrganizationKind(organization.kind)]


def received(organization: Organization, user: Any) -> list[dict[str, Any]]:
    """Open invitations that this person may answer for the organization; three queries.

    Not those of accounts that this one has blocked (I18).
    """
    side, refused = side_of(organization), Refusal.objects.filter(refuser=organization)
    rows = (
        kinds.of(SupplierInvitation)
        .waiting_for(user)
        .filter(
            Q(counterparty=organization) | Q(address__in=verified_addresses(user)),
            direction=side.receives,
        )
        .exclude(organization__in=refused.values("organization"))
        .order_by("-sent_at", "-id")[:50]
    )
    return [
        {
            "name": row.organization.name,
            "kind": row.organization.get_supplier_kind_display(),
            "country": row.organization.country.name,
            "sent": short_day(row.sent_at),
            "until": short_ending(row.expires_at),
            "accept_url": side.url(organization, "accept", row.public_id),
            "decline_url": side.url(organization, "decline", row.public_id),
        }
        for row in rows
    ]


def connected(organization: Organization, request: HttpRequest) -> Page[dict[str, Any]]:
    """One page of live connections, newest first; one query."""
    side = side_of(organization)
    seller = organization.kind == OrganizationKind.SELLER
    rows = SupplierConnection.objects.live().with_list_data()
    rows = rows.for_seller(organization) if seller else rows.for_supplier(organization)
    shown = paginate(rows, request, order=("-started_at", "-id"), size=SIZE, parameter="connected")
    items = [
        {
            "name": other.name,
            "kind": other.get_supplier_kind_display(),
            "country": other.country.name,
            "since": short_day(row.started_at),
            "remove_url": side.url(organization, "remove", row.public_id),
        }
        for row in shown
        for other in [row.supplier if seller else row.seller]
    ]
    return replace(shown, items=items)
