"""Item labels: Code 128 of the FNSKU, title and condition on sheets of small labels."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from typing import BinaryIO

from django.utils.translation import gettext as _
from reportlab.pdfgen.canvas import Canvas

from core.pdf.canvas import new_document
from core.pdf.text import BOLD, draw
from supplychain.packing.labels import LabelError, require_printable
from supplychain.packing.labels.codes import draw_code128
from supplychain.packing.labels.sheets import ITEM_GRIDS, Grid
from supplychain.vocabulary import ItemSheet

MAX_ITEM_LABELS = 10_000
MAX_FNSKU = 10
_MARGIN = 6.0


@dataclass(frozen=True)
class ItemLabel:
    """What stands on the label of one unit, and how many of it to print."""

    fnsku: str
    title: str
    condition: str = "New"
    copies: int = 1


def item_labels(labels: Iterable[ItemLabel], sheet: ItemSheet | str, out: BinaryIO) -> int:
    """How many. Raises LabelError for an unknown sheet, a bad FNSKU, none and more than 10,000."""
    try:
        grid = ITEM_GRIDS[ItemSheet(sheet)]
    except ValueError as error:
        raise LabelError(_("Choose one of the listed sheets.")) from error
    wanted = list(labels)
    total = sum(label.copies for label in wanted)
    if not 1 <= total <= MAX_ITEM_LABELS or any(label.copies < 0 for label in wanted):
        message = _("Print between 1 and %(most)s item labels at a time.")
        raise LabelError(message % {"most": f"{MAX_ITEM_LABELS:,}"})
    canvas = new_document(out, grid.paper, "Item labels")
    _draw_all(canvas, grid, wanted)
    canvas.save()
    return total


def _draw_all(canvas: Canvas, grid: Grid, labels: list[ItemLabel]) -> None:
    """Draw each label once as a form and stamp it as often as it has copies."""
    for number, label in enumerate(labels):
        canvas.beginForm(f"label{number}", 0, 0, grid.width, grid.height)
        _draw_label(canvas, label, grid)
        canvas.endForm()
    stamps = chain.from_iterable(
        repeat(f"label{number}", label.copies) for number, label in enumerate(labels)
    )
    places = list(grid.places())
    for stamped, (form, (left, bottom)) in enumerate(zip(stamps, cycle(places), strict=False)):
        if stamped and stamped % len(places) == 0:
            canvas.showPage()
        canvas.saveState()
        canvas.translate(left, bottom)
        canvas.doForm(form)
        canvas.restoreState()


def _draw_label(canvas: Canvas, label: ItemLabel, grid: Grid) -> None:
    if not 1 <= len(label.fnsku) <= MAX_FNSKU or not label.fnsku.isalnum():
        raise LabelError(_("An FNSKU has 1 to 10 letters and digits."))
    require_printable([(_("Title"), label.title), (_("Condition"), label.condition)])
    width = grid.width - 2 * _MARGIN
    line = min(8.0, grid.height * 0.11)
    bars_bottom = _MARGIN + line * 3.6
    draw_code128(
        canvas, label.fnsku, _MARGIN, bars_bottom, width, grid.height - bars_bottom - _MARGIN
    )
    draw(canvas, label.fnsku, _MARGIN, _MARGIN + line * 2.6, width, line, BOLD, centered=True)
    draw(canvas, label.title, _MARGIN, _MARGIN + line * 1.3, width, line, centered=True)
    draw(canvas, label.condition, _MARGIN, _MARGIN, width, line, centered=True)
