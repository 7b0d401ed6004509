"""What carriers and centres report: from shipped on, they move a shipment."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core.audit.services import record
from core.db import lock
from core.errors import Invalid, NotPermitted
from core.state_tables import advance
from supplychain import emails
from supplychain.models import Shipment, ShipmentItem
from supplychain.permissions import MOVE_SHIPMENT
from supplychain.states import CARRIER_STEPS, SHARE, SHIPMENT, ShareStatus, ShipmentStatus
from supplychain.transitions.guards import note_move

REPORTABLE = (*CARRIER_STEPS, ShipmentStatus.ERROR)


@transaction.atomic
def move_by_carrier(
    *, by: Any, shipment: Shipment, step: str, received: Mapping[int, int] | None = None
) -> Shipment:
    """Report that the shipment is in transit, delivered, checked in, receiving or closed.

    `by` is a member of staff with the permission to report, None for a feed. `received` maps
    item keys to counted units; at closing, a line never counted was received as planned.
    Raises NotPermitted, Invalid for another step, and TransitionNotAllowed out of order.
    """
    if by is not None and not (by.is_staff and by.has_perm(MOVE_SHIPMENT)):
        raise NotPermitted("Only staff who report for carriers can do this.")
    if step not in REPORTABLE:
        raise Invalid("Carriers and centres do not report this.", field="step")
    shipment = lock(Shipment.objects.select_related("seller"), pk=shipment.pk)
    before = shipment.status
    advance(shipment, SHIPMENT, step)
    items = _count(shipment, step, received or {})
    note_move(shipment, before, by=by)
    _tell(shipment, step, items)
    return shipment


def next_step(shipment: Shipment) -> str:
    """The step that usually comes next, "" when there is none."""
    return next((s for s in CARRIER_STEPS if SHIPMENT.allows(shipment.status, s)), "")


def _count(shipment: Shipment, step: str, received: Mapping[int, int]) -> list[ShipmentItem]:
    """Write what the centre counted; returns the lines that differ from the plan at closing."""
    if step not in (ShipmentStatus.RECEIVING, ShipmentStatus.CLOSED):
        return []
    closing = step == ShipmentStatus.CLOSED
    items = list(shipment.items.all())
    for item in items:
        counted = item.received or item.quantity if closing else item.received
        item.received = received.get(item.pk, counted)
    ShipmentItem.objects.bulk_update(items, ["received"], batch_size=500)
    return [item for item in items if closing and item.received != item.quantity]


def _tell(shipment: Shipment, step: str, different: list[ShipmentItem]) -> None:
    shares = list(
        shipment.shares.in_force()
        .filter(status__in=[ShareStatus.SHIPPED, ShareStatus.COMPLETED])
        .select_related("connection", "guest")
    )
    if step == ShipmentStatus.CLOSED:
        _complete(shipment)
    if step in emails.shipments.MOVED:
        # That the centre has begun to count is for the seller alone.
        told = () if step == ShipmentStatus.RECEIVING else shares
        emails.shipments.shipment_moved(shipment, step, told)
    if different:
        emails.shipments.quantity_difference(shipment, different)


def _complete(shipment: Shipment) -> None:
    rows = list(
        shipment.shares.filter(status=ShareStatus.SHIPPED)
        .select_related("connection")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    for share in rows:
        advance(share, SHARE, ShareStatus.COMPLETED)
        record(
            "share.completed",
            by=None,
            subject=share,
            organization=shipment.seller_id,
            counterparty=share.supplier_id,
            before={"status": "shipped"},
            after={"status": "completed"},
        )
