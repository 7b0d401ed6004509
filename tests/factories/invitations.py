"""One open invitation or link of every kind, with the people around it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.models import Organization, User
from core import clock
from tests.factories.accounts import administrator, make, organization, person


@dataclass(frozen=True)
class Scene:
    """An open row, who sent it for whom, and who may answer it."""

    row: Any
    inviter: User
    organization: Organization
    invited: User


def _yesterday() -> dict[str, Any]:
    sent = clock.now() - timedelta(days=1)
    return {"sent_at": sent, "expires_at": sent + timedelta(days=14)}


def employee(kind: str = "provider", *, invited: User | None = None, **fields: Any) -> Scene:
    """An organization invites a colleague."""
    firm = fields.pop("organization", None) or organization(kind)
    inviter, invited = fields.pop("invited_by", None) or administrator(firm), invited or person()
    values = {"invited_by": inviter, **_yesterday()} | fields
    row = make.employee_invitation(firm, values.pop("address", invited.email), **values)
    return Scene(row, inviter, firm, invited)


def partner_link() -> Scene:
    """A seller hands a link to a provider's administrator."""
    seller, provider = organization("seller"), organization("provider")
    inviter, invited = administrator(seller), administrator(provider)
    return Scene(make.partner_link(seller, provider), inviter, seller, invited)


def connection() -> Scene:
    """A provider answers a seller's link with an invitation."""
    seller, provider = organization("seller"), organization("provider")
    invited, inviter = administrator(seller), administrator(provider)
    return Scene(make.invitation(seller, provider, **_yesterday()), inviter, provider, invited)


def _outside(kind: str, *, identified: bool) -> Scene:
    firm, invited = organization(kind), person()
    inviter = administrator(firm, identified=identified)
    row = make.supplier_invitation(firm, invited.email, **_yesterday())
    return Scene(row, inviter, firm, invited)


def supplier() -> Scene:
    """A seller invites a supplier by address."""
    return _outside("seller", identified=True)


def seller() -> Scene:
    """A supplier invites a seller by address."""
    return _outside("supplier", identified=False)


def guest(status: str = "shared", **fields: Any) -> Scene:
    """A seller shares one shipment with somebody who has no account; `invited` owns the address."""
    shop, invited = organization("seller"), person()
    inviter = administrator(shop, identified=False)
    row = make.guest_link(make.shipment(shop), invited.email, **_yesterday() | fields)
    make.share(row.shipment, None, status, guest=row, shared_by=inviter)
    return Scene(row, inviter, shop, invited)


KINDS: dict[str, Callable[[], Scene]] = {
    "employee": employee,
    "partner-link": partner_link,
    "connection": connection,
    "supplier": supplier,
    "seller": seller,
    "guest": guest,
}
