"""The pack list of a shipment as CSV (U39)."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date

_HEADER = ("Box id", "Box", "SKU", "FNSKU", "Title", "Units", "Expiry", "Lot")
# A spreadsheet takes a cell that starts so for a formula (B9).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class PackLine:
    """So many units of one SKU in one box."""

    box_id: str
    number: int
    sku: str
    fnsku: str
    title: str
    quantity: int
    expiry: date | None = None
    lot: str = ""


def pack_list_csv(lines: Iterable[PackLine]) -> Iterator[bytes]:
    """Yield the pack list line by line as UTF-8, the mark that spreadsheets look for first.

    Cells that a spreadsheet would take for a formula start with an apostrophe.
    """
    yield b"\xef\xbb\xbf" + _encoded(_HEADER)
    for line in lines:
        yield _encoded(tuple(_cell(value) for value in astuple(line)))


def _encoded(cells: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: str | int | date | None) -> str:
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
