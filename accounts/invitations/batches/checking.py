"""What a row means, before anybody is invited: the rules of the single form, row by row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.addresses import AddressError, name_beside, one_address
from accounts.invitations.batches.reading import Column, Line, choice
from accounts.models import BatchRow
from accounts.names import NameRefused, clean_name
from accounts.states import RowStatus


class _Wrong(ValueError):
    """A cell is not taken; knows its column."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def rows_of(
    lines: Iterable[Line], columns: Sequence[Column], options: Mapping[str, Any]
) -> list[BatchRow]:
    """`options` hold what is meant where a row says nothing."""
    seen: dict[str, Line] = {}
    return [
        _row(number, line, columns, options, seen) for number, line in enumerate(lines, start=1)
    ]


def _row(
    number: int,
    line: Line,
    columns: Sequence[Column],
    options: Mapping[str, Any],
    seen: dict[str, Line],
) -> BatchRow:
    status, field, reason = RowStatus.READY, "", ""
    address, values = "", {}
    try:
        if line.problem:
            raise _Wrong("", line.problem)
        beside = name_beside(line.typed.get("address", ""))
        address = _address(line.typed.get("address", ""))
        values = {"name": _name(line.typed.get("name", "") or beside)} | {
            column.key: _chosen(column, line.typed.get(column.key, ""), options)
            for column in columns
            if column.choices
        }
        if (first := seen.setdefault(address, line)) is not line:
            status, reason = RowStatus.DUPLICATE, f"Same address as line {first.line}."
    except _Wrong as wrong:
        status, field, reason = RowStatus.WRONG, wrong.field, str(wrong)[:300]
    return BatchRow(
        number=number,
        line=line.line,
        typed=line.typed,
        address=address,
        values=values,
        status=status,
        field=field,
        reason=reason,
    )


def _address(text: str) -> str:
    try:
        return one_address(text)
    except AddressError as error:
        raise _Wrong("address", str(error)) from None


def _name(text: str) -> str:
    try:
        return clean_name(text) if text else ""
    except NameRefused as error:
        raise _Wrong("name", str(error)) from None


def _chosen(column: Column, text: str, options: Mapping[str, Any]) -> str:
    if text:
        if value := choice(column, text):
            return value
        words = ", ".join(column.choices.values())
        raise _Wrong(column.key, f"“{text[:40]}” is none of these: {words}.")
    default = str(options.get(column.key) or "")
    if not default:
        raise _Wrong(column.key, f"{column.title} is missing.")
    return default
