"""Supply Chain Connect: suppliers from both directions, shipments and shares in every state."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from accounts.invitations.batches import kinds
from accounts.invitations.batches.reading import read
from accounts.invitations.batches.transitions import batches, chunks
from accounts.invitations.transitions import revoke
from accounts.models import User
from core import clock
from partnerhub.demo.people import GUEST
from partnerhub.demo.seeds.actors import Tenant, at, extra, lead_part, register
from supplychain.models import Share, Shipment, SupplierConnection
from supplychain.packing.tracking import check_tracking
from supplychain.plans import BoxContent, BoxPlan, ItemPlan, NewAccount, ShipmentFacts, Targets
from supplychain.states import CARRIER_STEPS, SHIPMENT, ShipmentStatus
from supplychain.transitions import (
    carriers,
    connections,
    guests,
    invitations,
    packing,
    shares,
    shipments,
)

EXAMPLES = Path(__file__).parents[3] / "supplychain" / "data" / "inbound_examples.json"
# Real numbers with valid check digits, from the carriers' public format examples.
LIST = """Name,E-mail address,What the supplier does
Harvest Jars,hello@harvest-jars.example,Manufacturer
Lake Forwarding,office@lake-forwarding.example,Freight forwarder
Copper Kettle Works,sales@copper-kettle.example,Manufacturer
Joining Ltd,joining@firm.example,Wholesaler
Lake Forwarding,Office@Lake-Forwarding.example,Freight forwarder
Green Row Farm,green-row.example,Other
Pine Boxes,orders@pine-boxes.example,Carpenter
North Mill,supplier@demo.example,Manufacturer
"""
CENTERS = ("ABE2", "DFW6", "FTW1", "LAS1", "GYR1", "IND4", "CLT2", "BFI4", "AVP1", "BNA3")


def suppliers(lantern: Tenant, kite: Tenant) -> tuple[Tenant, Tenant]:
    """North Mill joins by the seller's invitation, South Dye Works invites sellers itself."""
    at(34)
    sunny, ona = lead_part("supplier"), lead_part("other-supplier")
    mill = _join(lantern, sunny, "North Mill", "manufacturer").supplier
    dye = register(ona, "supplier", "South Dye Works", supplier_kind="wholesaler")
    asked = invitations.invite(**dye.acts, address=kite.admin.email, name="Red Kite")
    invitations.accept(by=kite.admin, public_id=asked.public_id, organization=kite.firm)
    # Invitations that ended, and a supplier who was removed.
    at(32)
    freight = extra("freight", "Frankie Freight")
    removed = _join(lantern, freight, "Fast Freight", "freight_forwarder")
    connections.remove_connection(**lantern.acts, connection=removed)
    at(31)
    invitations.invite(**lantern.acts, address="late-supplier@firm.example")
    wrong = invitations.invite(**lantern.acts, address="wrong-supplier@firm.example")
    revoke(by=lantern.admin, row=wrong)
    at(3)
    invitations.invite(**lantern.acts, address="joining@firm.example", name="Joining Ltd")
    _send_list(lantern)
    at(2)
    invitations.invite(**dye.acts, address=lantern.admin.email, name="Blue Lantern")
    return Tenant(mill, sunny), dye


def _join(seller: Tenant, user: User, name: str, does: str) -> SupplierConnection:
    invitation = invitations.invite(
        **seller.acts, address=user.email, name=name, supplier_kind=does
    )
    new = NewAccount(name, "US", does)
    return invitations.accept(by=user, public_id=invitation.public_id, new=new)


def _send_list(seller: Tenant) -> None:
    batch = batches.keep(
        **seller.acts,
        purpose="supplier",
        source="suppliers-autumn.csv",
        reading=read(LIST, kinds.get("supplier").columns(seller.firm), header=True),
        options={"role": "employee", "rights": []},
    )
    batches.confirm(by=seller.admin, batch=batch)
    chunks.send_due()


def _ship(seller: Tenant, number: int, name: str) -> Shipment:
    payloads = json.loads(EXAMPLES.read_text())
    example = payloads["v0.getShipments"]["payload"]["ShipmentData"][0]
    item = payloads["v0.getShipmentItemsByShipmentId"]["payload"]["ItemData"][0]
    address = example["ShipFromAddress"]
    place = f"{address['City']}, {address['StateOrProvinceCode']} {address['PostalCode']}"
    facts = ShipmentFacts(
        name=name,
        center_code=CENTERS[number % len(CENTERS)],
        mode="LTL" if number % 5 == 4 else "SP",
        ship_date=clock.today(seller.firm.zone) + timedelta(days=7),
        ship_from_name=address["Name"],
        ship_from_address=f"{address['AddressLine1']}\n{place}",
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
    return shipments.create_shipment(by=seller.admin, seller=seller.firm, facts=facts, items=items)


def _share(seller: Tenant, shipment: Shipment, connection: SupplierConnection) -> Share:
    [share] = shares.share_shipment(
        by=seller.admin,
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
    numbers = {box.public_id: _parcel(box.pk) for box in boxes}
    packing.set_tracking(by=by, share=share, numbers=numbers)


def _parcel(number: int) -> str:
    """A parcel number that no other box has, with the check digit that belongs to it."""
    every = (f"1Z5R893903{number:07d}{digit}" for digit in range(10))
    return next(number for number in every if not check_tracking(number).doubt)


def _advance(share: Share, by: User, until: str) -> Share:
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
    connection = SupplierConnection.objects.get(seller=lantern.firm, supplier=mill.firm)

    def shared(number: int, name: str, until: str = "") -> Share:
        share = _share(lantern, _ship(lantern, number, name), connection)
        return _advance(share, mill.admin, until) if until else share

    at(28)
    for number, end in enumerate(CARRIER_STEPS):
        _carry(shared(number, f"Spring lanterns {number + 1}", "shipped").shipment, end)
    _carry(shared(6, "Lost on the way", "shipped").shipment, ShipmentStatus.ERROR)
    at(6)
    for number, step in enumerate(
        ("viewed", "packing", "contents_confirmed", "labels_ready", "shipped"), start=10
    ):
        shared(number, f"Summer lanterns {number - 9}", step)
    at(4)
    recalled = shared(20, "Recalled")
    reason = "Another supplier has the stock."
    shares.recall_share(by=lantern.admin, share=recalled, reason=reason)
    declined = shared(21, "Declined")
    shares.decline_share(by=mill.admin, share=declined, reason="No capacity this week.")
    cancelled = shared(22, "Cancelled").shipment
    cancelled.refresh_from_db()
    reason = "The order was cancelled."
    shipments.cancel_shipment(by=lantern.admin, shipment=cancelled, reason=reason)
    at(1)
    shared(23, "Autumn lanterns")
    _ship(lantern, 24, "Not shared yet")


def _carry(shipment: Shipment, end: str) -> None:
    shipment.refresh_from_db()
    for step in CARRIER_STEPS:
        if shipment.status == end:
            break
        if end == ShipmentStatus.ERROR and SHIPMENT.allows(shipment.status, end):
            carriers.move_by_carrier(by=None, shipment=shipment, step=end)
            break
        carriers.move_by_carrier(by=None, shipment=shipment, step=step)
        shipment.refresh_from_db()


def other_shares(lantern: Tenant, kite: Tenant, dye: Tenant) -> None:
    """With an invited supplier, with somebody without an account, and between other tenants."""
    at(2)
    invitation = invitations.invite(
        **lantern.acts,
        address="new-mill@firm.example",
        name="New Mill",
        supplier_kind="manufacturer",
    )
    shares.share_shipment(
        by=lantern.admin,
        shipment=_ship(lantern, 25, "For the new mill"),
        targets=Targets(invitations=frozenset({invitation.public_id})),
    )
    at(1)
    guests.share_with_guest(
        by=lantern.admin,
        shipment=_ship(lantern, 26, "Paper shades"),
        address=GUEST.address,
        name=GUEST.name,
    )
    connection = SupplierConnection.objects.get(seller=kite.firm, supplier=dye.firm)
    at(5)
    _share(kite, _ship(kite, 30, "Red kites"), connection)
