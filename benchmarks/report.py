"""What a row says, the printed table, and var/bench.json."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Timings

UNITS = {"us": 1e6, "ms": 1e3, "s": 1.0}


@dataclass(frozen=True)
class Check:
    """One part of a goal: what was measured beside its bound."""

    what: str
    value: float
    bound: float
    least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.least else self.value <= self.bound

    def __str__(self) -> str:
        sign = ">=" if self.least else "<="
        return f"{self.what}: {self.value:.3g}, goal {sign} {self.bound:g}"


def at_most(what: str, value: float, bound: float) -> Check:
    return Check(what, value, bound)


def at_least(what: str, value: float, bound: float) -> Check:
    return Check(what, value, bound, least=True)


@dataclass(frozen=True)
class Result:
    """What one row measured. `seconds` per operation; `peer` and `limit` name ways of `timings`.

    With `rate` the figures are printed as operations a second in that unit ("mails/s"). `notes` are
    printed below the checks.
    """

    timings: Timings
    ours: str
    unit: str
    statements: int | None = None
    peer: str | None = None
    limit: str | None = None
    checks: Sequence[Check] = ()
    notes: Sequence[str] = ()

    def value(self, way: str) -> float:
        seconds = self.timings.median(way)
        return seconds * UNITS[self.unit] if self.unit in UNITS else 1 / seconds

    @property
    def vs_peer(self) -> float | None:
        return self.timings.ratio(self.peer, to=self.ours) if self.peer else None

    @property
    def vs_limit(self) -> float | None:
        return self.timings.ratio(self.ours, to=self.limit) if self.limit else None


@dataclass(frozen=True)
class Row:
    """One line of the table: `goal` is the whole goal in words, `run` measures it."""

    name: str
    goal: str
    run: Callable[[Any], Result] = field(repr=False)


def as_json(row: Row, result: Result | None) -> dict[str, Any]:
    """The entry of var/bench.json; a row that could not be measured has no figures."""
    entry: dict[str, Any] = dict.fromkeys(
        ("name", "ours", "unit", "statements", "peer", "limit", "vs_peer", "vs_limit")
    )
    entry |= {"name": row.name, "goal": row.goal, "met": False}
    if result is None:
        return entry
    for key, way in (("peer", result.peer), ("limit", result.limit)):
        entry[key] = {"name": way, "value": _short(result.value(way))} if way else None
    return entry | {
        "ours": _short(result.value(result.ours)),
        "unit": result.unit,
        "statements": result.statements,
        "vs_peer": _short(result.vs_peer),
        "vs_limit": _short(result.vs_limit),
        "met": all(check.met for check in result.checks),
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


HEAD = ("row", "ours", "unit", "stmts", "peer", "x faster", "limit", "x cost", "goal")
WIDTHS = (15, 9, 8, 6, 34, 9, 34, 7, 6)


def header() -> str:
    return f"{_line(HEAD)}\n{_line(['-' * width for width in WIDTHS])}"


def line(entry: dict[str, Any]) -> str:
    return _line(
        (
            entry["name"],
            _figure(entry["ours"]),
            entry["unit"] or "",
            "" if entry["statements"] is None else str(entry["statements"]),
            _named(entry["peer"]),
            _figure(entry["vs_peer"]),
            _named(entry["limit"]),
            _figure(entry["vs_limit"]),
            "met" if entry["met"] else "MISSED",
        )
    )


def _line(cells: Sequence[str]) -> str:
    pairs = zip(cells, WIDTHS, strict=True)
    return "  ".join(str(cell).ljust(width) for cell, width in pairs).rstrip()


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _named(other: dict[str, Any] | None) -> str:
    return f"{other['name']} {_figure(other['value'])}" if other else ""


def write(entries: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the rows of this run to `path`, in one step: readers never see half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(list(entries), indent=2) + "\n")
    draft.replace(path)
