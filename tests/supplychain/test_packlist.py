"""The pack list can be opened by a spreadsheet without running anything."""

import csv
import io
from datetime import date

from core.web.spreadsheets import csv_lines
from supplychain.packing.documents import PACK_LIST


def read(*lines):
    content = b"".join(csv_lines(PACK_LIST, lines))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_lines_come_back():
    line = ("FBA15DJ9S3J5U000001", 1, "SKU;1", 'X"1', "Größe 株", 7, date(2027, 5, 1), "L,1")
    header, row = read(line)
    assert header[:3] == ["Box id", "Box", "SKU"]
    assert row == [
        "FBA15DJ9S3J5U000001",
        "1",
        "SKU;1",
        'X"1',
        "Größe 株",
        "7",
        "2027-05-01",
        "L,1",
    ]


def test_formulas_are_neutralised():
    for sku in ("=1+1", "+1", "-1", "@x", "\tx", "\rx"):
        assert read(("F", 1, sku, "X", "", 1))[1][2] == "'" + sku


def test_empty_list_has_a_header():
    assert len(read()) == 1
