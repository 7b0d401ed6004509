"""From an uploaded list to its text: what is no list at all is refused. Needs no database."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.encodings import Decoded, Undecoded, decode

MAX_BYTES = 1_048_576
# What the first bytes say about files that are no text, and what to do instead.
_OTHERS = (
    (
        b"PK\x03\x04",
        gettext_lazy("This is a workbook, not a CSV file. Save the sheet as CSV and upload that."),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        gettext_lazy(
            "This is an old workbook, not a CSV file. Save the sheet as CSV and upload that."
        ),
    ),
    (b"%PDF", gettext_lazy("This is a PDF, not a CSV file.")),
)


class Unreadable(ValueError):
    """The list as a whole cannot be taken; `str()` is a sentence for the person."""


def text_of(data: bytes, encoding: str = "") -> Decoded:
    """The text of a file, in the encoding that was chosen or recognised.

    Raises Unreadable for an empty file, one that is too large, one that is no text, and one whose
    encoding is not clear. What a line holds that nobody can read becomes UNREADABLE.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(too_large())
    if not data.strip():
        raise Unreadable(_("This file is empty."))
    for beginning, sentence in _OTHERS:
        if data.startswith(beginning):
            raise Unreadable(str(sentence))
    try:
        found = decode(data, encoding)
    except Undecoded as error:
        raise Unreadable(str(error)) from None
    if "\0" in found.text:
        raise Unreadable(_("This file holds no text. Upload a CSV file."))
    return found


def too_large() -> str:
    return _("This file is larger than %s MB. Split it, and upload the parts.") % (
        MAX_BYTES // 1_048_576
    )
