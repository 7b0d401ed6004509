"""Files that spreadsheets read and write: cells that no program takes for a formula (B9)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

DELIMITERS = ",;\t"
# What a spreadsheet would take for the beginning of a formula, in full width too.
_FORMULA = frozenset("=+-@\t\r＝＋－＠﹦﹢﹣﹫")
# Where a cell may begin, in whatever a program takes for the end of the one before.
_PARTING = frozenset(",;|\t\r\n")
_BEFORE = frozenset(" \xa0\u3000\t\r\n\"'")


class _Line:
    def write(self, text: str) -> str:
        return text


def neutral(value: Any) -> str:
    """A cell that is taken as text: what looks like a formula starts with an apostrophe, also
    behind whatever a program elsewhere in the world parts cells with."""
    text = "" if value is None else str(value)
    risky = _formulas(text)
    return "".join(
        f"'{char}" if risky[place] and (not place or text[place - 1] in _PARTING) else char
        for place, char in enumerate(text)
    )


def typed(text: str) -> str:
    """The cell as it was before `neutral`: a file of ours may come back."""
    risky = [*_formulas(text), False]
    return "".join(
        char
        for place, char in enumerate(text)
        if char != "'" or not risky[place + 1] or (place and text[place - 1] not in _PARTING)
    )


def _formulas(text: str) -> list[bool]:
    """For each place of `text`, whether a formula begins there, perhaps behind blanks or quotes."""
    found, begins = [], False
    for char in reversed(text):
        begins = char in _FORMULA or (begins and char in _BEFORE)
        found.append(begins)
    return found[::-1]


def delimiter_of(text: str) -> tuple[str, str]:
    """What parts the cells of a file, and the text without a line that says so ("sep=;")."""
    first, _, rest = text.lstrip().partition("\n")
    if re.fullmatch(rf"sep=[{DELIMITERS}]\s*", first, re.IGNORECASE):
        return first[4], "\n" + rest
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count), text


def numbered_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, each with the number of the line it begins in, as they were typed
    before a file of ours went out. Raises csv.Error for a quotation mark that is never closed."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    before = 0
    for cells in reader:
        number, before = before + 1, reader.line_num
        cells = [typed(cell.strip()) for cell in cells]
        if any(cells):
            yield number, cells


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """A CSV file line by line: UTF-8 with the mark that spreadsheets look for, neutral cells."""
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield b"\xef\xbb\xbf" + writer.writerow(list(header)).encode()
    for row in rows:
        yield writer.writerow([neutral(cell) for cell in row]).encode("utf-8", "replace")
