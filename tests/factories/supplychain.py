"""Supplier connections, shipments with items, shares and boxes."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import MembershipRight, Organization, User
from core import clock
from core.object_permissions import grant
from supplychain.models import (
    Box,
    BoxItem,
    Share,
    Shipment,
    ShipmentItem,
    SupplierConnection,
    SupplierInvitation,
)
from supplychain.states import Direction
from tests.factories.accounts import administrator, member, organization

CENTER = "ABE2"
_numbers = count(1)


def right(user: User, of: Organization, codename: str) -> User:
    """The member, with one more right in their organization."""
    grant(MembershipRight, user=user, codename=codename, obj=of)
    return user


def worker(of: Organization, codename: str) -> User:
    """An employee with this right."""
    return right(member(of), of, codename)


def seller(**fields: Any) -> tuple[Organization, User]:
    """A seller and its administrator."""
    row = organization("seller", **fields)
    return row, administrator(row, identified=False)


def supplier(**fields: Any) -> tuple[Organization, User]:
    """A supplier and its administrator."""
    row = organization("supplier", **fields)
    return row, administrator(row, identified=False)


def supplier_invitation(of: Organization, address: str, **fields: Any) -> SupplierInvitation:
    """A pending invitation by this organization's administrator to the address."""
    row = of.memberships.filter(role="administrator").order_by("id").first()
    direction = Direction.TO_SUPPLIER if of.kind == "seller" else Direction.TO_SELLER
    defaults: dict[str, Any] = {
        "organization": of,
        "direction": direction,
        "address": address,
        "supplier_kind": "manufacturer" if of.kind == "seller" else "",
        "invited_by": row.user if row else administrator(of, identified=False),
        "expires_at": clock.now() + timedelta(days=14),
    }
    return SupplierInvitation.objects.create(**(defaults | fields))


def connected(of: Organization, to: Organization, **fields: Any) -> SupplierConnection:
    """A live connection of a seller with a supplier."""
    return SupplierConnection.objects.create(seller=of, supplier=to, **fields)


def shipment(of: Organization, items: dict[str, int] | None = None, **fields: Any) -> Shipment:
    """A working shipment with these units by SKU."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Refill {number}",
        "shipment_id": f"FBATEST{number:05d}",
        "center_code": CENTER,
        "ship_date": clock.today() + timedelta(days=20),
        "ship_from_name": of.name,
        "ship_from_address": "7 Harbor Road\nOakland, CA 94607",
    }
    row = Shipment.objects.create(seller=of, **(defaults | fields))
    for sku, units in (items if items is not None else {"MUG-RED": 12, "MUG-BLUE": 8}).items():
        item(row, sku, units)
    return row


def item(of: Shipment, sku: str, units: int, **fields: Any) -> ShipmentItem:
    """One line of the plan."""
    defaults = {"fnsku": f"X00{next(_numbers):07d}", "title": f"Mug {sku}"}
    return ShipmentItem.objects.create(shipment=of, msku=sku, quantity=units, **(defaults | fields))


def share(of: Shipment, to: Organization, status: str = "shared", **fields: Any) -> Share:
    """The shipment, shared with a supplier who is connected, or is now."""
    connection = SupplierConnection.objects.live().filter(seller=of.seller, supplier=to).first()
    defaults: dict[str, Any] = {"connection": connection or connected(of.seller, to)}
    if status in ("contents_confirmed", "labels_ready", "shipped", "completed"):
        defaults["confirmed_at"] = clock.now()
    if status in ("shipped", "completed"):
        defaults["shipped_at"] = clock.now()
    if status in ("recalled", "declined", "void"):
        defaults["ended_at"] = clock.now()
    return Share.objects.create(shipment=of, status=status, **(defaults | fields))


def box(of: Share, units: dict[str, int], **fields: Any) -> Box:
    """The next box of a share with these units by SKU."""
    of.shipment.refresh_from_db()
    number = of.shipment.last_box_number + 1
    Shipment.objects.filter(pk=of.shipment_id).update(last_box_number=number)
    of.shipment.last_box_number = number
    defaults: dict[str, Any] = {
        "weight_g": Decimal("9071.8474000"),
        "length_mm": Decimal("406.400"),
        "width_mm": Decimal("304.800"),
        "height_mm": Decimal("254.000"),
    }
    row = Box.objects.create(shipment=of.shipment, share=of, number=number, **(defaults | fields))
    lines = {line.msku: line for line in of.shipment.items.all()}
    for sku, quantity in units.items():
        BoxItem.objects.create(box=row, item=lines[sku], quantity=quantity)
    return row


def packed(of: Share) -> Share:
    """The share with its whole plan in one box."""
    box(of, {line.msku: line.quantity for line in of.shipment.items.all()})
    return of
