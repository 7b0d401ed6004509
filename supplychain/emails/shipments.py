"""Mails about a shipment as a whole: changed, cancelled, and what carrier and centre report."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, exact, inert
from core.web.formats import count
from supplychain.emails.facts import Facts, item_facts, shipment_mail, shipment_page, subject
from supplychain.emails.guests import tell_guests
from supplychain.emails.recipients import sellers_side, suppliers_side
from supplychain.emails.shares import share_cancelled
from supplychain.models import Share, Shipment, ShipmentItem

MOST_DIFFERENCES = 15
MOVED = {
    "delivered": "was delivered to the fulfilment centre",
    "receiving": "is being received",
    "closed": "was received and closed",
}


def shipment_changed(shipment: Shipment, *, by: Any, shares: Sequence[Share]) -> None:
    """To suppliers who have it: the plan is another one now."""
    if not shares:
        return
    mail = shipment_mail(
        shipment,
        shipment.seller,
        "changed",
        f"{inert(shipment.seller.name)} changed a shipment you have",
        "Look at it before you go on packing.",
        facts=item_facts(shipment),
        page=reverse("shared-shipment", args=[shipment.public_id]),
    )
    event = f"changed:{clock.now().timestamp()}"
    _tell(shipment, event, suppliers_side(share.supplier_id for share in shares), mail, by)
    tell_guests(shares, key=event, kind="supplychain.shipment_changed", mail=mail)


def shipment_cancelled(
    shipment: Shipment, *, by: Any, shares: Sequence[Share], reason: str
) -> None:
    for share in shares:
        share.shipment = shipment
        share_cancelled(share, by=by, reason=reason)


def shipment_moved(shipment: Shipment, event: str, shares: Sequence[Share] = ()) -> None:
    """To the seller's side, and to those who work on `shares`: what carrier or centre report."""

    def mail(page: str) -> Mail:
        heading = f"{shipment.shipment_id} {MOVED[event]}"
        return shipment_mail(shipment, shipment.seller, event, heading, page=page)

    _tell(shipment, event, sellers_side(shipment.seller), mail(shipment_page(shipment)))
    if shares:
        told = mail(reverse("shared-shipment", args=[shipment.public_id]))
        suppliers = suppliers_side(share.supplier_id for share in shares)
        _tell(shipment, f"{event}:supplier", suppliers, told)
        tell_guests(shares, key=event, kind=f"supplychain.shipment_{event}", mail=told)


def quantity_difference(shipment: Shipment, items: Sequence[ShipmentItem], stamp: str) -> None:
    """To the seller's side: the centre counted other amounts than were planned.

    `stamp` tells these counts from those of another mail.
    """
    facts: Facts = tuple(
        (f"SKU {exact(item.msku, 40)}", f"{item.quantity:,} planned, {item.received:,} received")
        for item in items[:MOST_DIFFERENCES]
    )
    if len(items) > MOST_DIFFERENCES:
        facts += (("More", count(len(items) - MOST_DIFFERENCES, "SKU")),)
    mail = Mail(
        subject=subject(shipment.seller, shipment.shipment_id, "quantity difference"),
        heading=f"{shipment.shipment_id}: received amounts differ from the plan",
        facts=facts,
        button=("Open the shipment", shipment_page(shipment)),
        organization=inert(shipment.seller.name),
    )
    _tell(shipment, f"quantity_difference:{stamp}", sellers_side(shipment.seller), mail)


def _tell(
    shipment: Shipment, event: str, recipients: list[Recipient], mail: Mail, by: Any = None
) -> None:
    tell(
        recipients,
        key=f"shipment:{shipment.public_id}:{event}",
        kind=f"supplychain.shipment_{event.partition(':')[0]}",
        mail=mail,
        organization=shipment.seller,
        caused_by=by,
    )
