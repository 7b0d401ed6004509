"""Samples of the mails of Supply Chain Connect."""

from collections.abc import Callable, Mapping
from typing import Any

from partnerhub.samples.world import READERS, World
from supplychain.emails import connections, guests, invitations, shares, shipments
from supplychain.models import GuestLink, Share, SupplierInvitation


def _invitation(world: World, direction: str = "to_supplier") -> SupplierInvitation:
    asked = (
        (world.seller, world.sunny) if direction == "to_supplier" else (world.supplier, world.sam)
    )
    reason = world.typed("We ship for one seller only.", 300)
    return world.make.supplier_invitation(
        asked[0], asked[1].email, name=world.typed("Sunny Ceramics"), reason=reason
    )


def _accepted(world: World) -> None:
    invitations.invitation_accepted(_invitation(world), world.supplier, by=world.sunny)


def _reason(world: World) -> str:
    return world.typed("The plan has changed.", 300)


def _by_seller(write: Callable[..., Any]) -> Callable[[World], None]:
    def sample(world: World) -> None:
        write(world.share(), by=world.sam, reason=_reason(world))

    return sample


def _by_supplier(write: Callable[..., Any], status: str) -> Callable[[World], None]:
    def sample(world: World) -> None:
        write(world.share(status), by=world.sunny)

    return sample


def _shared(world: World) -> None:
    share = world.share()
    shares.shipment_shared_drafts(after=0, limit=9, shares=[share.pk], by=world.sam.pk)


def _declined(world: World) -> None:
    shares.share_declined(world.share(), by=world.sunny, reason=_reason(world))


def _reminded(world: World) -> None:
    shares.share_unopened(world.share())


def _changed(world: World) -> None:
    share: Share = world.share()
    shipments.shipment_changed(share.shipment, by=world.sam, shares=[share])


def _moved(write: Callable[..., Any], *, both: bool = True) -> Callable[[World], None]:
    def sample(world: World) -> None:
        share = world.share("shipped")
        write(share.shipment, *([[share]] if both else []))

    return sample


def _difference(world: World) -> None:
    assert world.sam
    shipments.quantity_difference(world.shipment, list(world.shipment.items.all()))


def _guest(world: World) -> GuestLink:
    return world.make.guest_link(
        world.shipment, f"guest{READERS}", name=world.typed("Gerda Guest"), code_sent_at=world.now
    )


SAMPLES: Mapping[str, Callable[[World], None]] = {
    "supplychain.supplier_invited": lambda w: invitations.invitations_sent([_invitation(w)]),
    "supplychain.seller_invited": lambda w: invitations.invitations_sent(
        [_invitation(w, "to_seller")]
    ),
    "supplychain.invitation_accepted": _accepted,
    "supplychain.invitation_declined": lambda w: invitations.invitation_declined(
        _invitation(w), by=w.sunny
    ),
    "supplychain.invitation_expired": lambda w: invitations.invitation_expired(_invitation(w)),
    "supplychain.connection_removed": lambda w: connections.connection_removed(
        w.supply, by=w.sam, stopped=2
    ),
    "supplychain.guest_invited": lambda w: guests.guest_invited(_guest(w), w.share()),
    "supplychain.guest_code": lambda w: guests.guest_code(_guest(w), "482913", minutes=10),
    "supplychain.guest_revoked": lambda w: guests.guest_revoked(_guest(w)),
    "supplychain.guest_joined": lambda w: guests.guest_joined(_guest(w), w.supplier, by=w.sunny),
    "supplychain.guest_expired": lambda w: guests.guest_expired(_guest(w)),
    "supplychain.shipment_shared": _shared,
    "supplychain.share_unopened": _reminded,
    "supplychain.share_not_seen_yet": _reminded,
    "supplychain.share_due": lambda w: shares.ship_date_near(w.share()),
    "supplychain.share_declined": _declined,
    "supplychain.share_contents_confirmed": _by_supplier(
        shares.contents_confirmed, "contents_confirmed"
    ),
    "supplychain.share_labels_ready": _by_supplier(shares.labels_ready, "labels_ready"),
    "supplychain.share_shipped": _by_supplier(shares.share_shipped, "shipped"),
    "supplychain.share_recalled": _by_seller(shares.share_recalled),
    "supplychain.share_cancelled": _by_seller(shares.share_cancelled),
    "supplychain.shipment_changed": _changed,
    "supplychain.shipment_delivered": _moved(shipments.shipment_delivered),
    "supplychain.shipment_receiving": _moved(shipments.shipment_receiving, both=False),
    "supplychain.shipment_closed": _moved(shipments.shipment_closed),
    "supplychain.shipment_quantity_difference": _difference,
}
