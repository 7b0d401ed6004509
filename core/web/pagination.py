"""Keyset pages: the cost of a page does not grow with its distance from the first."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

SIZE = 50
COUNT_CAP = 1000
# A name and an address in any script.
LONGEST_CURSOR = 3000


@dataclass(frozen=True)
class Page[T]:
    """One page of rows with the addresses of its neighbours (empty when there is none)."""

    items: list[T]
    next_url: str = ""
    previous_url: str = ""

    def __iter__(self) -> Any:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def _encode(direction: str, values: Sequence[Any]) -> str:
    # isoformat keeps microseconds; a rounded moment would skip or repeat its neighbours.
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    text = json.dumps([direction, *plain], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Sequence[str]) -> tuple[str, list[Any]] | None:
    """The direction and values of a cursor, or None for anything we did not write."""
    if not cursor or len(cursor) > LONGEST_CURSOR:
        return None
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(raw, list) or len(raw) != len(order) + 1 or raw[0] not in ("n", "p"):
        return None
    values: list[Any] = []
    for name, value in zip(order, raw[1:], strict=True):
        clean = _moment(value) if name.endswith("_at") else value
        if not isinstance(clean, (str, int, datetime)) or (
            isinstance(clean, str) and "\0" in clean
        ):
            return None
        if isinstance(clean, int) and abs(clean) > 2**62:
            return None
        values.append(clean)
    return raw[0], values


def _moment(value: Any) -> datetime | None:
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _beyond(order: Sequence[str], values: Sequence[Any], *, backwards: bool) -> Q:
    """`a <= x AND (a < x OR (a = x AND …))`: the leading bound lets the index do the work."""
    condition = Q()
    for name, value in reversed(list(zip(order, values, strict=True))):
        field = name.removeprefix("-")
        operator = "lt" if name.startswith("-") != backwards else "gt"
        step = Q(**{f"{field}__{operator}": value})
        condition = step | (Q(**{field: value}) & condition) if condition else step
    first = order[0].removeprefix("-")
    bound = "lte" if order[0].startswith("-") != backwards else "gte"
    return Q(**{f"{first}__{bound}": values[0]}) & condition


def _reverse(order: Sequence[str]) -> list[str]:
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def paginate(
    queryset: models.QuerySet[Any],
    request: HttpRequest,
    *,
    order: Sequence[str] = ("-created_at", "-id"),
    size: int = SIZE,
    parameter: str = "page",
) -> Page[Any]:
    """One page of `queryset` in `order` (the last name must be unique), one query. The cursor comes
    from the query parameter `parameter`; one that we did not write shows the first page. Other
    query parameters stay in the neighbours' addresses."""
    return paginate_merged([queryset], request, order=order, size=size, parameter=parameter)


def paginate_merged(
    querysets: Sequence[models.QuerySet[Any]],
    request: HttpRequest,
    *,
    order: Sequence[str],
    size: int = SIZE,
    parameter: str = "page",
) -> Page[Any]:
    """One page of querysets without common rows, merged in `order`; one query for each. For what
    one condition with OR would select: each half can walk an index of its own."""

    def fetch(start: Sequence[Any] | None, backwards: bool, limit: int) -> list[Any]:
        walk = _reverse(order) if backwards else order
        rows: list[Any] = []
        for queryset in querysets:
            if start:
                queryset = queryset.filter(_beyond(order, start, backwards=backwards))
            rows += queryset.order_by(*walk)[:limit]
        if len(querysets) > 1:
            for name in reversed(walk):
                rows.sort(key=partial(_value, name=name), reverse=name[0] == "-")
        return rows[:limit]

    return paginate_by(fetch, request, order=order, size=size, parameter=parameter)


# start values or None, backwards, limit -> rows in walking order
Fetch = Callable[[Sequence[Any] | None, bool, int], list[Any]]


def paginate_by(
    fetch: Fetch,
    request: HttpRequest,
    *,
    order: Sequence[str],
    size: int = SIZE,
    parameter: str = "page",
) -> Page[Any]:
    """One page of what `fetch` reads: up to `limit` rows that follow the start values in `order`,
    or precede them when it walks backwards, nearest first; from an end without start values."""
    decoded = _decode(request.GET.get(parameter, ""), order)
    backwards = decoded is not None and decoded[0] == "p"
    try:
        rows = fetch(decoded[1] if decoded else None, backwards, size + 1)
    except (ValidationError, ValueError, TypeError):  # a value that its column cannot hold
        decoded, backwards = None, False
        rows = fetch(None, False, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()

    def address(direction: str, row: Any) -> str:
        query = request.GET.copy()
        query[parameter] = _encode(direction, [_value(row, name) for name in order])
        return f"?{query.urlencode()}"

    has_next = bool(rows) and (more or backwards)
    has_previous = bool(rows) and decoded is not None and (more if backwards else True)
    return Page(
        rows,
        next_url=address("n", rows[-1]) if has_next else "",
        previous_url=address("p", rows[0]) if has_previous else "",
    )


def _value(row: Any, name: str) -> Any:
    name = name.removeprefix("-")
    if isinstance(row, dict):
        return row[name]
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def capped_count(queryset: models.QuerySet[Any]) -> int:
    """How many rows, counted up to COUNT_CAP + 1: more than that reads "1000+"."""
    rows, query = queryset.order_by(), queryset.query
    if not (query.distinct or query.combinator or query.group_by):
        rows = rows.values("pk")  # what a list computes for each row is not computed to count them
    return rows[: COUNT_CAP + 1].count()
