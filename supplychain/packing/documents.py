"""What goes out as a file, and boxes as lists show them."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from core.web.formats import short_day
from core.web.pagination import Page, paginate
from core.web.spreadsheets import csv_lines
from supplychain.centers import country_of, place_of
from supplychain.models import Box, BoxItem, Share, Shipment, ShipmentItem
from supplychain.packing.boxes import UNKNOWN_LIMITS, box_id, box_notes, limits_in
from supplychain.packing.tracking import carriers_of
from supplychain.packing.units import (
    entered_unit,
    entered_weight,
    from_grams,
    from_millimetres,
)
from supplychain.vocabulary import LengthUnit, TransportMode, WeightUnit

if TYPE_CHECKING:
    from supplychain.packing.labels.boxes import BoxLabel

# reportlab is loaded when somebody first prints: it is a tenth of the time that every command takes
# to start.
CHUNK = 2000
PACK_LIST = ("Box id", "Box", "SKU", "FNSKU", "Title", "Units", "Expiry", "Lot")


def attachment[R: HttpResponseBase](response: R, name: str) -> R:
    """Make the answer a download that is never cached or shown as a page."""
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def box_labels_pdf(share: Share, sheet: str) -> HttpResponse:
    """The same boxes give the same bytes (U34). Raises LabelError without boxes."""
    from supplychain.packing.labels.boxes import box_labels  # loads reportlab

    out = io.BytesIO()
    box_labels(_labels(share), sheet, out)
    response = HttpResponse(out.getvalue(), content_type="application/pdf")
    return attachment(response, f"{share.shipment.shipment_id}-box-labels.pdf")


def _labels(share: Share) -> Iterator["BoxLabel"]:
    from supplychain.packing.labels.boxes import BoxLabel  # loads reportlab

    shipment = share.shipment
    boxes = list(share.boxes.prefetch_related("contents__item"))
    place = place_of(shipment.center_code)
    ship_to = (f"{settings.MARKETPLACE_NAME} fulfilment centre", *([place] if place else []))
    for number, box in enumerate(boxes, start=1):
        yield BoxLabel(
            box_id=box_id(shipment.shipment_id, box.number),
            shipment_name=shipment.name,
            ship_from=shipment.sender,
            center_code=shipment.center_code,
            ship_to=ship_to,
            number=number,
            total=len(boxes),
            contents=tuple(
                (content.item.msku, content.quantity)
                for content in sorted(box.contents.all(), key=lambda content: content.item_id)
            ),
            weight=_weight(box)[0],
        )


def item_labels_pdf(item: ShipmentItem, sheet: str, copies: int) -> HttpResponse:
    """Raises LabelError."""
    from supplychain.packing.labels.items import ItemLabel, item_labels  # loads reportlab

    out = io.BytesIO()
    label = ItemLabel(item.fnsku, item.title or item.msku, copies=copies)
    item_labels([label], sheet, out)
    response = HttpResponse(out.getvalue(), content_type="application/pdf")
    return attachment(response, f"{item.fnsku}-labels.pdf")


def pack_list(boxes: QuerySet[Box], shipment: Shipment) -> StreamingHttpResponse:
    """What is in these boxes as a CSV file, line by line, in the order of the boxes (U39)."""
    held = BoxItem.objects.filter(box__in=boxes).order_by("box__number", "item_id")
    rows = held.values_list(
        "box__number", "item__msku", "item__fnsku", "item__title", "quantity", "expiry", "item__lot"
    )
    lines = (
        (box_id(shipment.shipment_id, number), number, *cells)
        for number, *cells in rows.iterator(chunk_size=CHUNK)
    )
    response = StreamingHttpResponse(
        csv_lines(PACK_LIST, lines), content_type="text/csv; charset=utf-8"
    )
    return attachment(response, f"{shipment.shipment_id}-pack-list.csv")


def journey_facts(shipment: Shipment) -> list[tuple[str, str]]:
    """Where a shipment goes, how, when and from where, as the pages of both sides say it."""
    place = place_of(shipment.center_code) or _("not on the public list")
    limits = limits_in(country_of(shipment.center_code))
    parcel = shipment.mode == TransportMode.SP
    return [
        ("Fulfilment centre", f"{shipment.center_code}, {place}"),
        ("How it travels", shipment.get_mode_display()),
        ("Ship date", short_day(shipment.ship_date)),
        ("Ship from", ", ".join(shipment.sender) or "not set"),
        *([(_("Limits of a box"), _(limits.told if limits else UNKNOWN_LIMITS))] if parcel else []),
    ]


def box_page(rows: Any, shipment: Shipment, request: HttpRequest, *, size: int) -> Page[Any]:
    """One page of boxes with their contents, in order; two queries."""
    rows = placed(rows).prefetch_related("contents__item")
    page = paginate(rows, request, order=("number", "id"), size=size, parameter="boxes")
    return replace(page, items=[box_row(box, shipment) for box in page])


def placed(boxes: QuerySet[Box]) -> QuerySet[Any]:
    """The boxes with their `place` among the `total` of their share, as labels count them."""
    theirs = Box.objects.filter(share=OuterRef("share")).order_by().values("share")
    count = theirs.annotate(n=Count("pk")).values("n")
    before = theirs.filter(number__lte=OuterRef("number")).annotate(n=Count("pk")).values("n")
    return boxes.annotate(place=Subquery(before), total=Subquery(count))


def box_row(box: Any, shipment: Shipment) -> dict[str, Any]:
    contents = sorted(box.contents.all(), key=lambda content: content.item_id)
    sides = (box.length_mm, box.width_mm, box.height_mm)
    typed, other = _weight(box)
    return {
        "public_id": box.public_id,
        "name": _("Box %(place)s of %(total)s") % {"place": box.place, "total": box.total},
        "code": box_id(shipment.shipment_id, box.number),
        "weight": typed,
        "weight_other": other,
        "size": _size(sides, entered_unit(sides, box.length_unit)),
        "contents": [f"{content.quantity:,} × {content.item.msku}" for content in contents],
        "notes": notes_of(box, shipment),
        "tracking": box.tracking_number,
        "carrier": carriers_of(box.tracking_number),
        "verdict": box.tracking_verdict,
        "verdict_label": box.get_tracking_verdict_display() if box.tracking_verdict else "",
    }


def notes_of(box: Box, shipment: Shipment) -> list[str]:
    """What the box's weight and size mean, in sentences."""
    units = sum(content.quantity for content in box.contents.all())
    sides = (box.length_mm, box.width_mm, box.height_mm)
    parcel = shipment.mode == TransportMode.SP
    limits = limits_in(country_of(shipment.center_code))
    notes = box_notes(box.weight_g, sides, units=units, parcel=parcel, limits=limits)
    return [note.message for note in notes]


def _weight(box: Box) -> tuple[str, str]:
    """In the unit it was typed in, and in the other one."""
    amount, unit = entered_weight(box.weight_g, box.weight_unit)
    other = WeightUnit.KG if unit == WeightUnit.LB else WeightUnit.LB
    return f"{amount} {unit.label}", f"{from_grams(box.weight_g, other)} {other.label}"


def _size(sides: tuple[Any, ...], unit: LengthUnit) -> str:
    return f"{' × '.join(str(from_millimetres(side, unit)) for side in sides)} {unit.label}"
