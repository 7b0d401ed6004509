"""One open invitation or link of every kind, with the people around it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.models import EmployeeInvitation, Organization, User
from connections.models import ConnectionInvitation, PartnerLink
from core import clock
from supplychain.models import GuestLink, Share, SupplierInvitation
from tests.factories.accounts import administrator, organization, person
from tests.factories.supplychain import shipment


@dataclass(frozen=True)
class Scene:
    """An open row, who sent it for whom, and who may answer it."""

    row: Any
    inviter: User
    organization: Organization
    invited: User


def _dates(days: int = 14) -> dict[str, Any]:
    sent = clock.now() - timedelta(days=1)
    return {"sent_at": sent, "expires_at": sent + timedelta(days=days)}


def employee(kind: str = "provider", *, invited: User | None = None, **fields: Any) -> Scene:
    """An organization invites a colleague."""
    firm = fields.pop("organization", None) or organization(kind)
    inviter, invited = fields.pop("invited_by", None) or administrator(firm), invited or person()
    values = {"organization": firm, "address": invited.email, "invited_by": inviter, **_dates()}
    return Scene(EmployeeInvitation.objects.create(**values | fields), inviter, firm, invited)


def partner_link() -> Scene:
    """A seller hands a link to a provider's administrator."""
    seller, provider = organization("seller"), organization("provider")
    inviter, invited = administrator(seller), administrator(provider)
    row = PartnerLink.objects.create(
        seller=seller,
        provider=provider,
        issued_by=inviter,
        expires_at=clock.now() + timedelta(days=7),
    )
    return Scene(row, inviter, seller, invited)


def connection() -> Scene:
    """A provider answers a seller's link with an invitation."""
    link = partner_link()
    PartnerLink.objects.filter(pk=link.row.pk).update(status="answered", decided_at=clock.now())
    row = ConnectionInvitation.objects.create(
        organization=link.row.provider,
        seller=link.row.seller,
        partner_link=link.row,
        address=link.inviter.email,
        invited_by=link.invited,
        **_dates(),
    )
    return Scene(row, link.invited, link.row.provider, link.inviter)


def supplier() -> Scene:
    """A seller invites a supplier by address."""
    seller, invited = organization("seller"), person()
    inviter = administrator(seller)
    row = SupplierInvitation.objects.create(
        organization=seller,
        direction="to_supplier",
        supplier_kind="manufacturer",
        address=invited.email,
        invited_by=inviter,
        **_dates(),
    )
    return Scene(row, inviter, seller, invited)


def seller() -> Scene:
    """A supplier invites a seller by address."""
    factory, invited = organization("supplier"), person()
    inviter = administrator(factory, identified=False)
    row = SupplierInvitation.objects.create(
        organization=factory,
        direction="to_seller",
        address=invited.email,
        invited_by=inviter,
        **_dates(),
    )
    return Scene(row, inviter, factory, invited)


def guest(status: str = "shared", **fields: Any) -> Scene:
    """A seller shares one shipment with somebody who has no account; `invited` owns the address."""
    shop, invited = organization("seller"), person()
    inviter = administrator(shop, identified=False)
    row = GuestLink.objects.create(
        organization=shop,
        shipment=shipment(shop),
        address=invited.email,
        name="Sunny Mill",
        invited_by=inviter,
        **_dates() | fields,
    )
    Share.objects.create(shipment=row.shipment, guest=row, status=status, shared_by=inviter)
    return Scene(row, inviter, shop, invited)


KINDS: dict[str, Callable[[], Scene]] = {
    "employee": employee,
    "partner-link": partner_link,
    "connection": connection,
    "supplier": supplier,
    "seller": seller,
    "guest": guest,
}
