"""The codes on labels: Code 128 and QR as outlines, and the text of a box's QR code.

The QR code of a box holds `PH1|BOX ID|N/M|SKU:UNITS;SKU:UNITS`. Signs of this notation inside a SKU
are percent-encoded. Where not all SKUs fit, `+K` at the end counts the SKUs left out.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.pdfgen.canvas import Canvas

from supplychain.packing.boxes import box_id, split_box_id
from supplychain.packing.labels import LabelError

MARK = "PH1"
MAX_CODE_LENGTH = 240
# Blank modules that scanners need on each side of a Code 128.
_QUIET_MODULES = 10


def box_code(box: str, number: int, total: int, contents: Iterable[tuple[str, int]] = ()) -> str:
    text = f"{MARK}|{box}|{number}/{total}|"
    parts = [f"{quote(sku, safe='', errors='replace')}:{units}" for sku, units in contents]
    whole = text + ";".join(parts)
    return whole if len(whole) <= MAX_CODE_LENGTH else _shortened(text, parts)


def read_scan(text: str) -> str:
    """The box id in either code of a box label (X11); raises BoxError for any other text."""
    mark, _, rest = text.strip().partition("|")
    scanned = rest.partition("|")[0] if mark.upper() == MARK else text
    return box_id(*split_box_id(scanned))


def draw_code128(
    canvas: Canvas, text: str, x: float, y: float, width: float, height: float
) -> None:
    """The width includes the quiet zones. Raises LabelError beyond printable ASCII."""
    if not text or not text.isascii() or not text.isprintable():
        raise LabelError("A barcode holds letters, digits and plain signs only.")
    bars = _bars(text)
    module = width / (sum(bars) + 2 * _QUIET_MODULES)
    rectangles = []
    left = 0
    for place, modules in enumerate(bars):
        if place % 2 == 0:
            rectangles.append(f"{left} 0 {modules} 1 re")
        left += modules
    _fill(canvas, rectangles, (x + _QUIET_MODULES * module, y), (module, height))


def draw_qr(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """Draw a QR code in a square, its quiet zone of four modules included."""
    # A fixed mask: choosing the prettiest of eight takes five times as long and reads no better.
    code = segno.make_qr(text, error="m", mask=2, boost_error=False)
    matrix = tuple(code.matrix)
    module = side / (len(matrix) + 8)
    rectangles = [
        f"{start} {len(matrix) - row - 1} {length} 1 re"
        for row, line in enumerate(matrix)
        for start, length in _runs(line)
    ]
    _fill(canvas, rectangles, (x + 4 * module, y + 4 * module), (module, module))


class _Outline:
    """Rectangles in whole numbers: a third of the time of reportlab's own path."""

    def __init__(self, rectangles: list[str]) -> None:
        self._rectangles = rectangles

    def getCode(self) -> str:
        return "n " + " ".join(self._rectangles)


def _fill(
    canvas: Canvas, rectangles: list[str], origin: tuple[float, float], scale: tuple[float, float]
) -> None:
    """Fill rectangles given in modules from an origin."""
    canvas.saveState()
    canvas.translate(*origin)
    canvas.scale(*scale)
    canvas.drawPath(_Outline(rectangles), stroke=0, fill=1)
    canvas.restoreState()


def _shortened(text: str, parts: list[str]) -> str:
    kept: list[str] = []
    for part in parts:
        if len(text) + len(";".join([*kept, part, "+99999"])) > MAX_CODE_LENGTH:
            break
        kept.append(part)
    return text + ";".join([*kept, f"+{len(parts) - len(kept)}"])


def _bars(text: str) -> list[int]:
    """Return the widths, in modules, of bars and gaps in turn."""
    code = Code128(text, quiet=False)
    code.validate()
    code.encode()
    return ["ABCD".index(letter.upper()) + 1 for letter in code.decompose()]


def _runs(line: Sequence[int]) -> Iterable[tuple[int, int]]:
    start = None
    for place, dark in enumerate([*line, 0]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None
