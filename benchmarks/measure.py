"""Timing in turn: machines drift, so only ratios taken round by round are worth quoting."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 5
BUDGET = 0.25  # seconds that each way gets in each round
MOST = 2000


def nothing() -> None:
    """What is done before a call that needs nothing done."""


@dataclass(frozen=True)
class Way:
    """One way of doing the thing: `run` is timed, `before` puts things back and is not.

    `units` is how many operations one call does. `times` fixes the calls in a round; otherwise
    they follow from the budget. A `run` that returns a float has measured itself, in seconds.
    """

    name: str
    run: Callable[[], Any]
    before: Callable[[], Any] = nothing
    units: int = 1
    times: int = 0
    clock: Callable[[], float] = time.perf_counter


@dataclass(frozen=True)
class Timings:
    """Seconds for one operation: by way, one figure for each round."""

    by_way: dict[str, list[float]] = field(default_factory=dict)

    def median(self, way: str) -> float:
        """The middle round of a way."""
        return statistics.median(self.by_way[way])

    def ratio(self, way: str, to: str) -> float:
        """How often the cost of `to` goes into the cost of `way`: the middle of the ratios."""
        pairs = zip(self.by_way[way], self.by_way[to], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


def in_turn(ways: Sequence[Way], rounds: int = ROUNDS) -> Timings:
    """Run the ways in turn, each round beginning with another one; every way is warmed up first."""
    timings = Timings({way.name: [] for way in ways})
    times = {way.name: way.times or _calls(way) for way in ways}
    for turn in range(rounds):
        first = turn % len(ways)
        for way in (*ways[first:], *ways[:first]):
            timings.by_way[way.name].append(_one_round(way, times[way.name]))
    return timings


def _one_round(way: Way, times: int) -> float:
    """Seconds for one operation: the median, which a neighbour's burst moves least.

    The collector stays on, as it is in a server: without it every call takes fresh memory from the
    system, and the page faults (4 of 13 ms for a page, in one process and not in the next) hide
    the code. What stands already is frozen, so that a round pays for its own garbage only.
    """
    gc.collect()
    gc.freeze()
    try:
        return statistics.median(_once(way) for _ in range(times)) / way.units
    finally:
        gc.unfreeze()


def _once(way: Way) -> float:
    way.before()
    started = way.clock()
    own = way.run()
    return own if isinstance(own, float) else way.clock() - started


def _calls(way: Way) -> int:
    """How many calls fit into the budget. The first calls are cold and do not count."""
    for _ in range(3):
        started = time.perf_counter()
        _once(way)
        seconds = time.perf_counter() - started
        if seconds > BUDGET:
            return 1
    if seconds < BUDGET / 20:  # plans settle after a handful of executions
        for _ in range(10):
            _once(way)
    return max(1, min(MOST, int(BUDGET / seconds)))
