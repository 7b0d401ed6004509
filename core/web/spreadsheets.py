"""Files that spreadsheets read and write: cells that no program takes for a formula (B9)."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

# What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    def write(self, text: str) -> str:
        return text


def neutral(value: Any) -> str:
    """A cell that is taken as text: what looks like a formula starts with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def typed(text: str) -> str:
    """The cell as it was before `neutral`: a file of ours may come back."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """A CSV file line by line: UTF-8 with the mark that spreadsheets look for, neutral cells."""
    writer = csv.writer(_Line())
    yield b"\xef\xbb\xbf" + writer.writerow(list(header)).encode()
    for row in rows:
        yield writer.writerow([neutral(cell) for cell in row]).encode("utf-8", "replace")
