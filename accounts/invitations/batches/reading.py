"""From text to rows: CSV with a header line, or lines as people write them down."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.addresses import entries
from accounts.invitations.batches.decoding import Unreadable
from core.encodings import UNREADABLE
from core.spellings import search_key
from core.web.spreadsheets import DELIMITERS, delimiter_of, numbered_rows, typed

MAX_ROWS = 1000
MAX_CELL = 1000
# Columns that a list of ours carries when it comes back.
_OURS = frozenset({"reason", "line", "problem"})
_TOO_WIDE = "It has more cells than the header line: put quotation marks around a comma."


@dataclass(frozen=True)
class Column:
    """One thing that a row may say: its key, its title, and how else people call it.

    `choices` maps stored values to the words for them, `synonyms` other words to the values;
    without any choices, the cell is free text.
    """

    key: str
    title: str
    names: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Line:
    """One row as it was typed; `problem` when it cannot be taken apart at all."""

    line: int
    typed: dict[str, str]
    problem: str = ""


@dataclass
class Reading:
    lines: list[Line]
    notes: list[str]


def plain(text: str) -> str:
    """A word as it is compared: letters and digits, without case and accents."""
    return "".join(char for char in search_key(text) if char.isalnum())


def read(text: str, columns: Sequence[Column], *, header: bool = False) -> Reading:
    """The rows of a CSV file or of pasted lines.

    A first line that names columns decides what stands where; `header` says that there must be
    one unless an address stands in it. Raises Unreadable for more than MAX_ROWS rows, for a
    header without the address or with a column twice, and for a text without any row.
    """
    text = text.removeprefix("\ufeff")
    delimiter, text = delimiter_of(text)
    rows = numbered_rows(text, delimiter)
    try:
        first = next(rows, None)
        if first is None:
            raise Unreadable("There is no line with an address in it.")
        places = None if "@" in "".join(first[1]) else _places(first[1], columns)
        if places is None and header and "@" not in "".join(first[1]):
            raise Unreadable(_no_header(first[1]))
        if places is None:
            lines = _loose(text, delimiter, columns)
            return _checked(Reading(list(lines), []))
        width = len(first[1])
        lines = (_cut(number, cells, places, width) for number, cells in rows)
        return _checked(Reading(list(_limited(lines)), _left_aside(first[1], places)))
    except csv.Error:
        raise Unreadable(
            "A cell is far too long: perhaps a quotation mark is not closed."
        ) from None


def _checked(reading: Reading) -> Reading:
    if not reading.lines:
        raise Unreadable("There is no line below the header.")
    return reading


def _limited(lines: Iterator[Line]) -> Iterator[Line]:
    for count, line in enumerate(lines):
        if count >= MAX_ROWS:
            raise Unreadable(f"There are more than {MAX_ROWS:,} rows. Split the list.")
        yield line


def _places(cells: Sequence[str], columns: Sequence[Column]) -> dict[str, int] | None:
    """Where each column stands; None when this line names none of them."""
    names = {
        plain(name): column
        for column in columns
        for name in (column.key, column.title, *column.names)
    }
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        column = names.get(plain(cell))
        if column is None:
            continue
        if column.key in places:
            raise Unreadable(
                f"Two columns hold the {column.title.lower()}: number {places[column.key] + 1} "
                f"and number {place + 1}. Keep one of them."
            )
        places[column.key] = place
    if places and "address" not in places:
        raise Unreadable("No column holds the e-mail address. Call it “E-mail address”.")
    return places or None


def _no_header(cells: Sequence[str]) -> str:
    shown = " | ".join(cells)[:80]
    return (
        f"The first line should name the columns; it reads “{shown}”. Cells are parted by comma, "
        "semicolon or tab."
    )


def _left_aside(cells: Sequence[str], places: dict[str, int]) -> list[str]:
    used = set(places.values())
    unused = [
        cell[:40]
        for place, cell in enumerate(cells)
        if place not in used and cell and plain(cell) not in _OURS
    ]
    return [f"Columns that are not read: {', '.join(unused[:10])}."] if unused else []


def _cut(number: int, cells: list[str], places: dict[str, int], width: int) -> Line:
    """The cells under their names; short rows are filled up, long ones are refused."""
    values = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
    return _line(number, values, _TOO_WIDE if any(cells[width:]) else "")


def _line(number: int, values: dict[str, str], problem: str = "") -> Line:
    cells = values.values()
    if any("\n" in cell or "\r" in cell for cell in cells):
        problem = "A cell holds a line break: perhaps a quotation mark is not closed."
    elif any(UNREADABLE in cell for cell in cells):
        problem = "It holds characters that cannot be read. Save the file as UTF-8."
    elif any(len(cell) > MAX_CELL for cell in cells):
        problem = f"A cell is longer than {MAX_CELL:,} characters."
    kept = {key: cell.replace("\0", UNREADABLE)[:MAX_CELL] for key, cell in values.items()}
    return Line(number, kept, problem)


def _loose(text: str, delimiter: str, columns: Sequence[Column]) -> Iterator[Line]:
    """Lines without a header: "Name <address>", "address", "address, name", several in one."""
    return _limited(
        _line(number, values)
        for number, line in enumerate(io.StringIO(text), start=1)
        for values in _entries(line, delimiter, columns)
    )


def _entries(line: str, delimiter: str, columns: Sequence[Column]) -> Iterator[dict[str, str]]:
    """The people of one line: mail programs put several into one."""
    if "<" in line or line.count("@") > 1:
        blank = {column.key: "" for column in columns}
        people = entries(line)
        yield from (blank | {"name": one.name, "address": one.address} for one in people)
        if people:
            return
    if line.strip(" \t\r\n,;"):
        yield _entry(line, delimiter, columns)


def _entry(piece: str, delimiter: str, columns: Sequence[Column]) -> dict[str, str]:
    values = {column.key: "" for column in columns}
    piece = piece.strip("\r\n")
    sign = next((sign for sign in (delimiter, *DELIMITERS) if sign in piece), delimiter)
    cells = [
        typed(cell.strip())
        for cell in next(csv.reader([piece], delimiter=sign, skipinitialspace=True), [])
    ]
    cells = [cell for cell in cells if cell]
    place = next((place for place, cell in enumerate(cells) if "@" in cell), 0)
    values["address"] = cells.pop(place) if cells else ""
    for column in columns:
        if column.choices:
            said = next((cell for cell in cells if choice(column, cell)), None)
            if said is not None:
                cells.remove(said)
                values[column.key] = said
    values["name"] = ", ".join(cells)
    return values


def choice(column: Column, text: str) -> str:
    words = {plain(value): value for value in column.choices}
    words |= {plain(label): value for value, label in column.choices.items()}
    words |= {plain(word): value for word, value in column.synonyms.items()}
    return str(words.get(plain(text), ""))
