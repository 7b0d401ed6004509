"""An organization's history: what it did, and what the other sides of its work did (U20, X9)."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from itertools import islice
from typing import Any

from django.db.models import Q

from accounts.models import Membership, Organization
from core import clock
from core.audit import objects, presenters
from core.audit.models import Actor, Event, Seal
from core.db import matching
from core.web.formats import minute

CHUNK = 500
# The state is in the sentence; the person is named in front.
_SAID = ("status", "person")
_TONES = {
    "bad": "terminated revoked removed suspended recalled closed failed",
    "waiting": "declined expired cancelled lowered lapsed given_back ended paused",
    "good": "accepted started answered verified restored activated joined resumed",
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for: each filled part narrows it.

    `who` is part of a person's name, `partner` of the other side's, `thing` a shipment's number or
    a public id; `delegated` asks for what one side's people did in the other's account (U21). The
    days `since` and `until` are those of `zone`, the reader's.
    """

    group: str = ""
    since: date | None = None
    until: date | None = None
    who: str = ""
    partner: str = ""
    thing: str = ""
    delegated: bool = False
    zone: tzinfo = UTC

    def condition(self) -> Q:
        """What holds whichever side the reader is on."""
        found = Q()
        if self.group:
            found &= Q(verb__in=presenters.verbs_of(self.group))
        if self.since:
            found &= Q(at__gte=clock.start_of(self.since, self.zone))
        if self.until:
            found &= Q(at__lte=clock.end_of(self.until, self.zone))
        if self.who:
            found &= Q(actor_ref__in=matching(Actor.objects.all(), self.who).values("ref"))
        if self.thing:
            found &= objects.about(self.thing)
        return found & Q(acting_id__isnull=False) if self.delegated else found

    def with_partner(self, *fields: str) -> Q:
        if not self.partner:
            return Q()
        partners, found = matching(Organization.objects.all(), self.partner).values("pk"), Q()
        for field in fields:
            found |= Q(**{f"{field}__in": partners})
        return found


def sides(organization: Organization, wanted: Wanted | None = None) -> list[Any]:
    """Three querysets that together are the organization's events: its own, those it is told,
    and what its people did for others.

    They stay apart because each has its index; the caller merges them.
    """
    wanted, me = wanted or Wanted(), organization.pk
    events = Event.objects.filter(wanted.condition())
    elsewhere = events.filter(wanted.with_partner("organization_id"))
    return [
        events.filter(wanted.with_partner("counterparty_id", "acting_id"), organization_id=me),
        elsewhere.filter(counterparty_id=me).exclude(organization_id=me),
        elsewhere.filter(acting_id=me).exclude(organization_id=me).exclude(counterparty_id=me),
    ]


def entries(events: Iterable[Event], reader: Organization) -> list[dict[str, Any]]:
    """Rows for pages and exports: when, who, firm, text, thing, detail, tone, with.

    `firm` is whose employee acted in the reader's account. Three queries, and one for each
    kind of named things.
    """
    events = list(events)
    others = {pk for event in events for pk in (_other(event, reader), event.acting_id) if pk}
    names = dict(Organization.objects.filter(pk__in=others).values_list("pk", "name"))
    people, things = _people(events), objects.names_of(events)
    rows = presenters.timeline(events, less=_SAID)
    for event, row in zip(events, rows, strict=True):
        person = people.get(str(event.after.get("person", "")), "")
        row["text"] = row["text"][:1].upper() + row["text"][1:]
        row["when"] = minute(event.at)
        row["with"] = names.get(_other(event, reader) or 0, "")
        ours = event.organization_id == reader.pk
        row["firm"] = names.get(event.acting_id or 0, "") if ours else ""
        row["thing"] = things.get(event.object_id, "")
        row["detail"] = f"{person}: {row['detail']}" if person else row["detail"]
        row["tone"] = _TONE_OF.get(event.verb.rpartition(".")[2], "")
    return rows


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
    return (event.counterparty_id or event.acting_id) if ours else event.organization_id


def _people(events: Iterable[Event]) -> dict[str, str]:
    ids = {event.after["person"] for event in events if "person" in event.after}
    if not ids:
        return {}
    rows = Membership.objects.filter(public_id__in=ids).values_list("public_id", "user__name")
    return {str(public_id): name for public_id, name in rows}
