"""Mails about a shipment as a whole: changed, cancelled, and what carrier and centre report."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert
from core.web.formats import count
from supplychain.emails.facts import item_facts, seller_page, shipment_facts, subject
from supplychain.emails.guests import tell_guests
from supplychain.emails.recipients import sellers_side, suppliers_side
from supplychain.emails.shares import share_cancelled
from supplychain.models import Share, Shipment, ShipmentItem

MOST_DIFFERENCES = 15


def shipment_changed(shipment: Shipment, *, by: Any, shares: Sequence[Share]) -> None:
    """To suppliers who have it: the plan is another one now."""
    if not shares:
        return
    mail = Mail(
        subject=subject(shipment.seller, shipment.shipment_id, "changed"),
        heading=f"{inert(shipment.seller.name)} changed a shipment you have",
        paragraphs=("Look at it before you go on packing.",),
        facts=(*shipment_facts(shipment), *item_facts(shipment)),
        button=("Open the shipment", reverse("shared-shipment", args=[shipment.public_id])),
        organization=inert(shipment.seller.name),
    )
    suppliers = suppliers_side(share.supplier_id for share in shares)
    event = f"changed:{clock.now().timestamp()}"
    _tell(shipment, event, suppliers, mail, by)
    tell_guests(shares, key=event, kind="supplychain.shipment_changed", mail=mail)


def shipment_cancelled(
    shipment: Shipment, *, by: Any, shares: Sequence[Share], reason: str
) -> None:
    """To every supplier who had it: do not use the labels."""
    for share in shares:
        share.shipment = shipment
        share_cancelled(share, by=by, reason=reason)


def shipment_delivered(shipment: Shipment, shares: Sequence[Share]) -> None:
    """To both sides: the carrier has delivered."""
    _moved(shipment, "delivered", "was delivered to the fulfilment centre", shares)


def shipment_receiving(shipment: Shipment) -> None:
    """To the seller's side: the centre has begun to count."""
    _moved(shipment, "receiving", "is being received", ())


def shipment_closed(shipment: Shipment, shares: Sequence[Share]) -> None:
    """To both sides: the centre has received it and closed it."""
    _moved(shipment, "closed", "was received and closed", shares)


def _moved(shipment: Shipment, event: str, words: str, shares: Sequence[Share]) -> None:
    heading = f"{shipment.shipment_id} {words}"
    facts = shipment_facts(shipment)
    path = seller_page(shipment.seller, "shipment", shipment.public_id)
    _tell(
        shipment,
        event,
        sellers_side(shipment.seller),
        _report(shipment, event, heading, facts, path),
        None,
    )
    if shares:
        path = reverse("shared-shipment", args=[shipment.public_id])
        suppliers = suppliers_side(share.supplier_id for share in shares)
        mail = _report(shipment, event, heading, facts, path)
        _tell(shipment, f"{event}:supplier", suppliers, mail, None)
        tell_guests(shares, key=event, kind=f"supplychain.shipment_{event}", mail=mail)


def quantity_difference(shipment: Shipment, items: Sequence[ShipmentItem]) -> None:
    """To the seller's side: the centre counted other amounts than were planned."""
    facts = [
        (f"SKU {inert(item.msku, 40)}", f"{item.quantity:,} planned, {item.received:,} received")
        for item in items[:MOST_DIFFERENCES]
    ]
    if len(items) > MOST_DIFFERENCES:
        facts.append(("More", count(len(items) - MOST_DIFFERENCES, "SKU")))
    path = seller_page(shipment.seller, "shipment", shipment.public_id)
    heading = f"{shipment.shipment_id}: received amounts differ from the plan"
    _tell(
        shipment,
        "quantity_difference",
        sellers_side(shipment.seller),
        _report(shipment, "quantity difference", heading, tuple(facts), path),
        None,
    )


def _report(
    shipment: Shipment, event: str, heading: str, facts: tuple[tuple[str, str], ...], path: str
) -> Mail:
    return Mail(
        subject=subject(shipment.seller, shipment.shipment_id, event),
        heading=heading,
        facts=facts,
        button=("Open the shipment", path),
        organization=inert(shipment.seller.name),
    )


def _tell(shipment: Shipment, event: str, recipients: list[Recipient], mail: Mail, by: Any) -> None:
    tell(
        recipients,
        key=f"shipment:{shipment.public_id}:{event}",
        kind=f"supplychain.shipment_{event.partition(':')[0]}",
        mail=mail,
        organization=shipment.seller,
        caused_by=by,
    )
