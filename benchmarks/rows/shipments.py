"""Shipments: sharing one with many suppliers, and labels for its boxes."""

import io
import itertools
import tracemalloc
from typing import Any

from benchmarks import few
from benchmarks.ground import Ground, statements
from benchmarks.mails import share_mail
from benchmarks.measure import Way, in_turn
from benchmarks.peers.labels import picture_labels
from benchmarks.peers.sharing import share_with_copies
from benchmarks.plain_sql import sharing
from benchmarks.report import Result, Row, at_least, at_most
from core import clock
from core.outbox.rendering import render_mail
from supplychain.models import Shipment, ShipmentItem, SupplierConnection
from supplychain.packing.labels.boxes import BoxLabel, box_labels
from supplychain.plans import Targets
from supplychain.transitions.shares import share_shipment

LABELS = 500
SHEET = "PackageLabel_Thermal"
LINES = 500
SUPPLIERS = 20
_numbers = itertools.count(1)


def _shipment(seller: Any, lines: int) -> Shipment:
    number = next(_numbers)
    shipment = Shipment.objects.create(
        seller=seller, shipment_id=f"FBA7{number:08d}", name="Measured", center_code="ABE2"
    )
    ShipmentItem.objects.bulk_create(
        ShipmentItem(shipment=shipment, msku=f"SKU-{line}", fnsku="X000000001", quantity=5)
        for line in range(lines)
    )
    return shipment


def share(ground: Ground) -> Result:
    """500 lines with 20 suppliers."""
    seller, suppliers = few.seller_with_suppliers(SUPPLIERS)
    by = few.administrator_of(seller)
    rows = list(SupplierConnection.objects.filter(seller=seller))
    state: dict[str, Shipment] = {}
    targets = Targets(connections=frozenset(row.public_id for row in rows))

    def fresh() -> None:
        state["shipment"] = _shipment(seller, LINES)

    def ours() -> None:
        share_shipment(by=by, shipment=state["shipment"], targets=targets)

    def naive() -> None:
        share_with_copies(state["shipment"], rows, f"naive-{state['shipment'].pk}")

    cursor = ground.raw().cursor()
    _, text, html = render_mail(share_mail(0))
    values = {"seller": seller.pk, "by": by.pk, "moment": clock.now(), "text": text, "html": html}
    statement = sharing(cursor)

    def raw() -> None:
        cursor.execute(statement, values | {"shipment": state["shipment"].pk})

    fresh()
    ours()  # the first step of a person also notes who that is
    fresh()
    count = statements(ours)
    few_lines, few_targets = _shipment(seller, 10), frozenset(row.public_id for row in rows[:5])
    smaller = statements(
        lambda: share_shipment(by=by, shipment=few_lines, targets=Targets(few_targets))
    )
    peer, limit = "a loop, lines copied", "one SQL statement"
    timings = in_turn(
        [
            Way("ours", ours, fresh),
            Way(peer, naive, fresh, times=1),
            Way(limit, raw, fresh),
        ],
        ground.size.rounds,
    )
    return Result(
        timings, "ours", "ms", count, peer, limit,
        checks=(
            at_most("statements", count, 8),
            at_most("statements more than for 5 suppliers and 10 lines", count - smaller, 0),
            at_most("cost against one SQL statement", timings.ratio("ours", limit), 3),
            at_least("times faster than the loop", timings.ratio(peer, "ours"), 300),
        ),
    )  # fmt: skip


def _labels(count: int) -> list[BoxLabel]:
    return [
        BoxLabel(
            box_id=f"FBA15ABCDEFGU{number:06d}",
            shipment_name="Spring restock",
            ship_from=("Mill Supplies", "1 Main Street", "Springfield"),
            center_code="ABE2",
            ship_to=("Fulfilment centre", "PA, US"),
            number=number,
            total=count,
            contents=(("SKU-1", 24), ("SKU-2", 12)),
            weight="14.2 lb",
        )
        for number in range(1, count + 1)
    ]


def _peak(count: int) -> int:
    made = _labels(count)
    tracemalloc.start()
    box_labels(made, SHEET, io.BytesIO())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def labels(ground: Ground) -> Result:
    """500 box labels in one PDF, one page each."""
    made = _labels(LABELS)
    peer = "python-barcode pictures, no QR"
    timings = in_turn(
        [
            Way("ours", lambda: box_labels(made, SHEET, io.BytesIO()), times=1),
            Way(peer, lambda: picture_labels(made, io.BytesIO()), times=1),
        ],
        ground.size.rounds,
    )
    _peak(10)  # fonts are read once
    more = (_peak(2 * LABELS) - _peak(LABELS)) / LABELS / 1024
    return Result(
        timings, "ours", "ms", None, peer,
        checks=(
            at_least("times faster than python-barcode", timings.ratio(peer, "ours"), 2),
            at_most("KiB of memory for each label more", more, 16),
        ),
    )  # fmt: skip


ROWS = (
    Row(
        "ship.share",
        "<= 8 statements, independent of lines and suppliers, <= 3x one SQL statement, "
        ">= 300x the loop that copies lines",
        share,
    ),
    Row("ship.labels", ">= 2x faster than python-barcode in reportlab; flat memory", labels),
)
