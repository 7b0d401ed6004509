"""Labels are read back from the finished PDF as a scanner would read them."""

import io
import re
from unicodedata import normalize

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pdf.canvas import new_document
from core.pdf.text import REGULAR, draw, fit
from supplychain.packing.boxes import BoxError, box_id
from supplychain.packing.labels import LabelError
from supplychain.packing.labels.boxes import BoxLabel, box_labels
from supplychain.packing.labels.codes import MAX_CODE_LENGTH, box_code, read_scan
from supplychain.packing.labels.items import ItemLabel, item_labels
from supplychain.packing.labels.sheets import BOX_GRIDS, ITEM_GRIDS
from supplychain.vocabulary import ItemSheet, SheetSize

LONG_NAME = "<b>{{7*7}}</b> \0\n" + "long " * 80
WORDS = {
    "Latin": "Łódź, Ångström & Söhne, Việt Nam",
    "Cyrillic": "Южный Ёлочный склад, Київ",
    "Greek": "Ελληνική Αποθήκη, ἀρχή",
    "Han": "上海市浦东新区 漢字 龍",
    "Kana": "アマゾン かな ｶﾅ ー「大阪」",
    "Hangul": "서울특별시 강남구",
}
FOREIGN = {
    "Arabic": "شركة",
    "Hebrew": "עברית",
    "Thai": "ไทย",
    "Devanagari": "हिन्दी",
    "Tamil": "தமிழ்",
    "Georgian": "ქართული",
    "Armenian": "Հայաստան",
    "emoji": "🎉",
    "a rare Han sign": "𠮷野家",
    "Arabic digits": "٣",
}


def label(number=1, total=3, **changes):
    values = {
        "box_id": box_id("FBA15DJ9S3J5", number),
        "shipment_name": "Spring restock",
        "ship_from": ("Harbour Packing", "12 Quay Road", "Newark, NJ 07105"),
        "center_code": "ABE2",
        "ship_to": ("Fulfilment centre ABE2", "PA, US"),
        "number": number,
        "total": total,
        "contents": (("SKU-1", 5), ("SKU-2", 7)),
        "weight": "22.5 lb",
    }
    return BoxLabel(**values | changes)


def boxes_pdf(labels, sheet=SheetSize.THERMAL):
    out = io.BytesIO()
    box_labels(labels, sheet, out)
    return out.getvalue()


def scanned(pdf):
    """Return (symbology, text) of each code, in the order of the pages."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        picture = page.render(scale=3, grayscale=True).to_pil()
        codes = zxingcpp.read_barcodes(picture)
        found += sorted((str(code.format), code.text) for code in codes)
    return found


def written(pdf):
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


@pytest.mark.parametrize("sheet", SheetSize)
def test_both_codes_can_be_read_on_every_sheet(sheet):
    labels = [label(1), label(2, contents=(("S" * 200, 9),)), label(3)]
    codes = scanned(boxes_pdf(labels, sheet))
    assert {text for kind, text in codes if kind == "Code 128"} == {x.box_id for x in labels}
    assert {text for kind, text in codes if kind == "QR Code"} == {x.code for x in labels}


@pytest.mark.parametrize("sheet", SheetSize)
def test_labels_stay_on_the_paper(sheet):
    grid = BOX_GRIDS[sheet]
    for left, bottom in grid.places():
        assert left >= -0.01
        assert bottom >= -0.01
        assert left + grid.width <= grid.paper[0] + 0.01
        assert bottom + grid.height <= grid.paper[1] + 0.01


@pytest.mark.parametrize("sheet", SheetSize)
def test_sheets_have_the_paper_and_the_labels_of_their_name(sheet):
    """Letter is 8.5 by 11 in, A4 is 210 by 297 mm; two labels lie side by side on the long side,
    and the labels of a sheet share it in equal parts without a gap."""
    grid = BOX_GRIDS[sheet]
    letter, a4 = (612, 792), (595.28, 841.89)
    paper, columns, rows = {
        SheetSize.LETTER_2: (letter[::-1], 2, 1),
        SheetSize.LETTER_4: (letter, 2, 2),
        SheetSize.LETTER_6: (letter, 2, 3),
        SheetSize.A4_2: (a4[::-1], 2, 1),
        SheetSize.A4_4: (a4, 2, 2),
        SheetSize.PLAIN_PAPER: (letter, 1, 1),
        SheetSize.THERMAL: ((288, 432), 1, 1),
    }[sheet]
    assert grid.paper == pytest.approx(paper, abs=0.01)
    page = pypdfium2.PdfDocument(boxes_pdf([label()], sheet))[0]
    assert page.get_size() == pytest.approx(paper, abs=0.01)
    places = list(grid.places())
    assert len(places) == columns * rows
    if sheet == SheetSize.PLAIN_PAPER:
        assert (grid.width, grid.height) == (288, 432)
        return
    wide, high = paper[0] / columns, paper[1] / rows
    assert (grid.width, grid.height) == pytest.approx((wide, high), abs=0.01)
    expected = [(c * wide, (rows - 1 - r) * high) for r in range(rows) for c in range(columns)]
    for place, corner in zip(places, expected, strict=True):
        assert place == pytest.approx(corner, abs=0.01)


def test_pages_and_count():
    out = io.BytesIO()
    assert box_labels((label(n) for n in range(1, 10)), "PackageLabel_Letter_4", out) == 9
    assert len(pypdfium2.PdfDocument(out.getvalue())) == 3


def test_same_labels_give_the_same_bytes():
    labels = [label(1), label(2, shipment_name=LONG_NAME, ship_from=tuple(WORDS.values()))]
    assert boxes_pdf(labels) == boxes_pdf(labels)


def test_text_stands_on_the_label():
    text = written(boxes_pdf([label(2, 12)]))
    for expected in ("Box 2 of 12", "22.5 lb", "ABE2", "Newark, NJ 07105", "Mixed SKUs: 2", "12"):
        assert expected in text


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS.keys())
def test_every_script_is_printed_with_shipped_fonts(text):
    """What is typed stands on the label, in fonts that the document carries, and is no blank: its
    signs leave ink. Both codes can still be read."""
    odd = label(shipment_name=text, ship_from=(text, LONG_NAME), contents=((text, 3),))
    pdf = boxes_pdf([odd])
    assert text in written(pdf)
    assert ("Code 128", odd.box_id) in scanned(pdf)
    assert ("QR Code", odd.code) in scanned(pdf)
    assert embedded(pdf)
    for char in set(text.replace(" ", "")):
        assert inked(char), f"{char} is drawn as nothing"


def test_text_typed_apart_is_put_together():
    """Letters and accents, or syllables, in pieces: as some keyboards and files have them."""
    for text in ("Ångström", "서울", "アガ"):
        assert text in written(boxes_pdf([label(shipment_name=normalize("NFD", text))]))


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN.keys())
def test_other_scripts_are_refused_with_the_name_of_the_field(text):
    """Better no label than one with blanks, or with letters in another order."""
    for field, changes in {
        "Name": {"shipment_name": f"Mugs {text}"},
        "Ship from": {"ship_from": ("Harbour", f"1 {text}")},
        "SKU": {"contents": (("A", 1), (f"MUG-{text}", 2))},
    }.items():
        with pytest.raises(LabelError, match=f"^“{field}” holds “.”, which labels cannot print"):
            boxes_pdf([label(1), label(2, **changes)])
    with pytest.raises(LabelError, match="^“Title” holds"):
        items_pdf([ItemLabel("X1", f"Mug {text}")], "A4_21")


def embedded(pdf):
    """Whether every font of the document is in it: a viewer needs none of its own."""
    fonts = {*re.findall(rb"/BaseFont /(\S+)", pdf)} - {b"Helvetica"}  # named, and never used
    return len(fonts) == pdf.count(b"/FontFile2 ") > 0


def inked(char):
    """Whether a sign on an otherwise empty page leaves anything there, and no empty frame."""
    out = io.BytesIO()
    canvas = new_document(out, (60, 60), "")
    draw(canvas, char, 10, 15, 50, 30)
    canvas.save()
    picture = pypdfium2.PdfDocument(out.getvalue())[0].render(scale=1, grayscale=True).to_pil()
    return picture.getextrema()[0] < 200


def test_long_text_is_cut_to_its_width():
    runs = fit("word " * 100, 100, 9, REGULAR)
    assert runs[-1][1].endswith("…")
    assert len("".join(part for _, part in runs)) < 40


@settings(max_examples=30)
@given(st.text(max_size=40))
def test_any_text_fits(text):
    assert len(fit(text, 60, 9, REGULAR)) <= 41


def test_empty_box_and_single_sku_are_named():
    assert "Contents not given" in written(boxes_pdf([label(contents=())]))
    assert "Single SKU" in written(boxes_pdf([label(contents=(("A", 40),))]))


@pytest.mark.parametrize(
    ("labels", "sheet"),
    [
        ([], "PackageLabel_Thermal"),
        ([label()], "A5"),
        ([label(box_id="X")], "PackageLabel_Thermal"),
    ],
)
def test_refused_box_labels(labels, sheet):
    with pytest.raises(LabelError, match=r"^[A-Z].*\.$"):
        box_labels(labels, sheet, io.BytesIO())


def test_box_code_quotes_its_own_signs_and_counts_what_does_not_fit():
    box = box_id("FBA15DJ9S3J5", 1)
    assert box_code(box, 1, 2, [("A|;:%ü", 3)]) == f"PH1|{box}|1/2|A%7C%3B%3A%25%C3%BC:3"
    many = box_code(box, 1, 2, [(f"SKU-{n}", n) for n in range(500)])
    kept = many.rpartition("|")[2].split(";")
    assert len(many) <= MAX_CODE_LENGTH
    assert kept[-1] == f"+{500 - len(kept) + 1}"


@given(
    st.integers(1, 999_999),
    st.lists(st.tuples(st.text(min_size=1, max_size=255), st.integers(1, 500_000)), max_size=9),
)
def test_every_box_code_leads_back_to_its_box(number, contents):
    box = box_id("FBA15DJ9S3J5", number)
    code = box_code(box, number, 999_999, [(sku.encode().hex(), n) for sku, n in contents])
    assert len(code) <= MAX_CODE_LENGTH
    assert read_scan(code) == read_scan(f" {box.lower()} ") == box


@pytest.mark.parametrize(
    "text", ["", "PH1", "PH1|", "PH2|FBA15DJ9S3J5U000001", "https://x.example"]
)
def test_other_codes_are_refused(text):
    with pytest.raises(BoxError):
        read_scan(text)


def items_pdf(labels, sheet):
    out = io.BytesIO()
    item_labels(labels, sheet, out)
    return out.getvalue()


@pytest.mark.parametrize("sheet", ItemSheet)
def test_item_codes_can_be_read_on_every_sheet(sheet):
    grid = ITEM_GRIDS[sheet]
    full = grid.rows * grid.columns
    pdf = items_pdf([ItemLabel("X0014BIZ8T", LONG_NAME), ItemLabel("B00ABC1234", "Mug")], sheet)
    assert {text for _, text in scanned(pdf)} == {"X0014BIZ8T", "B00ABC1234"}
    assert len(pypdfium2.PdfDocument(items_pdf([ItemLabel("X1", "Mug", copies=full)], sheet))) == 1


@pytest.mark.parametrize("sheet", ItemSheet)
def test_item_labels_stay_on_the_paper_and_match_their_name(sheet):
    grid = ITEM_GRIDS[sheet]
    corners = list(grid.places())
    assert len(corners) == int(sheet.value.split("_")[1].rstrip("i"))
    assert min(min(corner) for corner in corners) >= 0
    assert corners[-1][0] + grid.width <= grid.paper[0] + 0.01


def test_item_copies_fill_pages():
    out = io.BytesIO()
    assert item_labels([ItemLabel("X1", "Mug", copies=31)], "Letter_30", out) == 31
    assert len(pypdfium2.PdfDocument(out.getvalue())) == 2


@pytest.mark.parametrize(
    ("labels", "sheet"),
    [
        ([], "A4_21"),
        ([ItemLabel("X1", "Mug")], "A3"),
        ([ItemLabel("", "Mug")], "A4_21"),
        ([ItemLabel("X" * 11, "Mug")], "A4_21"),
        ([ItemLabel("Ä1", "Mug")], "A4_21"),
        ([ItemLabel("X1", "Mug", copies=10_001)], "A4_21"),
        ([ItemLabel("X1", "Mug", copies=2), ItemLabel("X2", "Mug", copies=-1)], "A4_21"),
    ],
)
def test_refused_item_labels(labels, sheet):
    with pytest.raises(LabelError, match=r"^[A-Z].*\.$"):
        item_labels(labels, sheet, io.BytesIO())
