"""Chaining events: a task, one at a time, appends seals, so that no request waits for a chain."""

import hashlib
import json
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from partnerhub.audit.models import Event, Seal

BATCH = 500
_LOCK = 0x5EA1


def fingerprint(previous: str, event: Event) -> str:
    """The hash of one link: sha-256 over the previous hash and the event's canonical JSON."""
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
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def parties_with_unsealed() -> list[int]:
    """Ids of the organizations that have events without a seal."""
    parties: set[int] = set()
    for field in ("organization_id", "counterparty_id"):
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
        last = Seal.objects.filter(organization_id=organization_id).order_by("-sequence").first()
        previous, sequence = (last.hash, last.sequence) if last else ("", 0)
        sealed = Seal.objects.filter(event_id=OuterRef("pk"), organization_id=organization_id)
        events = Event.objects.filter(
            Q(organization_id=organization_id) | Q(counterparty_id=organization_id),
            ~Exists(sealed),
        ).order_by("id")[:BATCH]
        seals = []
        for event in events:
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
    """Seal every organization's waiting events; returns how many seals were written."""
    total = 0
    for party in parties_with_unsealed():
        while sealed := seal_party(party):
            total += sealed
    return total


def first_broken(organization_id: int) -> int | None:
    """The sequence of the first seal that does not match its event, or None when all do."""
    previous = ""
    seals = Seal.objects.filter(organization_id=organization_id).order_by("sequence")
    for expected, seal in enumerate(seals.iterator(), start=1):
        event = Event.objects.filter(pk=seal.event_id).first()
        intact = (
            event is not None
            and seal.sequence == expected
            and seal.previous_hash == previous
            and seal.hash == fingerprint(previous, event)
        )
        if not intact:
            return expected
        previous = seal.hash
    return None
