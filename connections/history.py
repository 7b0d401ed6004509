"""An organization's history: what it did, and what the other sides of its work did (U20, X9)."""

import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import Q

from accounts.models import Membership, Organization
from connections.words import day, minute
from partnerhub.audit import presenters
from partnerhub.audit.models import Event, Seal

# What a reader may filter by: a word, and the beginnings of the verbs it stands for.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "connections": ("Partners and connections", ("partner_link", "connection", "assignment")),
    "roles": ("Role applications and approvals", ("role_application", "approved_role")),
    "people": ("People and account", ("membership", "employee", "identity", "organization")),
    "suppliers": ("Suppliers", ("supplier", "supply")),
    "shipments": ("Shipments", ("shipment", "share", "box", "item", "label", "proposal")),
    "exports": ("Exports and downloads", ("history", "export", "download")),
}
CHUNK = 500
# The state is in the sentence; the person is named in front.
_SAID = ("status", "person")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(T\S*)?\Z")
_TONES = {
    "bad": "terminated revoked removed suspended recalled closed failed",
    "waiting": "declined expired cancelled lowered lapsed given_back ended paused",
    "good": "accepted started answered verified restored activated joined resumed",
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}


def verbs_of(group: str) -> list[str]:
    """Every registered verb of a group; none for a group that is not there."""
    prefixes = GROUPS[group][1] if group in GROUPS else ()
    return [verb for verb in presenters.verbs() if verb.startswith(prefixes)] if prefixes else []


def sides(
    organization: Organization,
    *,
    group: str = "",
    since: date | None = None,
    until: date | None = None,
) -> list[Any]:
    """Two querysets that together are the organization's events: its own, and those it is told.

    They stay apart because each has its index; the caller merges them.
    """
    condition = Q()
    if group:
        condition &= Q(verb__in=verbs_of(group))
    if since:
        condition &= Q(at__gte=datetime.combine(since, time.min, tzinfo=UTC))
    if until:
        condition &= Q(at__lt=datetime.combine(until + timedelta(days=1), time.min, tzinfo=UTC))
    own = Event.objects.filter(condition, organization_id=organization.pk)
    told = Event.objects.filter(condition, counterparty_id=organization.pk)
    return [own, told.exclude(organization_id=organization.pk)]


def entries(events: Iterable[Event], reader: Organization) -> list[dict[str, Any]]:
    """Rows for pages and exports: when, who, text, detail, tone, with; three queries at most."""
    events = list(events)
    others = {other for event in events if (other := _other(event, reader))}
    names = dict(Organization.objects.filter(pk__in=others).values_list("pk", "name"))
    people = _people(events)
    rows = presenters.timeline(events)
    for event, row in zip(events, rows, strict=True):
        person = people.get(str(event.after.get("person", "")), "")
        row["text"] = row["text"][:1].upper() + row["text"][1:]
        row["when"] = minute(event.at)
        row["with"] = names.get(_other(event, reader) or 0, "")
        row["detail"] = f"{person}: {_detail(event)}" if person else _detail(event)
        row["tone"] = _TONE_OF.get(event.verb.rpartition(".")[2], "")
    return rows


def sealed_up_to(organization: Organization) -> Seal | None:
    """The newest seal of the organization's chain, or None before the first."""
    return Seal.objects.filter(organization_id=organization.pk).order_by("-sequence").first()


def everything(querysets: Sequence[Any], reader: Organization) -> Iterator[dict[str, Any]]:
    """Every event of these querysets, oldest first, with its seal; piece by piece."""
    merged = heapq.merge(*map(_walk, querysets), key=lambda event: event.pk)
    while piece := list(islice(merged, CHUNK)):
        seals = {
            seal.event_id: seal
            for seal in Seal.objects.filter(
                organization_id=reader.pk, event_id__in=[event.pk for event in piece]
            )
        }
        for event, row in zip(piece, entries(piece, reader), strict=True):
            yield row | {"event": event, "seal": seals.get(event.pk)}


def _walk(queryset: Any) -> Iterator[Event]:
    after = 0
    while piece := list(queryset.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        yield from piece
        after = piece[-1].pk


def _other(event: Event, reader: Organization) -> int | None:
    ours = event.organization_id == reader.pk
    return event.counterparty_id if ours else event.organization_id


def _people(events: Iterable[Event]) -> dict[str, str]:
    """Names behind the memberships that events speak of."""
    ids = {event.after["person"] for event in events if "person" in event.after}
    if not ids:
        return {}
    rows = Membership.objects.filter(public_id__in=ids).values_list("public_id", "user__name")
    return {str(public_id): name for public_id, name in rows}


def _detail(event: Event) -> str:
    """What changed, less what the sentence says already, with dates as people read them."""
    before, after = (
        {key: _readable(value) for key, value in side.items() if key not in _SAID}
        for side in (event.before, event.after)
    )
    return presenters.detail(Event(before=before, after=after))


def _readable(value: Any) -> Any:
    try:
        return _ISO_DAY.sub(lambda found: day(datetime.fromisoformat(found[0])), value)
    except (TypeError, ValueError):
        return value
