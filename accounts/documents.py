"""Identity documents: what may be uploaded, judged by content alone, and how it is shown (B8).

The name and the type that the browser sends are never looked at. Reviewers see pictures that are
drawn here from the pixels, never the file: whatever else it holds stays where it is.
"""

import io
import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from typing import Any, BinaryIO

import pypdfium2
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont, ImageOps
from pypdfium2 import raw as pdfium

from accounts.models import IdentityDocument
from core.errors import Ended

MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE = 20_000
# A JPEG is decoded at a fraction of its size, a PNG as a whole.
MAX_PIXELS = {"image/jpeg": 80_000_000, "image/png": 40_000_000}
MAX_PAGES = 20
ACCEPT = ".pdf,.jpg,.jpeg,.png"

_EDGE = 1024
_DRAWN_SIDE = 2000
# PDFium is not made for threads, and the web server has them.
_PDFIUM = Lock()
# A ZIP's directory stands in the last 64 kB: there a document may hide another file.
_ZIP_TAIL = 66_000
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed)\b|<\?php|javascript:",
    re.IGNORECASE,
)
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|RichMedia|XFA)\b")
_TEST_VIRUS = re.compile(rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE")

Scanner = Callable[[BinaryIO], None]


class DocumentRefused(ValueError):
    """The file is not accepted; `str()` is a sentence for the person."""


@dataclass(frozen=True)
class DocumentKind:
    mime: str
    extension: str


PDF = DocumentKind("application/pdf", ".pdf")
JPEG = DocumentKind("image/jpeg", ".jpg")
PNG = DocumentKind("image/png", ".png")


def refuse_test_virus(file: BinaryIO) -> None:
    """Raise DocumentRefused for the virus scanners' test file; takes a file at its start."""
    if _TEST_VIRUS.search(file.read(MAX_BYTES)):
        raise DocumentRefused("A virus scanner would stop this file. Upload another one.")


def inspect(file: BinaryIO, scanners: Iterable[Scanner] = (refuse_test_virus,)) -> DocumentKind:
    """Return what an uploaded file is: a PDF, a JPEG or a PNG.

    Takes a seekable file; leaves it at its start. Each scanner gets the file at its start and
    raises to refuse it. Raises DocumentRefused for every other type, for files that are two types
    at once, for active content, for what needs a password or cannot be drawn, and for sizes beyond
    the limits.
    """
    size = file.seek(0, 2)
    if size == 0:
        raise DocumentRefused("This file is empty.")
    if size > MAX_BYTES:
        raise DocumentRefused(f"This file is larger than {MAX_BYTES // 1024 // 1024} MB.")
    kind = _kind_of(_part(file, 0, _EDGE))
    _refuse_second_type(file, size)
    if kind is PDF:
        _check_pdf(file, size)
    else:
        _check_image(file, kind)
    for scan in scanners:
        file.seek(0)
        scan(file)
    draw(file, kind.mime, 0)
    file.seek(0)
    return kind


def stored_name(kind: DocumentKind) -> str:
    """Return a random file name that tells nothing of the person or the uploaded name."""
    return secrets.token_hex(16) + kind.extension


def _part(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _kind_of(head: bytes) -> DocumentKind:
    starts = {b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
    for start, kind in starts.items():
        if head.startswith(start):
            return kind
    # Scanners and mail programs put blank lines before it, and PDF readers read on.
    if head.lstrip().startswith(b"%PDF-"):
        return PDF
    raise DocumentRefused("Upload a PDF, JPEG or PNG file. This file is none of them.")


def _refuse_second_type(file: BinaryIO, size: int) -> None:
    """Refuse markup at either end and a ZIP (also an office file) behind the document."""
    edges = (_part(file, 0, _EDGE), _part(file, max(0, size - _EDGE), _EDGE))
    tail = _part(file, max(0, size - _ZIP_TAIL), _ZIP_TAIL)
    if any(_MARKUP.search(edge) for edge in edges) or b"PK\x05\x06" in tail:
        raise DocumentRefused("This file holds a second file. Upload a plain scan or photo.")


def _check_pdf(file: BinaryIO, size: int) -> None:
    if b"%%EOF" not in _part(file, max(0, size - _EDGE), _EDGE):
        raise DocumentRefused("This PDF is damaged or incomplete.")
    active = DocumentRefused("This PDF holds programs or forms. Print it to a new PDF first.")
    if _ACTIVE_PDF.search(_part(file, 0, size)):
        raise active
    with _PDFIUM, closing(_opened(file)) as pdf:
        if len(pdf) > MAX_PAGES:
            raise DocumentRefused(
                _("This PDF has more than %(most)d pages. Upload those that matter.")
                % {"most": MAX_PAGES}
            )
        # Names written in hex, and what stands in compressed streams, the library has read.
        programs = pdfium.FPDFDoc_GetJavaScriptActionCount(pdf)
        if programs or pdf.count_attachments() or pdf.get_formtype() > pdfium.FORMTYPE_ACRO_FORM:
            raise active


def _opened(file: BinaryIO) -> pypdfium2.PdfDocument:
    file.seek(0)
    try:
        return pypdfium2.PdfDocument(file.read())
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            needed = _("This PDF needs a password. Save it without one, and upload that.")
            raise DocumentRefused(needed) from error
        raise DocumentRefused(_("This PDF is damaged or incomplete.")) from error


def _check_image(file: BinaryIO, kind: DocumentKind) -> None:
    """Read the header only: a small file may unpack to gigabytes."""
    most = MAX_PIXELS[kind.mime]
    too_large = DocumentRefused(
        f"This picture is larger than {MAX_SIDE:,} pixels a side or {most:,} in all."
    )
    file.seek(0)
    try:
        with Image.open(file, formats=["PNG" if kind is PNG else "JPEG"]) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError) as error:
        raise DocumentRefused("This picture is damaged.") from error
    if max(width, height) > MAX_SIDE or width * height > most:
        raise too_large


def page_count(file: BinaryIO, mime: str) -> int:
    """How many pictures `draw` makes of it."""
    if mime != PDF.mime:
        return 1
    with _PDFIUM, closing(_opened(file)) as pdf:
        return min(len(pdf), MAX_PAGES)


def draw(file: BinaryIO, mime: str, page: int, mark: str = "") -> bytes:
    """One page as a JPEG made of its pixels alone, at most 2,000 pixels a side, `mark` all over it.

    Pages count from 0. Raises DocumentRefused when there is no such page or it cannot be drawn.
    """
    try:
        image = _pdf_page(file, page) if mime == PDF.mime else _photo(file, page)
    except (OSError, ValueError, SyntaxError, MemoryError, pypdfium2.PdfiumError) as error:
        if isinstance(error, DocumentRefused):
            raise
        raise DocumentRefused(_("This file cannot be drawn: it is damaged.")) from error
    if mark:
        image = _marked(image, mark)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def _pdf_page(file: BinaryIO, page: int) -> Image.Image:
    with _PDFIUM, closing(_opened(file)) as pdf:
        if not 0 <= page < min(len(pdf), MAX_PAGES):
            raise DocumentRefused(_("This document has no such page."))
        sheet = pdf[page]
        scale = min(_DRAWN_SIDE / max(*sheet.get_size(), 1), 4)
        return sheet.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")


def _photo(file: BinaryIO, page: int) -> Image.Image:
    if page != 0:
        raise DocumentRefused(_("This document has no such page."))
    file.seek(0)
    with Image.open(file, formats=["PNG", "JPEG"]) as image:
        image.draft("RGB", (_DRAWN_SIDE, _DRAWN_SIDE))
        drawn = ImageOps.exif_transpose(image)
        drawn.thumbnail((_DRAWN_SIDE, _DRAWN_SIDE))
        return drawn.convert("RGB")


def _marked(image: Image.Image, mark: str) -> Image.Image:
    """Who looks and when, so that a picture that gets about says through whom."""
    size = max(14, max(image.size) // 50)
    layer = Image.new("RGBA", image.size)
    pen, font = ImageDraw.Draw(layer), ImageFont.load_default(size)
    wide = max(1, int(pen.textlength(mark, font=font))) + 4 * size
    for row, y in enumerate(range(0, image.height, 7 * size)):
        for x in range(-(row % 2) * wide // 2, image.width, wide):
            pen.text((x, y), mark, font=font, fill=(90, 90, 90, 110))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


POLICY = f"default-src {CSP.NONE}; sandbox"


def document_response(document: IdentityDocument) -> FileResponse:
    """The file itself, as a download. The caller has checked the reader. Raises Ended for a
    document that was deleted."""
    name = f"{document.kind.replace('_', '-')}.{document.stored_name.rpartition('.')[2]}"
    content = _content(document)
    response = FileResponse(content, as_attachment=True, filename=name, content_type=document.mime)
    return _private(response)


def picture_response(document: IdentityDocument, page: int, mark: str) -> HttpResponse:
    """One page as a picture for the window; raises as `document_response`, and DocumentRefused."""
    with closing(_content(document)) as content:
        drawn = draw(content, document.mime, page, mark)
    return _private(HttpResponse(drawn, content_type=JPEG.mime))


def pages_of(document: IdentityDocument) -> range:
    """The numbers of its pages; none when the file is gone or cannot be read."""
    try:
        with closing(_content(document)) as content:
            return range(page_count(content, document.mime))
    except (Ended, DocumentRefused):
        return range(0)


def _content(document: IdentityDocument) -> Any:
    if not document.file:
        raise Ended("This document was deleted: it is kept for a limited time only.")
    try:
        return document.file.open("rb")
    except FileNotFoundError:
        raise Ended("This document is no longer there.") from None


def _private[R: HttpResponseBase](response: R) -> R:
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
