"""From bytes to text: which encoding an uploaded list is in. Needs no database."""

import codecs

MAX_BYTES = 1_048_576
# What the first bytes say about files that are no text, and what to do instead.
_OTHERS = (
    (b"PK\x03\x04", "This is a workbook, not a CSV file. Save the sheet as CSV and upload that."),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old workbook, not a CSV file. Save the sheet as CSV and upload that.",
    ),
    (b"%PDF", "This is a PDF, not a CSV file."),
)
_NO_TEXT = "This file holds no text. Upload a CSV file."
# Stands for what cannot be read; its row is refused.
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


class Unreadable(ValueError):
    """The list as a whole cannot be taken; `str()` is a sentence for the person."""


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows' own encoding, even when lines differ (B6).

    Raises Unreadable for an empty file, one that is too large, and one that is no text. What a
    line holds that nobody can read becomes UNREADABLE.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(too_large())
    if not data.strip():
        raise Unreadable("This file is empty.")
    for beginning, sentence in _OTHERS:
        if data.startswith(beginning):
            raise Unreadable(sentence)
    text = _wide(data) if _is_wide(data) else _narrow(data)
    if "\0" in text:
        raise Unreadable(_NO_TEXT)
    return text


def too_large() -> str:
    return f"This file is larger than {MAX_BYTES // 1_048_576} MB. Split it, and upload the parts."


def _is_wide(data: bytes) -> bool:
    """Whether every other byte is zero, or a mark says so: UTF-16, as some programs write it."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    start = data[:2000]
    zeros = max(start[0::2].count(0), start[1::2].count(0))
    return zeros > len(start) * 0.3


def _wide(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        start = data[:2000]
        encoding = "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(_NO_TEXT) from None


def _narrow(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        lines = data.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)
    # Joined from several programs: each line by itself.
    return "".join(map(_line, lines))


def _line(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "replace")
