"""Words for events. Each app registers its verbs; the same sentence serves every reader."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from core.audit.models import Actor, Event
from core.web.formats import day, ending

# What a value of before or after may be; a day or a moment is its ISO text. A level with an end of
# its own is {"level": "edit", "until": "2026-05-03T21:59:59.999999+00:00"} (older ones hold a day),
# several roles are {"inventory.manage": "edit"}.
type Value = str | int | list[str] | dict[str, str] | None
type Values = Mapping[str, Value]

# What a reader may filter by.
GROUPS = {
    "connections": "Partners and connections",
    "roles": "Role applications and approvals",
    "people": "People and account",
    "suppliers": "Suppliers",
    "shipments": "Shipments",
    "exports": "Exports and downloads",
}
_SENTENCES: dict[str, str] = {}
_GROUP_OF: dict[str, str] = {}
_LABELS: dict[str, str] = {}
# At the end, because older rows hold "edit until 2026-05-03" as one text.
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(T\S*)?\Z")


def register(sentences: Mapping[str, str], groups: Mapping[str, str] | None = None) -> None:
    """Add an app's verbs, {"connection.ended": "ended the connection"} (after the actor's name),
    and the group of what stands before the dot, {"connection": "connections"}."""
    _SENTENCES.update(sentences)
    _GROUP_OF.update(groups or {})


def register_labels(labels: Mapping[str, str]) -> None:
    """Add words for keys of before and after that are not words themselves, such as role codes."""
    _LABELS.update(labels)


def sentence_for(verb: str) -> str:
    """The words for `verb`; raises KeyError for a verb nobody registered."""
    return _SENTENCES[verb]


def verbs_of(group: str) -> list[str]:
    return [verb for verb in _SENTENCES if _GROUP_OF.get(verb.partition(".")[0]) == group]


def said(value: Value, write: Callable[[datetime], str] = ending) -> str:
    """A value in words; `write` says until when, in a mail as its readers' zones want it."""
    match value:
        case {"level": level, "until": until}:
            return f"{level} until {said(until, write)}"
        case dict():
            # PostgreSQL keeps the keys in an order of its own.
            return ", ".join(f"{key} {word}" for key, word in sorted(value.items()))
        case list():
            return ", ".join(value) or "none"
        case str():
            return _ISO_DAY.sub(partial(_as_day, write=write), value)
    return str(value)


def _as_day(found: re.Match[str], *, write: Callable[[datetime], str]) -> str:
    try:
        if found[1]:
            return write(datetime.fromisoformat(found[0]))
        return day(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def detail(event: Event, *, less: Collection[str] = ()) -> str:
    """What changed, as "level: view → edit", `less` what is said elsewhere; may be empty."""
    parts = []
    for key in sorted({*event.before, *event.after} - set(less)):
        old, new = event.before.get(key), event.after.get(key)
        label = _LABELS.get(key) or key.replace("_", " ")
        was = f"{said(old)} → " if old not in (None, "") else ""
        parts.append(f"{label}: {was}{said(new)}")
    return "; ".join(parts)


def timeline(events: Iterable[Event], *, less: Collection[str] = ()) -> list[dict[str, Any]]:
    """Rows for the timeline component, without the values in `less`. One query for all names."""
    events = list(events)
    acted = Actor.objects.filter(ref__in={e.actor_ref for e in events if e.actor_ref})
    actors: dict[UUID | None, str] = {None: "PartnerHub"}
    actors |= {actor.ref: actor.name for actor in acted}
    return [
        {
            "when": event.at,
            # Erased people have no name any more.
            "who": actors.get(event.actor_ref) or "Somebody",
            "text": sentence_for(event.verb),
            "detail": detail(event, less=less),
            "verb": event.verb,
        }
        for event in events
    ]
