"""The pack list of a shipment as CSV (U39)."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date

from core.web.spreadsheets import csv_lines

_HEADER = ("Box id", "Box", "SKU", "FNSKU", "Title", "Units", "Expiry", "Lot")


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
    return csv_lines(_HEADER, map(astuple, lines))
