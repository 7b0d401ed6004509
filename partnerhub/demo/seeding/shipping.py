"""Supply Chain Connect: suppliers from both directions, shipments and shares in every state."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from accounts.models import User
from core import clock
from partnerhub.demo.people import GUEST
from partnerhub.demo.seeding.cast import at, extra, give_list, lead_part, register
from partnerhub.demo.seeding.partners import Tenant
from supplychain.models import Share, Shipment, SupplierConnection
from supplychain.plans import BoxContent, BoxPlan, ItemPlan, NewAccount, ShipmentFacts, Targets
from supplychain.states import CARRIER_STEPS, SHIPMENT, ShipmentStatus
from supplychain.transitions import (
    carrier,
    connections,
    guests,
    invitations,
    packing,
    shares,
    shipments,
)

EXAMPLES = Path(__file__).parents[3] / "supplychain" / "data" / "inbound_examples.json"
# Real numbers with valid check digits, from the carriers' public format examples.
TRACKING = ("1Z5R89390357567127", "1Z879E930346834440", "986578788855")
CENTERS = ("ABE2", "DFW6", "FTW1", "LAS1", "GYR1", "IND4", "CLT2", "BFI4", "AVP1", "BNA3")


def _example() -> tuple[dict[str, Any], dict[str, Any]]:
    """The public inbound API's example of a shipment and of its item."""
    data = json.loads(EXAMPLES.read_text())
    shipment = data["v0.getShipments"]["payload"]["ShipmentData"][0]
    item = data["v0.getShipmentItemsByShipmentId"]["payload"]["ItemData"][0]
    return shipment, item


def suppliers(lantern: Tenant, kite: Tenant) -> tuple[Tenant, Tenant]:
    """North Mill joins by the seller's invitation, South Dye Works invites sellers itself."""
    at(34)
    sunny, ona = lead_part("supplier"), lead_part("other-supplier")
    invitation = invitations.invite(
        by=lantern[1],
        organization=lantern[0],
        address=sunny.email,
        name="North Mill",
        supplier_kind="manufacturer",
    )
    first = invitations.accept(
        by=sunny, public_id=invitation.public_id, new=NewAccount("North Mill", "US", "manufacturer")
    )
    dye = register(ona, "supplier", "South Dye Works", supplier_kind="wholesaler")
    asked = invitations.invite(by=ona, organization=dye, address=kite[1].email, name="Red Kite")
    invitations.accept(by=kite[1], public_id=asked.public_id, organization=kite[0])
    _other_states(lantern)
    _several(lantern)
    at(2)
    invitations.invite(by=ona, organization=dye, address=lantern[1].email, name="Blue Lantern")
    return (first.supplier, sunny), (dye, ona)


def _other_states(lantern: Tenant) -> None:
    """Invitations that ended, and a supplier who was removed."""
    at(32)
    freight = extra("freight", "Frankie Freight")
    invitation = invitations.invite(
        by=lantern[1],
        organization=lantern[0],
        address=freight.email,
        name="Fast Freight",
        supplier_kind="freight_forwarder",
    )
    removed = invitations.accept(
        by=freight,
        public_id=invitation.public_id,
        new=NewAccount("Fast Freight", "US", "freight_forwarder"),
    )
    connections.remove_connection(by=lantern[1], connection=removed, organization=lantern[0])
    at(31)
    for address in ("late-supplier@firm.example", "wrong-supplier@firm.example"):
        sent = invitations.invite(by=lantern[1], organization=lantern[0], address=address)
        if address.startswith("wrong"):
            invitations.revoke(by=lantern[1], invitation=sent)
    at(3)
    invitations.invite(
        by=lantern[1], organization=lantern[0], address="joining@firm.example", name="Joining Ltd"
    )


def _several(lantern: Tenant) -> None:
    """A list of suppliers that was sent, with rows that were not."""
    at(3)
    give_list(
        lantern,
        "supplier",
        "suppliers-autumn.csv",
        """Name,E-mail address,What the supplier does
Harvest Jars,hello@harvest-jars.example,Manufacturer
Lake Forwarding,office@lake-forwarding.example,Freight forwarder
Copper Kettle Works,sales@copper-kettle.example,Manufacturer
Joining Ltd,joining@firm.example,Wholesaler
Lake Forwarding,Office@Lake-Forwarding.example,Freight forwarder
Green Row Farm,green-row.example,Other
Pine Boxes,orders@pine-boxes.example,Carpenter
North Mill,supplier@demo.example,Manufacturer
""",
        confirmed=True,
    )


def _ship(seller: Tenant, number: int, name: str) -> Shipment:
    """One shipment after the public example, each to another centre."""
    example, item = _example()
    address = example["ShipFromAddress"]
    lines = (
        address["AddressLine1"],
        f"{address['City']}, {address['StateOrProvinceCode']} {address['PostalCode']}",
    )
    facts = ShipmentFacts(
        name=name,
        center_code=CENTERS[number % len(CENTERS)],
        mode="LTL" if number % 5 == 4 else "SP",
        ship_date=clock.today() + timedelta(days=7),
        ship_from_name=address["Name"],
        ship_from_address="\n".join(lines),
    )
    items = [
        ItemPlan(
            msku=item["SellerSKU"],
            fnsku=item["FulfillmentNetworkSKU"],
            title="Storm lantern, blue",
            quantity=item["QuantityShipped"] * 3,
        ),
        ItemPlan(msku=f"WICK-{number:03d}", fnsku="X0014BIZ9A", title="Spare wicks", quantity=40),
    ]
    return shipments.create_shipment(by=seller[1], seller=seller[0], facts=facts, items=items)


def _share(seller: Tenant, shipment: Shipment, connection: SupplierConnection) -> Share:
    [share] = shares.share_shipment(
        by=seller[1],
        shipment=shipment,
        targets=Targets(connections=frozenset({connection.public_id})),
        note="Please ship on pallets only if the boxes do not fit a parcel.",
    )
    return share


def _pack(share: Share, by: User) -> None:
    packing.start_packing(by=by, share=share)
    contents = tuple(
        BoxContent(item.public_id, item.quantity // 2) for item in share.shipment.items.all()
    )
    box = BoxPlan(
        weight_g=Decimal("8200"),
        length_mm=Decimal("400"),
        width_mm=Decimal("300"),
        height_mm=Decimal("250"),
        contents=contents,
        count=2,
    )
    packing.add_boxes(by=by, share=share, plan=box)


def _track(share: Share, by: User) -> None:
    if share.shipment.mode == "LTL":
        packing.set_freight(by=by, share=share, pro_number="123456789", bol_number="BOL-20441")
        return
    boxes = share.boxes.order_by("number")
    numbers = {box.public_id: TRACKING[n % len(TRACKING)] for n, box in enumerate(boxes)}
    packing.set_tracking(by=by, share=share, numbers=numbers)


def _advance(share: Share, by: User, until: str) -> Share:
    """Walk the supplier's steps up to `until`."""
    for name, step in (
        ("viewed", lambda: packing.acknowledge_share(by=by, share=share)),
        ("packing", lambda: _pack(share, by)),
        ("contents_confirmed", lambda: packing.confirm_contents(by=by, share=share)),
        ("labels_ready", lambda: packing.make_labels(by=by, share=share)),
        ("tracked", lambda: _track(share, by)),
        ("shipped", lambda: packing.mark_shipped(by=by, share=share)),
    ):
        step()
        share.refresh_from_db()
        if name == until:
            break
    return share


def journeys(lantern: Tenant, mill: Tenant) -> None:
    """Shipments and shares in every state between Blue Lantern and North Mill."""
    connection = SupplierConnection.objects.get(seller=lantern[0], supplier=mill[0])
    at(28)
    for number, end in enumerate(CARRIER_STEPS):
        shipment = _ship(lantern, number, f"Spring lanterns {number + 1}")
        _advance(_share(lantern, shipment, connection), mill[1], "shipped")
        _carry(shipment, end)
    lost = _ship(lantern, 6, "Lost on the way")
    _advance(_share(lantern, lost, connection), mill[1], "shipped")
    _carry(lost, ShipmentStatus.ERROR)
    at(6)
    for number, step in enumerate(
        ("viewed", "packing", "contents_confirmed", "labels_ready", "shipped"), start=10
    ):
        shipment = _ship(lantern, number, f"Summer lanterns {number - 9}")
        _advance(_share(lantern, shipment, connection), mill[1], step)
    at(4)
    recalled = _share(lantern, _ship(lantern, 20, "Recalled"), connection)
    shares.recall_share(by=lantern[1], share=recalled, reason="Another supplier has the stock.")
    declined = _share(lantern, _ship(lantern, 21, "Declined"), connection)
    shares.decline_share(by=mill[1], share=declined, reason="No capacity this week.")
    cancelled = _ship(lantern, 22, "Cancelled")
    _share(lantern, cancelled, connection)
    cancelled.refresh_from_db()
    shipments.cancel_shipment(by=lantern[1], shipment=cancelled, reason="The order was cancelled.")
    at(1)
    _share(lantern, _ship(lantern, 23, "Autumn lanterns"), connection)
    _ship(lantern, 24, "Not shared yet")


def _carry(shipment: Shipment, end: str) -> None:
    """Report the carrier's steps up to `end`."""
    shipment.refresh_from_db()
    for step in CARRIER_STEPS:
        if shipment.status == end:
            break
        if end == ShipmentStatus.ERROR and SHIPMENT.allows(shipment.status, end):
            carrier.move_by_carrier(by=None, shipment=shipment, step=end)
            break
        carrier.move_by_carrier(by=None, shipment=shipment, step=step)
        shipment.refresh_from_db()


def waiting_share(lantern: Tenant) -> None:
    """A share that waits for an invited supplier."""
    at(2)
    invitation = invitations.invite(
        by=lantern[1],
        organization=lantern[0],
        address="new-mill@firm.example",
        name="New Mill",
        supplier_kind="manufacturer",
    )
    shares.share_shipment(
        by=lantern[1],
        shipment=_ship(lantern, 25, "For the new mill"),
        targets=Targets(invitations=frozenset({invitation.public_id})),
    )


def guest(lantern: Tenant) -> None:
    """A share with a supplier who has no account."""
    at(1)
    guests.share_with_guest(
        by=lantern[1],
        shipment=_ship(lantern, 26, "Paper shades"),
        address=GUEST.address,
        name=GUEST.name,
    )


def second_tenant(kite: Tenant, dye: Tenant) -> None:
    """Red Kite and South Dye Works have something of their own."""
    connection = SupplierConnection.objects.get(seller=kite[0], supplier=dye[0])
    at(5)
    _share(kite, _ship(kite, 30, "Red kites"), connection)
