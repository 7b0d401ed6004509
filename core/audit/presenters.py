"""Words for events. Each app registers its verbs; the same sentence serves every reader."""

from collections.abc import Iterable, Mapping
from typing import Any

from core.audit.models import Actor, Event

_SENTENCES: dict[str, str] = {}
_LABELS: dict[str, str] = {}


def register(sentences: Mapping[str, str]) -> None:
    """Add an app's verbs: {"connection.ended": "ended the connection"} (after the actor's name)."""
    _SENTENCES.update(sentences)


def register_labels(labels: Mapping[str, str]) -> None:
    """Add words for keys of before and after that are not words themselves, such as role codes."""
    _LABELS.update(labels)


def sentence_for(verb: str) -> str:
    """The words for `verb`; raises KeyError for a verb nobody registered."""
    return _SENTENCES[verb]


def verbs() -> list[str]:
    """Every registered verb, sorted."""
    return sorted(_SENTENCES)


def detail(event: Event) -> str:
    """What changed, as "level: view → edit"; empty when the event carries no values."""
    keys = sorted({*event.before, *event.after})
    parts = []
    for key in keys:
        old, new = event.before.get(key), event.after.get(key)
        label = _LABELS.get(key) or key.replace("_", " ")
        parts.append(f"{label}: {old} → {new}" if old not in (None, "") else f"{label}: {new}")
    return "; ".join(parts)


def _who(event: Event, actors: Mapping[Any, str]) -> str:
    """The person, PartnerHub itself, or somebody whose name was erased."""
    return (actors.get(event.actor_ref) or "Somebody") if event.actor_ref else "PartnerHub"


def timeline(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Rows for the timeline component: when, who, text, detail. One query for all names."""
    events = list(events)
    actors = {
        actor.ref: actor.name
        for actor in Actor.objects.filter(ref__in={e.actor_ref for e in events if e.actor_ref})
    }
    return [
        {
            "when": event.at,
            "who": _who(event, actors),
            "text": sentence_for(event.verb),
            "detail": detail(event),
            "verb": event.verb,
        }
        for event in events
    ]
