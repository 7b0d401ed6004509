"""Identity documents: what may be uploaded, judged by content alone (B8).

The name and the type that the browser sends are never looked at.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from django.http import FileResponse
from django.utils.csp import CSP
from PIL import Image

from accounts.models import IdentityDocument
from core.errors import Ended

MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE = 12_000
MAX_PIXELS = 40_000_000
ACCEPT = ".pdf,.jpg,.jpeg,.png"

_EDGE = 1024
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
    at once, for active content, and for sizes beyond the limits. Images are not decoded.
    """
    size = file.seek(0, 2)
    if size == 0:
        raise DocumentRefused("This file is empty.")
    if size > MAX_BYTES:
        raise DocumentRefused(f"This file is larger than {MAX_BYTES // 1024 // 1024} MB.")
    kind = _kind_of(_part(file, 0, 16))
    _refuse_second_type(file, size)
    if kind is PDF:
        _check_pdf(file, size)
    else:
        _check_image(file, kind)
    for scan in scanners:
        file.seek(0)
        scan(file)
    file.seek(0)
    return kind


def stored_name(kind: DocumentKind) -> str:
    """Return a random file name that tells nothing of the person or the uploaded name."""
    return secrets.token_hex(16) + kind.extension


def _part(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _kind_of(head: bytes) -> DocumentKind:
    starts = {b"%PDF-": PDF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
    for start, kind in starts.items():
        if head.startswith(start):
            return kind
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
    if _ACTIVE_PDF.search(_part(file, 0, size)):
        raise DocumentRefused("This PDF holds programs or forms. Print it to a new PDF first.")


def _check_image(file: BinaryIO, kind: DocumentKind) -> None:
    """Read the header only: a small file may unpack to gigabytes."""
    too_large = DocumentRefused(
        f"This picture is larger than {MAX_SIDE:,} pixels a side or {MAX_PIXELS:,} in all."
    )
    file.seek(0)
    try:
        with Image.open(file, formats=["PNG" if kind is PNG else "JPEG"]) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError) as error:
        raise DocumentRefused("This picture is damaged.") from error
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise too_large


POLICY = f"default-src {CSP.NONE}; sandbox"


def document_response(document: IdentityDocument) -> FileResponse:
    """The caller has checked the reader. Raises Ended for a document that was deleted."""
    name = f"{document.kind.replace('_', '-')}.{document.stored_name.rpartition('.')[2]}"
    if not document.file:
        raise Ended("This document was deleted: it is kept for a limited time only.")
    try:
        content = document.file.open("rb")
    except FileNotFoundError:
        raise Ended("This document is no longer there.") from None
    response = FileResponse(content, as_attachment=True, filename=name, content_type=document.mime)
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
