"""Assigning many at once: everything that the preview showed, or nothing (U17, U18)."""

from itertools import groupby

from django.db import transaction

from accounts.models import Organization, User
from accounts.tenancy import require_administrator
from connections import emails
from connections.transitions.assignments import Move, write
from connections.transitions.plans import Copy, Line, SetLevel, digest, lines_of
from connections.transitions.shared import ChangedMeanwhile
from core.db import lock


@transaction.atomic
def assign_many(
    *, provider: Organization, by: User, wish: SetLevel | Copy, seen: str
) -> list[Line]:
    """Do what the preview with the digest `seen` showed; returns its lines.

    A refused line changes nothing, all others are written together, with one event for each person
    and client and one mail for each person. Raises ChangedMeanwhile when the plan is another one
    by now, Invalid for too many lines, NotPermitted.
    """
    # Grants, connections, memberships and assignments of a provider change under its lock only.
    provider = lock(Organization.objects.all(), pk=provider.pk)
    require_administrator(by, provider)
    lines = lines_of(provider, wish)
    if digest(lines) != seen:
        raise ChangedMeanwhile("Something has changed since the preview.")
    moves = [move for line in lines if (move := line.move)]
    write(moves, by=by)
    for _, group in groupby(sorted(moves, key=_person), key=_person):
        own = list(group)
        emails.assignments.many_assignments_changed(
            provider, own[0].member.user, _lines(own), by=by
        )
    return lines


def _person(move: Move) -> int:
    return move.member.user_id


def _lines(moves: list[Move]) -> list[tuple[str, str]]:
    return [(x.connection.seller.name, f"{x.grant.role.name}: {x.after.word}") for x in moves]
