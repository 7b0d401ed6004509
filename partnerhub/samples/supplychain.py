"""Samples of the mails of Supply Chain Connect."""

from collections.abc import Callable, Mapping
from typing import Any

from partnerhub.samples.world import READERS, World
from supplychain.emails import connections, guests, invitations, shares, shipments
from supplychain.models import GuestLink, SupplierInvitation


def _to_supplier(world: World) -> SupplierInvitation:
    reason = world.typed("We ship for one seller only.", 300)
    name = world.typed("Sunny Ceramics")
    return world.make.supplier_invitation(world.seller, world.sunny.email, name=name, reason=reason)


def _to_seller(world: World) -> SupplierInvitation:
    name = world.typed("Sunny Ceramics")
    return world.make.supplier_invitation(world.supplier, world.sam.email, name=name)


def _reason(world: World) -> str:
    return world.typed("The plan has changed.", 300)


def _by_seller(write: Callable[..., Any]) -> Callable[[World], None]:
    return lambda world: write(world.share(), by=world.sam, reason=_reason(world))


def _by_supplier(write: Callable[..., Any], status: str) -> Callable[[World], None]:
    return lambda world: write(world.share(status), by=world.sunny)


def _shared(world: World) -> None:
    share = world.share()
    shares.shipment_shared_drafts(after=0, limit=9, shares=[share.pk], by=world.sam.pk)


def _changed(world: World) -> None:
    share = world.share()
    shipments.shipment_changed(share.shipment, by=world.sam, shares=[share])


def _moved(event: str) -> Callable[[World], None]:
    def sample(world: World) -> None:
        share = world.share("shipped")
        shipments.shipment_moved(share.shipment, event, [share] if event != "receiving" else [])

    return sample


def _guest(world: World) -> GuestLink:
    return world.make.guest_link(
        world.shipment, f"guest{READERS}", name=world.typed("Gerda Guest"), code_sent_at=world.now
    )


SAMPLES: Mapping[str, Callable[[World], None]] = {
    "supplychain.supplier_invited": lambda w: invitations.invitations_sent([_to_supplier(w)]),
    "supplychain.seller_invited": lambda w: invitations.invitations_sent([_to_seller(w)]),
    "supplychain.invitation_accepted": lambda w: invitations.invitation_accepted(
        _to_supplier(w), w.supplier, by=w.sunny
    ),
    "supplychain.invitation_declined": lambda w: invitations.invitation_declined(
        _to_supplier(w), by=w.sunny
    ),
    "supplychain.invitation_expired": lambda w: invitations.invitation_expired(_to_supplier(w)),
    "supplychain.connection_removed": lambda w: connections.connection_removed(
        w.supply, by=w.sam, stopped=2
    ),
    "supplychain.guest_invited": lambda w: guests.guest_invited(_guest(w), w.share()),
    "supplychain.guest_code": lambda w: guests.guest_code(_guest(w), "482913", minutes=10),
    "supplychain.guest_revoked": lambda w: guests.guest_revoked(_guest(w)),
    "supplychain.guest_joined": lambda w: guests.guest_joined(_guest(w), w.supplier, by=w.sunny),
    "supplychain.guest_expired": lambda w: guests.guest_expired(_guest(w)),
    "supplychain.shipment_shared": _shared,
    "supplychain.share_unopened": lambda w: shares.share_unopened(w.share()),
    "supplychain.share_not_seen_yet": lambda w: shares.share_unopened(w.share()),
    "supplychain.share_due": lambda w: shares.ship_date_near(w.share()),
    "supplychain.share_declined": lambda w: shares.share_declined(
        w.share(), by=w.sunny, reason=_reason(w)
    ),
    "supplychain.share_contents_confirmed": _by_supplier(
        shares.contents_confirmed, "contents_confirmed"
    ),
    "supplychain.share_labels_ready": _by_supplier(shares.labels_ready, "labels_ready"),
    "supplychain.share_shipped": _by_supplier(shares.share_shipped, "shipped"),
    "supplychain.share_recalled": _by_seller(shares.share_recalled),
    "supplychain.share_cancelled": _by_seller(shares.share_cancelled),
    "supplychain.shipment_changed": _changed,
    "supplychain.shipment_delivered": _moved("delivered"),
    "supplychain.shipment_receiving": _moved("receiving"),
    "supplychain.shipment_closed": _moved("closed"),
    "supplychain.shipment_quantity_difference": lambda w: shipments.quantity_difference(
        w.shipment, list(w.shipment.items.all()), "sample"
    ),
}
