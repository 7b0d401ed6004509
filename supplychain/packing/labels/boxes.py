"""Box labels: addresses, Code 128 of the box id, and a QR code with the contents."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle
from typing import BinaryIO

from django.utils.translation import gettext as _
from reportlab.pdfgen.canvas import Canvas

from core.pdf.canvas import new_document
from core.pdf.text import BOLD, draw, draw_lines
from supplychain.packing.boxes import BoxError, split_box_id
from supplychain.packing.labels import LabelError, require_printable
from supplychain.packing.labels.codes import box_code, draw_code128, draw_qr
from supplychain.packing.labels.sheets import BOX_GRIDS
from supplychain.vocabulary import SheetSize

# The words on labels are not translated: the people at the centre read them.
_MARGIN = 14.0


@dataclass(frozen=True)
class BoxLabel:
    """What stands on one box's label; `contents` are SKUs with their units."""

    box_id: str
    shipment_name: str
    ship_from: tuple[str, ...]
    center_code: str
    ship_to: tuple[str, ...]
    number: int
    total: int
    contents: tuple[tuple[str, int], ...] = ()
    weight: str = ""

    @property
    def code(self) -> str:
        return box_code(self.box_id, self.number, self.total, self.contents)


@dataclass(frozen=True)
class _Area:
    left: float
    bottom: float
    width: float
    height: float

    @property
    def top(self) -> float:
        return self.bottom + self.height


def box_labels(labels: Iterable[BoxLabel], sheet: SheetSize | str, out: BinaryIO) -> int:
    """How many. Raises LabelError for an unknown sheet, a malformed box id and without labels."""
    try:
        grid = BOX_GRIDS[SheetSize(sheet)]
    except ValueError as error:
        raise LabelError(_("Choose one of the listed sheets.")) from error
    canvas = new_document(out, grid.paper, "Box labels")
    places = list(grid.places())
    count = 0
    for label, (left, bottom) in zip(labels, cycle(places), strict=False):
        if count and count % len(places) == 0:
            canvas.showPage()
        width, height = grid.width - 2 * _MARGIN, grid.height - 2 * _MARGIN
        _draw_label(canvas, label, _Area(left + _MARGIN, bottom + _MARGIN, width, height))
        count += 1
    if not count:
        raise LabelError(_("There are no boxes to label."))
    canvas.save()
    return count


def _draw_label(canvas: Canvas, label: BoxLabel, area: _Area) -> None:
    try:
        split_box_id(label.box_id)
    except BoxError as error:
        raise LabelError(str(error)) from error
    require_printable(
        [
            (_("Name"), label.shipment_name),
            *((_("Ship from"), line) for line in label.ship_from),
            *((_("Ship to"), line) for line in label.ship_to),
            *((_("SKU"), sku) for sku, _units in label.contents),
        ]
    )
    percent = area.height / 100
    _draw_heading(canvas, label, _band(area, 86 * percent, 14 * percent))
    _draw_addresses(canvas, label, _band(area, 62 * percent, 22 * percent))
    _draw_barcode(canvas, label, _band(area, 34 * percent, 26 * percent))
    _draw_contents(canvas, label, _band(area, 0, 32 * percent))


def _band(area: _Area, offset: float, height: float) -> _Area:
    return _Area(area.left, area.bottom + offset, area.width, height)


def _draw_heading(canvas: Canvas, label: BoxLabel, band: _Area) -> None:
    size = min(16.0, band.height * 0.42)
    place = f"Box {label.number} of {label.total}"
    heading = f"{place} – {label.weight}" if label.weight else place
    draw(canvas, heading, band.left, band.top - size, band.width, size, BOLD)
    name_size = min(10.0, band.height * 0.28)
    below = band.top - size - name_size * 1.4
    draw(canvas, label.shipment_name, band.left, below, band.width, name_size)
    canvas.setLineWidth(0.5)
    canvas.line(band.left, band.bottom, band.left + band.width, band.bottom)


def _draw_addresses(canvas: Canvas, label: BoxLabel, band: _Area) -> None:
    half = band.width / 2 - 4
    right = band.left + half + 8
    small = min(7.0, band.height * 0.12)
    lines_top = band.top - small * 1.3
    draw(canvas, "SHIP FROM", band.left, band.top - small, half, small, BOLD)
    draw(canvas, "SHIP TO", right, band.top - small, half, small, BOLD)
    below = band.height - small * 1.3
    draw_lines(canvas, label.ship_from, band.left, lines_top, half, below)
    large = min(20.0, below * 0.4)
    draw(canvas, label.center_code, right, lines_top - large, half, large, BOLD)
    draw_lines(canvas, label.ship_to, right, lines_top - large * 1.2, half, below - large * 1.2)


def _draw_barcode(canvas: Canvas, label: BoxLabel, band: _Area) -> None:
    size = min(11.0, band.height * 0.2)
    bars = band.height - size * 1.5
    draw_code128(canvas, label.box_id, band.left, band.top - bars, band.width, bars)
    base = band.bottom + size * 0.3
    draw(canvas, label.box_id, band.left, base, band.width, size, BOLD, centered=True)


def _draw_contents(canvas: Canvas, label: BoxLabel, band: _Area) -> None:
    side = min(band.height, band.width / 2)
    draw_qr(canvas, label.code, band.left, band.top - side, side)
    left = band.left + side + 4
    draw_lines(
        canvas, _summary(label.contents), left, band.top - side * 0.1, band.width - side - 4, side
    )


def _summary(contents: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    units = sum(quantity for _sku, quantity in contents)
    if not contents:
        return ("Contents not given",)
    if len(contents) == 1:
        return ("Single SKU", contents[0][0], f"Units: {units}")
    heading = f"Mixed SKUs: {len(contents)}"
    first = tuple(f"{quantity} × {sku}" for sku, quantity in contents[:5])
    more = ("…",) if len(contents) > 5 else ()
    return (heading, f"Units: {units}", *first, *more)
