"""Paths and posts that several tests of this app use."""

from typing import Any

from django.urls import reverse

from accounts.models import Organization
from supplychain.models import Share, Shipment


def seller_page(of: Organization, name: str, *args: Any) -> str:
    """A page of Seller Central."""
    return reverse(f"seller:{name}", args=[of.handle, *args])


def supply_page(of: Organization, name: str, *args: Any) -> str:
    """A page of Supply Chain Connect."""
    return reverse(f"supply:{name}", args=[of.handle, *args])


def shipment_page(row: Shipment, name: str = "shipment", *args: Any) -> str:
    """A page about a shipment in its seller's portal."""
    return seller_page(row.seller, name, row.public_id, *args)


def share_page(row: Share, name: str = "share", *args: Any) -> str:
    """A page about a share in its supplier's portal."""
    return supply_page(row.supplier, name, row.public_id, *args)


def partners_url(of: Organization, act: str = "", *args: Any) -> str:
    """The page with invitations and connections of either side, or one of its buttons."""
    portal, other = ("seller", "supplier") if of.kind == "seller" else ("supply", "seller")
    name = f"{other}-{act}" if act else f"{other}s"
    return reverse(f"{portal}:{name}", args=[of.handle, *args])


def invite(client: Any, of: Organization, address: str, **values: Any) -> Any:
    """Press "Send invitation"."""
    data = {"address": address, "name": "Sam Lee"}
    if of.kind == "seller":
        data["supplier_kind"] = "manufacturer"
    return client.post(partners_url(of), data | values)


def item_rows(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a browser posts for these lines of a plan."""
    data: dict[str, Any] = {"items-TOTAL_FORMS": str(len(rows)), "items-INITIAL_FORMS": "0"}
    blank = {"prep_type": "ITEM_NO_PREP", "prep_owner": "SELLER", "label_owner": "SELLER"}
    for number, row in enumerate(rows):
        for name, value in (blank | row).items():
            data[f"items-{number}-{name}"] = value
    return data | more


def box_values(units: dict[Any, int], **more: Any) -> dict[str, Any]:
    """What a browser posts for a box with these units by item."""
    data = {
        "weight": "20",
        "weight_unit": "LB",
        "length": "16",
        "width": "12",
        "height": "10",
        "length_unit": "IN",
        "count": "1",
        "save": "1",
    }
    return data | {f"units-{item.public_id}": str(n) for item, n in units.items()} | more
