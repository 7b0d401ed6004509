"""The figures at the head of a home page: what an organization has, each with its page."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership, Organization
from connections.models import Connection
from core import clock
from roles.models import ApprovedRole
from supplychain.models import Share, Shipment, SupplierConnection
from supplychain.states import LIVE_SHARE, OPEN_SHIPMENT

# Counting goes no further: a home page never walks a million rows.
MOST = 1000


@dataclass(frozen=True)
class Number:
    label: str
    value: str
    url: str


def _number(label: str, rows: Any, name: str, organization: Organization) -> Number:
    found = rows.order_by()[: MOST + 1].count()
    value = f"{MOST:,}+" if found > MOST else f"{found:,}"
    return Number(label, value, reverse(name, args=[organization.handle]))


def of_provider(provider: Organization) -> list[Number]:
    """Three queries."""
    now = clock.now()
    clients = Connection.objects.for_provider(provider).live(now)
    approved = ApprovedRole.objects.for_provider(provider).in_force(now)
    people = Membership.objects.for_organization(provider).active()
    return [
        _number(_("Clients"), clients, "provider:clients", provider),
        _number(_("Approved roles"), approved, "provider:applications", provider),
        _number(_("People"), people, "provider:employees", provider),
    ]


def of_seller(seller: Organization) -> list[Number]:
    """Three queries."""
    partners = Connection.objects.for_seller(seller).live(clock.now())
    suppliers = SupplierConnection.objects.for_seller(seller).live()
    shipments = Shipment.objects.for_seller(seller).filter(status__in=OPEN_SHIPMENT)
    return [
        _number(_("Authorized partners"), partners, "seller:permissions", seller),
        _number(_("Suppliers"), suppliers, "seller:permissions", seller),
        _number(_("Open shipments"), shipments, "seller:shipments", seller),
    ]


def of_supplier(supplier: Organization) -> list[Number]:
    """One query."""
    shares = Share.objects.for_supplier(supplier).filter(status__in=LIVE_SHARE)
    return [_number(_("Shared shipments"), shares, "supply:shares", supplier)]
