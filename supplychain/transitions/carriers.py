"""What carriers and centres report: from shipped on, they move a shipment."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.audit.models import Event
from core.audit.services import record
from core.db import lock
from core.errors import Invalid, NotPermitted
from core.state_tables import advance
from supplychain import emails
from supplychain.models import Shipment, ShipmentItem
from supplychain.packing.boxes import MAX_UNITS_PER_SKU
from supplychain.permissions import MOVE_SHIPMENT
from supplychain.states import (
    CARRIER_STEPS,
    COUNTED,
    SHARE,
    SHIPMENT,
    UNDERWAY_SHIPMENT,
    ShareStatus,
    ShipmentStatus,
)
from supplychain.transitions.guards import note_move

REPORTABLE = (*CARRIER_STEPS, ShipmentStatus.ERROR)


@transaction.atomic
def move_by_carrier(
    *, by: Any, shipment: Shipment, step: str, received: Mapping[int, int] | None = None
) -> Shipment:
    """Report that the shipment is in transit, delivered, checked in, receiving, closed or stuck.

    Reports may come in any order, late, and more than once: the furthest step stands, a step that
    comes late is history only, and the same report again changes nothing. `by` is a member of staff
    with the permission to report, None for a feed. `received` maps item keys to the units counted
    so far; a line without a count stays uncounted, also at closing.

    Raises NotPermitted, Invalid for another step or a count that cannot be, and
    TransitionNotAllowed for a shipment that has not been shipped.
    """
    if by is not None and not (by.is_staff and by.has_perm(MOVE_SHIPMENT)):
        raise NotPermitted(_("Only staff who report for carriers can do this."))
    if step not in REPORTABLE:
        raise Invalid(_("Carriers and centres do not report this."), field="step")
    shipment = lock(Shipment.objects.select_related("seller"), pk=shipment.pk)
    before = shipment.status
    if before not in UNDERWAY_SHIPMENT:
        SHIPMENT.check(before, step)
    counted = _count(shipment, step, received or {}, by=by)
    moved = _goes_on(shipment, step, by=by)
    if moved:
        advance(shipment, SHIPMENT, step)
        note_move(shipment, before, by=by)
    elif step != before and step not in _reported(shipment):
        _note(shipment, step, by=by, late="yes")
    if counted:
        _note(shipment, "counted", by=by, skus=counted)
    _tell(shipment, moved=moved, counted=bool(counted))
    return shipment


def next_step(shipment: Shipment) -> str:
    """The step that usually comes next, "" when there is none."""
    return next((s for s in CARRIER_STEPS if SHIPMENT.allows(shipment.status, s)), "")


def _goes_on(shipment: Shipment, step: str, *, by: Any) -> bool:
    if not SHIPMENT.allows(shipment.status, step):
        return False
    if shipment.status != ShipmentStatus.ERROR or by is not None:
        return True
    # An old report, sent once more, does not end an error: only a step beyond those before it.
    reported = [place for place, s in enumerate(CARRIER_STEPS) if s in _reported(shipment)]
    return CARRIER_STEPS.index(ShipmentStatus(step)) > max(reported, default=-1)


def _reported(shipment: Shipment) -> set[str]:
    """The steps that history knows of this shipment."""
    events = Event.objects.filter(
        object_type=Shipment._meta.label_lower,
        object_id=str(shipment.public_id),
        verb__in=[f"shipment.{step}" for step in REPORTABLE],
    )
    verbs = events.order_by().values_list("verb", flat=True).distinct()
    return {verb.partition(".")[2] for verb in verbs}


def _note(shipment: Shipment, what: str, *, by: Any, **after: Any) -> None:
    record(
        f"shipment.{what}", by=by, subject=shipment, organization=shipment.seller_id, after=after
    )


def _count(shipment: Shipment, step: str, received: Mapping[int, int], *, by: Any) -> int:
    """Write what the centre counted; how many lines have another count now."""
    if not received:
        return 0
    if step not in COUNTED:
        raise Invalid(_("Counts come with “Receiving” or “Closed”."), field="step")
    items = list(shipment.items.filter(pk__in=received))
    if len(items) != len(received):
        raise Invalid(_("A count is for a line that this shipment does not have."))
    if not all(0 <= units <= MAX_UNITS_PER_SKU for units in received.values()):
        raise Invalid(_("A count is between 0 and %(most)s.") % {"most": f"{MAX_UNITS_PER_SKU:,}"})
    final = by is not None or step == ShipmentStatus.CLOSED
    changed = [
        item
        for item in items
        if _counts_more(shipment, item.received, received[item.pk], final=final)
    ]
    for item in changed:
        item.received = received[item.pk]
    ShipmentItem.objects.bulk_update(changed, ["received"], batch_size=500)
    return len(changed)


def _counts_more(shipment: Shipment, before: int | None, now: int, *, final: bool) -> bool:
    """Whether a count says something new. While the centre counts, a feed reports how many it has
    so far: fewer is an older report, and what closing said stands."""
    if before is None or final:
        return before != now
    return shipment.status != ShipmentStatus.CLOSED and now > before


def _tell(shipment: Shipment, *, moved: bool, counted: bool) -> None:
    if moved:
        _tell_step(shipment, shipment.status)
    if shipment.status == ShipmentStatus.CLOSED and (moved or counted):
        counts = shipment.items.filter(received__isnull=False)
        different = [item for item in counts if item.received != item.quantity]
        if different:
            emails.shipments.quantity_difference(shipment, different, _stamp(different))


def _stamp(items: list[ShipmentItem]) -> str:
    """Tells these counts from those that are corrected later."""
    facts = repr([(item.pk, item.quantity, item.received) for item in items])
    return hashlib.sha256(facts.encode()).hexdigest()[:12]


def _tell_step(shipment: Shipment, step: str) -> None:
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
