"""Chaining events: a task, one at a time, appends seals, so that no request waits for a chain."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from core.audit.models import Event, Seal

BATCH = 500
# How many links are read at a time when a chain is checked.
CHECKED_AT_ONCE = 1000
PARTIES = ("organization_id", "counterparty_id", "acting_id")
_LOCK = 0x5EA1


def canonical(event: Event) -> dict[str, Any]:
    """What a seal vouches for. The firm that acted is named only where there was one."""
    body: dict[str, Any] = {
        "uid": str(event.uid),
        "at": event.at.isoformat(),
        "verb": event.verb,
        "actor": str(event.actor_ref or ""),
        "organization": event.organization_id,
        "counterparty": event.counterparty_id,
        "object": [event.object_type, event.object_id],
        "before": event.before,
        "after": event.after,
    }
    return body | ({"acting": event.acting_id} if event.acting_id else {})


def fingerprint(previous: str, event: Event) -> str:
    text = json.dumps(canonical(event), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def events_of(organization_id: int) -> Q:
    """The condition for the events that an organization sees, and its chain holds."""
    condition = Q()
    for party in PARTIES:
        condition |= Q(**{party: organization_id})
    return condition


def parties_with_unsealed() -> list[int]:
    parties: set[int] = set()
    for field in PARTIES:
        sealed = Seal.objects.filter(event_id=OuterRef("pk"), organization_id=OuterRef(field))
        rows = Event.objects.filter(~Exists(sealed), **{f"{field}__isnull": False})
        parties.update(rows.values_list(field, flat=True).distinct()[:BATCH])
    return sorted(parties)


def seal_party(organization_id: int) -> int:
    """Append seals for one organization's unsealed events; returns how many."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, organization_id % 2**31]
                )
        last = newest_seal(organization_id)
        previous, sequence = (last.hash, last.sequence) if last else ("", 0)
        sealed = Seal.objects.filter(event_id=OuterRef("pk"), organization_id=organization_id)
        events = Event.objects.filter(events_of(organization_id), ~Exists(sealed))
        seals = []
        for event in events.order_by("id")[:BATCH]:
            sequence += 1
            digest = fingerprint(previous, event)
            seals.append(
                Seal(
                    organization_id=organization_id,
                    sequence=sequence,
                    event_id=event.pk,
                    previous_hash=previous,
                    hash=digest,
                )
            )
            previous = digest
        Seal.objects.bulk_create(seals)
    return len(seals)


def seal_all() -> int:
    total = 0
    for party in parties_with_unsealed():
        while sealed := seal_party(party):
            total += sealed
    return total


@dataclass(frozen=True)
class Verdict:
    """The entries looked at, and the first that does not hold. `head` is the hash of the last entry
    that holds: who notes it can tell later whether anything up to there was changed or cut off."""

    first: int
    last: int
    head: str
    broken: int | None = None


def newest_seal(organization_id: int) -> Seal | None:
    return Seal.objects.filter(organization_id=organization_id).order_by("-sequence").first()


def verify(organization_id: int, *, newest: int | None = None) -> Verdict:
    """Compute the chain again, or its `newest` entries, and compare (X9). Two statements for each
    thousand entries."""
    head = newest_seal(organization_id)
    first = max(1, head.sequence - newest + 1) if head and newest else 1
    previous, sequence = _hash_before(organization_id, first), first - 1
    for seal, event in _links(organization_id, first):
        sequence += 1
        intact = (
            event is not None
            and seal.sequence == sequence
            and seal.previous_hash == previous
            and seal.hash == fingerprint(previous, event)
        )
        if not intact:
            return Verdict(first, sequence - 1, previous, broken=sequence)
        previous = seal.hash
    return Verdict(first, sequence, previous)


def _hash_before(organization_id: int, sequence: int) -> str:
    if sequence == 1:
        return ""
    rows = Seal.objects.filter(organization_id=organization_id, sequence=sequence - 1)
    return rows.values_list("hash", flat=True).first() or ""


def _links(organization_id: int, first: int) -> Iterator[tuple[Seal, Event | None]]:
    rows = Seal.objects.filter(organization_id=organization_id).order_by("sequence")
    while piece := list(rows.filter(sequence__gte=first)[:CHECKED_AT_ONCE]):
        events = Event.objects.in_bulk([seal.event_id for seal in piece])
        for seal in piece:
            yield seal, events.get(seal.event_id)
        first = piece[-1].sequence + 1
