"""Lists far from their beginning."""

from typing import Any

from django.test import RequestFactory

from benchmarks import few
from benchmarks.ground import Ground, captured
from benchmarks.measure import Way, in_turn
from benchmarks.report import Result, Row, at_least, at_most
from core.web.pagination import SIZE, capped_count, paginate
from supplychain.models import Shipment

PAGE = 10_000

_ROW_COMPARISON = """
SELECT id, public_id, shipment_id, name, center_code, mode, ship_date, status, created_at
FROM supplychain_shipment WHERE seller_id = %s AND (created_at, id) < (%s, %s)
ORDER BY created_at DESC, id DESC LIMIT 50
"""


def deep(ground: Ground) -> Result:
    """The ten thousandth page of one seller's shipments."""
    seller = ground.large.seller()
    shipments = Shipment.objects.for_seller(seller)
    ordered = shipments.order_by("-created_at", "-id")
    skipped = min(PAGE - 1, shipments.count() // SIZE - 1) * SIZE
    last = ordered[skipped - 1]
    first = RequestFactory().get("/")
    following = RequestFactory().get(few.page_after(last.created_at, last.pk))
    cursor = ground.raw().cursor()

    def raw() -> list[Any]:
        cursor.execute(_ROW_COMPARISON, (seller.pk, last.created_at, last.pk))
        return list(cursor.fetchall())

    def ours() -> list[Any]:
        return list(paginate(shipments, following))

    if [row.pk for row in ours()] != [row[0] for row in raw()]:
        raise AssertionError("the ways show different pages")
    peer, limit, page_1 = "OFFSET", "raw row comparison", "page 1"
    timings = in_turn(
        [
            Way("ours", ours),
            Way(page_1, lambda: list(paginate(shipments, first))),
            Way(peer, lambda: list(ordered[skipped : skipped + SIZE])),
            Way(limit, raw),
        ],
        ground.size.rounds,
    )
    sent = captured(lambda: (ours(), capped_count(shipments)))
    uncapped = [sql for sql in sent if "COUNT(" in sql and "LIMIT" not in sql]
    return Result(
        timings, "ours", "ms", len(captured(ours)), peer, limit,
        checks=(
            at_most("time against page 1", timings.ratio("ours", page_1), 2),
            at_least("times faster than OFFSET", timings.ratio(peer, "ours"), 30),
            at_most("counts without a cap", len(uncapped), 0),
        ),
    )  # fmt: skip


ROWS = (Row("list.deep", "<= 2x page 1, >= 30x faster than OFFSET; no uncapped COUNT", deep),)
