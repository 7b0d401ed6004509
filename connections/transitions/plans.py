"""What assigning many at once changes: read for the preview, and again under the lock (U17, U18).

A plan has one line for each person and granted role; a line above the grant is refused by itself.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Membership, Organization, User
from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Assignment, Connection, RoleGrant
from connections.rights.assignments import LEVELS, employees_of, held
from connections.transitions.assignments import Move, write
from connections.transitions.rules import ChangedMeanwhile
from core import clock
from core.db import lock
from core.errors import Invalid
from core.web.access import Level
from core.web.pagination import capped_count
from roles.models import Role

MOST = 1000
TOO_MANY = f"That are more than {MOST:,} lines: choose fewer clients or employees at once."


@dataclass(frozen=True)
class SetLevel:
    """One role at one level. None stands for every client who granted it, or every employee."""

    role: Role
    level: Level
    clients: frozenset[UUID] | None
    employees: frozenset[UUID] | None


@dataclass(frozen=True)
class Copy:
    """What one employee is assigned to, for others as well; `exactly` takes the rest away."""

    source: UUID
    employees: frozenset[UUID]
    exactly: bool


@dataclass(frozen=True)
class Line:
    """One person and one client's role: what stands, what would stand, or why it cannot."""

    connection: Connection
    member: Membership
    role: Role
    grant: RoleGrant | None
    before: Level
    after: Level
    refusal: str = ""

    @property
    def outcome(self) -> str:
        if self.refusal:
            return "refused"
        return "same" if self.before == self.after else "change"

    @property
    def move(self) -> Move | None:
        if self.outcome != "change" or self.grant is None:
            return None
        return Move(self.connection, self.member, self.grant, self.before, self.after)


def lines_of(provider: Organization, wish: SetLevel | Copy) -> list[Line]:
    """The plan, by client, person and role; at most eight queries.

    Raises Invalid for more than MOST lines.
    """
    make = _set_level if isinstance(wish, SetLevel) else _copy
    lines = list(make(provider, wish))  # type: ignore[arg-type]
    if len(lines) > MOST:
        raise Invalid(TOO_MANY)
    return sorted(lines, key=_order)


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
    person = attrgetter("member.user_id")
    for _, group in groupby(sorted(moves, key=person), key=person):
        own = list(group)
        changes = [(x.connection.seller.name, f"{x.grant.role.name}: {x.after.word}") for x in own]
        emails.assignments.many_assignments_changed(provider, own[0].member.user, changes, by=by)
    return lines


def digest(lines: Iterable[Line]) -> str:
    """What a preview showed, in one word: another one later means that something has changed."""
    parts = [
        (line.connection.pk, line.member.pk, line.role.pk, line.before, line.after, line.refusal)
        for line in lines
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _order(line: Line) -> tuple[Any, ...]:
    names = line.connection.seller.name.casefold(), line.member.user.name.casefold()
    return (*names, line.connection.pk, line.member.pk, line.role.position)


def _set_level(provider: Organization, wish: SetLevel) -> Iterator[Line]:
    people = employees_of(provider)
    if wish.employees is not None:
        people = people.filter(public_id__in=wish.employees)
    rows = Connection.objects.for_provider(provider)
    granted = RoleGrant.objects.in_force(clock.now()).filter(provider=provider, role=wish.role)
    if wish.clients is not None:
        rows = rows.filter(public_id__in=wish.clients)
    else:
        rows = rows.live(clock.now()).filter(pk__in=granted.values("connection_id"))
    if capped_count(rows) * capped_count(people) > MOST:
        raise Invalid(TOO_MANY)
    connections, members = list(rows.with_list_data()), list(people)
    grants = {
        grant.connection_id: grant
        for grant in granted.filter(connection__in=connections).select_related("role")
    }
    stands = held(grants.values(), [member.user_id for member in members])
    for connection in connections:
        grant = grants.get(connection.pk)
        refusal = _refusal(connection, grant, wish.level)
        for member in members:
            before = stands.get((grant.pk, member.user_id), Level.NONE) if grant else Level.NONE
            yield Line(connection, member, wish.role, grant, before, wish.level, refusal)


def _refusal(connection: Connection, grant: RoleGrant | None, level: Level) -> str:
    if not connection.is_live:
        return "This connection has ended."
    if grant is None:
        return "The client has not granted this role."
    granted = Level(grant.level)
    return f"Granted up to {granted.word}." if level > granted else ""


def _copy(provider: Organization, wish: Copy) -> Iterator[Line]:
    people = {wish.source, *wish.employees}
    members = list(employees_of(provider).filter(public_id__in=people))
    rows = _assigned(provider, [member.user_id for member in members])
    grants = {row.content_object_id: row.content_object for row in rows}
    stands = {(row.content_object_id, row.user_id): LEVELS[row.permission.codename] for row in rows}
    source = next((member for member in members if member.public_id == wish.source), None)
    for member in members:
        if source is None or member is source:
            continue
        for pk, grant in grants.items():
            before = stands.get((pk, member.user_id), Level.NONE)
            wanted = min(stands.get((pk, source.user_id), Level.NONE), Level(grant.level))
            if wanted or (before and wish.exactly):
                yield Line(grant.connection, member, grant.role, grant, before, wanted)


def _assigned(provider: Organization, users: Sequence[int]) -> list[Assignment]:
    live = Connection.objects.for_provider(provider).live(clock.now())
    grants = RoleGrant.objects.in_force(clock.now()).filter(connection__in=live)
    rows = Assignment.objects.filter(user__in=users, content_object__in=grants)
    found = list(
        rows.select_related(
            "permission", "content_object__role", "content_object__connection__seller"
        )[: MOST * 2]
    )
    if len(found) == MOST * 2:
        raise Invalid(TOO_MANY)
    return found
