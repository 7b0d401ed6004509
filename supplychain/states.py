"""States of supplier connections, shipments and shares."""

from django.db.models import TextChoices

from accounts.states import OrganizationKind
from core.state_tables import StateTable
from core.web.tones import tones


class Direction(TextChoices):
    """Who invited whom."""

    TO_SUPPLIER = "to_supplier", "Seller invites supplier"
    TO_SELLER = "to_seller", "Supplier invites seller"

    @classmethod
    def of(cls, kind: str) -> "Direction":
        """Whom an account of this kind invites."""
        return cls.TO_SUPPLIER if kind == OrganizationKind.SELLER else cls.TO_SELLER

    @property
    def invites(self) -> OrganizationKind:
        to_supplier = self == Direction.TO_SUPPLIER
        return OrganizationKind.SUPPLIER if to_supplier else OrganizationKind.SELLER


class SupplierConnectionStatus(TextChoices):
    """active > removed by either side at once."""

    ACTIVE = "active", "Connected"
    REMOVED = "removed", "Removed"


SUPPLIER_CONNECTION = StateTable(
    "supplier connection", {SupplierConnectionStatus.ACTIVE: {SupplierConnectionStatus.REMOVED}}
)


class ShipmentStatus(TextChoices):
    """From shipped on, the carrier and the centre move it."""

    UNCONFIRMED = "unconfirmed", "Unconfirmed"
    WORKING = "working", "Working"
    READY_TO_SHIP = "ready_to_ship", "Ready to ship"
    SHIPPED = "shipped", "Shipped"
    IN_TRANSIT = "in_transit", "In transit"
    DELIVERED = "delivered", "Delivered"
    CHECKED_IN = "checked_in", "Checked in"
    RECEIVING = "receiving", "Receiving"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    DELETED = "deleted", "Deleted"
    ABANDONED = "abandoned", "Abandoned"
    ERROR = "error", "Error"


_S = ShipmentStatus
# What carrier and centre report, in order.
CARRIER_STEPS = (_S.IN_TRANSIT, _S.DELIVERED, _S.CHECKED_IN, _S.RECEIVING, _S.CLOSED)
SHIPMENT = StateTable(
    "shipment",
    {
        _S.UNCONFIRMED: {_S.WORKING, _S.DELETED, _S.ABANDONED},
        _S.WORKING: {_S.READY_TO_SHIP, _S.SHIPPED, _S.CANCELLED, _S.DELETED, _S.ABANDONED},
        _S.READY_TO_SHIP: {_S.WORKING, _S.SHIPPED, _S.CANCELLED},
        # A report may be left out or come late: each later step can follow.
        _S.SHIPPED: {*CARRIER_STEPS, _S.CANCELLED, _S.ERROR},
        _S.IN_TRANSIT: {*CARRIER_STEPS[1:], _S.ERROR},
        _S.DELIVERED: {*CARRIER_STEPS[2:], _S.ERROR},
        _S.CHECKED_IN: {*CARRIER_STEPS[3:], _S.ERROR},
        _S.RECEIVING: {*CARRIER_STEPS[4:], _S.ERROR},
        _S.ERROR: {*CARRIER_STEPS},
    },
)
# The seller may still change items and share it.
OPEN_SHIPMENT = (_S.UNCONFIRMED, _S.WORKING, _S.READY_TO_SHIP)
# In the hands of the carrier or the centre, who report on it.
UNDERWAY_SHIPMENT = (_S.SHIPPED, *CARRIER_STEPS, _S.ERROR)
# Steps with which the centre says how many units it counted.
COUNTED = (_S.RECEIVING, _S.CLOSED)


class ShareStatus(TextChoices):
    WAITING = "waiting", "Waiting for the supplier to join"
    SHARED = "shared", "Shared"
    VIEWED = "viewed", "Viewed"
    PACKING = "packing", "Packing"
    CONTENTS_CONFIRMED = "contents_confirmed", "Contents confirmed"
    LABELS_READY = "labels_ready", "Labels ready"
    SHIPPED = "shipped", "Shipped"
    COMPLETED = "completed", "Completed"
    RECALLED = "recalled", "Recalled"
    DECLINED = "declined", "Declined"
    VOID = "void", "Void"


_H = ShareStatus
# Ended before its supplier's part was done.
STOPPED_SHARE = (_H.RECALLED, _H.DECLINED, _H.VOID)
SHARE = StateTable(
    "shared shipment",
    {
        _H.WAITING: {_H.SHARED, _H.RECALLED, _H.VOID},
        _H.SHARED: {_H.VIEWED, _H.PACKING, *STOPPED_SHARE},
        _H.VIEWED: {_H.PACKING, *STOPPED_SHARE},
        _H.PACKING: {_H.CONTENTS_CONFIRMED, *STOPPED_SHARE},
        # Reopening the boxes takes the labels back.
        # Who has nothing to label, a forwarder for one, ships from here.
        _H.CONTENTS_CONFIRMED: {_H.PACKING, _H.LABELS_READY, _H.SHIPPED, *STOPPED_SHARE},
        _H.LABELS_READY: {_H.PACKING, _H.SHIPPED, *STOPPED_SHARE},
        _H.SHIPPED: {_H.COMPLETED, _H.VOID},
    },
)
# What holds in each state. A new state is a line here, its name and its arrows above.
_HOLDS = {
    _H.WAITING: "outstanding",
    _H.SHARED: "outstanding live open packable",
    _H.VIEWED: "outstanding live open packable",
    _H.PACKING: "outstanding live open packable",
    _H.CONTENTS_CONFIRMED: "outstanding live open labelled trackable",
    _H.LABELS_READY: "outstanding live open labelled trackable printed",
    _H.SHIPPED: "outstanding live labelled trackable printed done",
    _H.COMPLETED: "outstanding live labelled printed done",
    _H.RECALLED: "",
    _H.DECLINED: "",
    _H.VOID: "",
}


def _where(word: str) -> tuple[ShareStatus, ...]:
    return tuple(state for state, words in _HOLDS.items() if word in words.split())


LIVE_SHARE = _where("live")
# Still expected to do their part, or done with it.
OUTSTANDING_SHARE = _where("outstanding")
# The supplier may enter boxes.
PACKABLE = _where("packable")
# The contents agree with the plan: the plan stands still, labels may be printed.
LABELLED = _where("labelled")
# Labels were made, or nothing was left to label.
PRINTED = _where("printed")
# Tracking numbers may be entered, and corrected once the boxes are on their way.
TRACKABLE = _where("trackable")
# The supplier's part is done.
DONE_SHARE = _where("done")
# Not yet shipped: what a recall, a removal or a cancellation stops.
OPEN_SHARE = _where("open")
tones(
    good="active delivered closed contents_confirmed labels_ready completed validated",
    waiting="unconfirmed waiting shared not_validated",
    info="working ready_to_ship shipped in_transit checked_in receiving viewed packing",
    bad="error recalled declined",
)
