"""Time zones by the names of the IANA database, as browsers and people name them."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

UTC = "UTC"
LONGEST = 64
# The rest of the database are abbreviations and names of countries, kept for old programs.
_REGIONS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe")
    + ("Indian", "Pacific")
)


@cache
def names() -> tuple[str, ...]:
    """What may be chosen, in the order of names; UTC first."""
    places = (name for name in available_timezones() if name.partition("/")[0] in _REGIONS)
    return (UTC, *sorted(name for name in places if "/" in name))


def named(name: str) -> ZoneInfo:
    """The zone of this name; UTC for one that is not among names()."""
    return ZoneInfo(name if name in _known() else UTC)


def is_known(name: str) -> bool:
    return name in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(names())
