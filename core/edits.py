"""Two people save one thing: what both of them touched is told, everything else is kept.

A form carries the words of the values it showed. Whoever saves says what they want, and under the
lock it is compared with what stands now: a field that was not touched is not written, and one that
somebody else changed meanwhile is not overwritten unseen (C9).
"""

import hashlib
from collections.abc import Mapping, Set
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Conflict

# Field -> the word for its value.
Words = Mapping[str, str]


class Overtaken(Conflict):
    """Somebody else changed the same fields meanwhile: `now` says what stands there, by field."""

    def __init__(self, now: Mapping[str, Any]) -> None:
        super().__init__(
            _("Somebody else changed this in the meantime. Reload the page to see how it stands.")
        )
        self.now = dict(now)


def word(value: Any) -> str:
    """One word for a value, the same for what is stored, shown and typed: None and "" are alike,
    and so are 1, "1" and 1.00."""
    if value is None or value is False:
        return ""
    if isinstance(value, Enum):
        return word(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, (Set, list, tuple)):
        return ",".join(sorted(map(word, value)))
    return str(value).replace("\r\n", "\n").strip()


def words(values: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): word(value) for name, value in values.items()}


def merge[V](
    now: Mapping[str, V], wanted: Mapping[str, V], shown: Words | None = None
) -> dict[str, V]:
    """What is to be written of `wanted`: the fields that differ both from what was shown and from
    what stands `now`. Sets are merged by their members: what was added is added, what was taken
    out is taken out.

    Without `shown` what stands is taken for it. Raises Overtaken, and nothing is to be written,
    where a field that was touched does not stand as it was shown.
    """
    meant: dict[str, V] = {}
    lost: dict[str, V] = {}
    for name, value in wanted.items():
        stands = now.get(name)
        mine, theirs = word(value), word(stands)
        before = theirs if shown is None else shown.get(name, theirs)
        if mine in (before, theirs):
            continue
        if isinstance(value, (set, frozenset)):
            meant[name] = _members(stands, value, before)
        elif theirs != before:
            lost[name] = stands  # type: ignore[assignment]
        else:
            meant[name] = value
    if lost:
        raise Overtaken(lost)
    return meant


def _members(now: Any, wanted: Any, shown: str) -> Any:
    seen = {*shown.split(",")} - {""}
    kept = {each for each in now or () if word(each) not in seen - {*map(word, wanted)}}
    return type(wanted)(kept | {each for each in wanted if word(each) not in seen})


def fingerprint(*facts: object) -> str:
    """One short word for what somebody saw: a step that rests on it is refused for another one."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]
