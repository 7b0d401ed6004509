"""Supplier connections, shipments with items, shares and boxes."""

from typing import Any

from accounts.models import MembershipRight, Organization, User
from core.object_permissions import grant
from supplychain.models import Share
from tests.factories.accounts import administrator, make, member, organization

CENTER = "ABE2"

supplier_invitation = make.supplier_invitation
connected = make.connected
shipment = make.shipment
item = make.item
share = make.share
box = make.box


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


def packed(of: Share) -> Share:
    """The share with its whole plan in one box."""
    box(of, {line.msku: line.quantity for line in of.shipment.items.all()})
    return of
