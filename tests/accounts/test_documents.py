"""Uploads are judged by content: only plain PDF, JPEG and PNG files pass."""

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from accounts import documents
from accounts.documents import DocumentRefused, inspect, stored_name
from tests.factories.reviewers import PDF

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def picture(kind: str, size: tuple[int, int] = (8, 8)) -> bytes:
    out = io.BytesIO()
    Image.new("1" if kind == "PNG" else "L", size).save(out, kind)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size without holding that many pixels."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("word/vbaProject.bin", b"x")
    return out.getvalue()


def judged(content: bytes) -> documents.DocumentKind:
    return inspect(io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, documents.PDF), (picture("JPEG"), documents.JPEG), (picture("PNG"), documents.PNG)],
)
def test_accepted_by_content(content, kind):
    file = io.BytesIO(content)
    assert inspect(file) is kind
    assert file.tell() == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"alert(1)",
        b"GIF89a" + b"\0" * 20,
        archive(),
        EICAR,
        PDF.replace(b"/Type/Catalog", b"/Type/Catalog/Names<</J#61vaScript 4 0 R>>").replace(
            b"trailer",
            b"4 0 obj<</Names[(a) 5 0 R]>>endobj\n"
            b"5 0 obj<</S/J#61vaScript/JS(app.alert(1))>>endobj\ntrailer",
        ),
        b"%PDF-1.4\n<html><script>alert(1)</script>" + PDF,
        PDF + b"<script>alert(1)</script>",
        PDF[:-6],
        PDF + archive(),
        picture("JPEG") + archive(),
        PDF.replace(b"/Type", b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/Type"),
        PDF.replace(b"/Type", b"/S/Launch/F(cmd.exe)/Type"),
        PDF.replace(b"trailer", EICAR),
        picture("PNG")[:20],
        picture("JPEG")[:10],
        b"\x89PNG\r\n\x1a\n",
        png_header(30_000, 30_000),
        png_header(20_001, 10),
        png_header(10_000, 4_001),
        png_header(9_500, 9_500),
        PDF + b" " * documents.MAX_BYTES,
    ],
    ids=range(25),
)
@pytest.mark.filterwarnings("error")
def test_refused_with_a_sentence(content):
    with pytest.raises(DocumentRefused, match=r"^[A-Z].*\.$"):
        judged(content)


def test_photos_of_phones_and_files_of_scanners_are_accepted():
    """48 megapixels, and a PDF that a mail program put blank lines before."""
    assert judged(picture("JPEG", (8_000, 6_000))) is documents.JPEG
    assert judged(b"\r\n \n" + PDF) is documents.PDF


def locked(password):
    out = io.BytesIO()
    sheet = Canvas(out, encrypt=StandardEncryption(password))
    sheet.drawString(72, 720, "A bill")
    sheet.save()
    return out.getvalue()


def test_a_file_that_needs_a_password_is_refused_and_says_so():
    with pytest.raises(DocumentRefused, match="needs a password"):
        judged(locked("secret"))


def test_reviewers_see_pixels_and_nothing_that_hides_behind_them():
    """A script in a picture, or an archive behind it, is not in what is drawn of it."""
    hidden = b"<script>alert(1)</script>" + archive()
    content = picture("PNG", (900, 300))
    place = content.index(b"IEND") - 4
    content = content[:place] + content[place:] + b"x" * 4000 + hidden + b"y" * 70_000
    assert judged(content) is documents.PNG
    drawn = documents.draw(io.BytesIO(content), "image/png", 0, "ann@desk.example")
    assert b"script" not in drawn
    assert b"PK" not in drawn
    with Image.open(io.BytesIO(drawn)) as image:
        assert (image.format, image.size) == ("JPEG", (900, 300))
        assert image.convert("L").getextrema() != (0, 0), "the mark is on it"


def test_each_page_is_drawn_and_no_other():
    out = io.BytesIO()
    sheet = Canvas(out)
    for word in ("One", "Two"):
        sheet.drawString(72, 720, word)
        sheet.showPage()
    sheet.save()
    assert documents.page_count(out, "application/pdf") == 2
    first, second = (documents.draw(out, "application/pdf", page) for page in (0, 1))
    assert first != second
    with pytest.raises(DocumentRefused):
        documents.draw(out, "application/pdf", 2)


@given(st.binary(max_size=200), st.sampled_from([b"", b"%PDF-", b"\xff\xd8\xff", PDF[:60]]))
def test_any_bytes_are_judged_without_a_crash(content, start):
    try:
        judged(start + content)
    except DocumentRefused:
        return


@given(st.integers(0, 200), st.binary(min_size=1, max_size=40))
def test_damaged_pictures_are_judged_without_a_crash(place, noise):
    for content in (picture("JPEG"), picture("PNG")):
        try:
            judged(content[:place] + noise + content[place:])
        except DocumentRefused:
            continue


def test_each_scanner_sees_the_whole_file_and_may_refuse_it():
    seen = []

    def scan(file):
        seen.append(file.read())
        raise DocumentRefused("No.")

    with pytest.raises(DocumentRefused, match="No"):
        inspect(io.BytesIO(PDF), scanners=[scan])
    assert seen == [PDF]


def test_stored_name_is_random_and_has_the_extension_of_the_content():
    names = {stored_name(documents.PDF) for _ in range(10)}
    assert len(names) == 10
    assert all(name.endswith(".pdf") and len(name) == 36 for name in names)
