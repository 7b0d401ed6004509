"""How every transition of this app begins: lock, then ask for the right again.

Locks are taken in the project's order: organizations by id, invitation, connection, shipment,
share. Who works for one side locks that side's organization; what touches both locks both.
"""

from collections.abc import Iterable
from typing import Any

from accounts.models import Organization
from connections.rights.access import access_for
from core.audit.services import record
from core.db import lock, lock_all
from core.errors import Conflict, NotPermitted, NotRelated
from core.web.access import Access, Need
from supplychain.guests import Guest, require_in_force
from supplychain.models import GuestLink, Share, Shipment
from supplychain.states import OPEN_SHIPMENT


def enter(organization_id: int, by: Any, need: Need) -> Access:
    """The access of `by` in the organization, now locked; it satisfies `need` at this moment.

    Raises NotRelated, or NotPermitted when the right is missing or the account may not act.
    """
    organization = lock(Organization.objects.all(), pk=organization_id)
    return admit(organization, by, need)


def admit(organization: Organization, by: Any, need: Need) -> Access:
    """The same for an organization that the caller has locked already."""
    access = access_for(by, organization)
    access.check(need)
    if not organization.is_active:
        state = organization.get_status_display().lower()
        raise NotPermitted(f"This account is {state}: nothing can be changed.")
    return access


def lock_organizations(ids: Iterable[int]) -> dict[int, Organization]:
    """These organizations, locked in key order; raises NotRelated when one is missing."""
    wanted = set(ids)
    rows = {row.pk: row for row in lock_all(Organization.objects.filter(pk__in=wanted))}
    if rows.keys() != wanted:
        raise NotRelated
    return rows


def enter_shipment(shipment: Shipment, by: Any, need: Need) -> tuple[Access, Shipment]:
    """The access of `by` at the shipment's seller, and the shipment, both rows locked.

    One statement locks the organization, then the shipment: PostgreSQL takes them in the order
    of `of`. Raises as enter does.
    """
    rows = Shipment.objects.select_related("seller").filter(pk=shipment.pk)
    locked = rows.select_for_update(of=("seller", "self"), no_key=True).first()
    if locked is None:
        raise NotRelated
    return admit(locked.seller, by, need), locked


def lock_shipment(seller: Organization, shipment: Shipment) -> Shipment:
    """The seller's shipment, locked; raises NotRelated for another seller's."""
    return lock(Shipment.objects.for_seller(seller).select_related("seller"), pk=shipment.pk)


def require_open(shipment: Shipment) -> None:
    if shipment.status not in OPEN_SHIPMENT:
        state = shipment.get_status_display().lower()
        raise Conflict(f"This shipment is {state}: it cannot be changed any more.")


def enter_share(share: Share, by: Any, need: Need) -> Share:
    """The supplier's share, locked after its organization and shipment, or a guest's.

    Raises NotRelated once the share was recalled, declined or voided, or its connection ended, and
    Ended once a guest's link is not in force any more.
    """
    if isinstance(by, Guest):
        return _enter_as_guest(share, by)
    access = enter(share.supplier_id or 0, by, need)
    lock(Shipment.objects.all(), pk=share.shipment_id)
    rows = Share.objects.for_supplier(access.organization).with_list_data()
    return lock(rows.select_related("shared_by"), pk=share.pk)


def _enter_as_guest(share: Share, by: Guest) -> Share:
    """A guest works under the seller's lock, for they have no organization (X13)."""
    lock(Organization.objects.all(), pk=share.shipment.seller_id)
    link = lock(GuestLink.objects.select_related("organization"), pk=by.link_id)
    require_in_force(link, by.generation)
    lock(Shipment.objects.all(), pk=share.shipment_id)
    rows = Share.objects.for_guest(link).with_list_data()
    return lock(rows.select_related("shared_by"), pk=share.pk)


def note_share(share: Share, verb: str, by: Any, before: str, **after: Any) -> None:
    """Write to history what its supplier or guest did with the share, which was `before`."""
    record(
        verb,
        by=by,
        subject=share,
        # A guest has no account: it happened in none, and the seller sees it.
        organization=share.connection and share.supplier,
        counterparty=share.shipment.seller_id,
        before={"status": before} if before != share.status else {},
        after=({"status": share.status} if before != share.status else {}) | after,
    )


def note_move(shipment: Shipment, before: str, *, by: Any, acting: int | None = None) -> None:
    """Write to history that the shipment, which was `before`, is where it is now."""
    record(
        f"shipment.{shipment.status}",
        by=by,
        subject=shipment,
        organization=shipment.seller_id,
        acting=acting,
        before={"status": before},
        after={"status": shipment.status},
    )
