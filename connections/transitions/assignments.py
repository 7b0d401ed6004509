"""Which employee may use which granted role, and up to which level (U17, U18)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from accounts.models import Membership, User
from accounts.states import MembershipRole, MembershipStatus
from accounts.tenancy import require_administrator
from connections import emails
from connections.field_names import cell_field
from connections.models import Assignment, Connection, RoleGrant
from connections.rights.assignments import CODENAMES, held
from connections.transitions.rules import ChangedMeanwhile, kept, lock_parties
from core import clock
from core.audit import services as audit
from core.db import lock, lock_all
from core.errors import Ended, Invalid, NotRelated
from core.object_permissions import clear_grants, grant_many
from core.web.access import Level

# Membership id -> (grant id -> level); NONE takes an assignment away.
Changes = Mapping[int, Mapping[int, Level]]


@dataclass(frozen=True)
class Move:
    connection: Connection
    member: Membership
    grant: RoleGrant
    before: Level
    after: Level


@transaction.atomic
def assign(*, connection: Connection, by: User, changes: Changes, state: str | None = None) -> int:
    """Set the levels of employees for grants of one client; returns how many people changed.

    `state` is state_of() as the form carried it: raises ChangedMeanwhile for another one. Raises
    Invalid with the field "assign-<grant>-<membership>" for a level above the grant, NotRelated
    for a grant or person of somebody else, Ended once the connection is over, NotPermitted. An
    administrator needs no assignment: asking for one is Invalid.
    """
    lock_parties(connection.provider_id)
    require_administrator(by, connection.provider)
    members = _lock_members(connection, changes)
    connection = lock(Connection.objects.select_related("seller", "provider"), pk=connection.pk)
    if not connection.is_live:
        raise Ended("This connection has ended.")
    if state is not None and state != state_of(connection):
        raise ChangedMeanwhile("Somebody else changed these assignments in the meantime.")
    granted = RoleGrant.objects.in_force(clock.now()).filter(connection=connection)
    grants = {grant.pk: grant for grant in lock_all(granted.select_related("role"))}
    for pk, levels in changes.items():
        _check(members[pk], levels, grants)
    stands = held(grants.values(), [member.user_id for member in members.values()])
    moves = [
        Move(connection, members[pk], grants[grant], before, level)
        for pk, levels in changes.items()
        for grant, level in levels.items()
        if level != (before := stands.get((grant, members[pk].user_id), Level.NONE))
    ]
    write(moves, by=by)
    for member in {move.member.pk: move.member for move in moves}.values():
        _tell(connection, member, grants, stands, moves, by=by)
    return len({move.member.pk for move in moves})


def write(moves: Sequence[Move], *, by: User) -> None:
    """Write these differences, with one event for each person and client.

    For transitions that hold the locks and have checked every move; the number of statements does
    not grow with the number of moves.
    """
    if not moves:
        return
    rows = {(move.grant.pk, move.member.user_id) for move in moves if move.before}
    candidates = Assignment.objects.filter(
        content_object__in={grant for grant, _ in rows}, user__in={user for _, user in rows}
    ).values_list("pk", "content_object_id", "user_id")
    clear_grants(Assignment, pk__in=[pk for pk, *key in candidates if tuple(key) in rows])
    grant_many(
        Assignment,
        RoleGrant,
        [(x.member.user_id, CODENAMES[x.after], x.grant) for x in moves if x.after],
    )
    pair = attrgetter("connection.pk", "member.pk")
    audit.record_changes(
        "assignment.changed",
        [_event(list(group)) for _, group in groupby(sorted(moves, key=pair), key=pair)],
        by=by,
        organization=moves[0].connection.provider_id,
    )


def _event(moves: list[Move]) -> audit.Change:
    connection, member = moves[0].connection, moves[0].member
    return audit.Change(
        connection,
        connection.seller_id,
        kept({move.grant.role.code: move.before for move in moves if move.before}),
        {
            **kept({move.grant.role.code: move.after for move in moves}),
            "person": str(member.public_id),
        },
    )


def _tell(
    connection: Connection,
    member: Membership,
    grants: Mapping[int, RoleGrant],
    stands: Mapping[tuple[int, int], Level],
    moves: Sequence[Move],
    *,
    by: User,
) -> None:
    now = {grant: level for (grant, user), level in stands.items() if user == member.user_id}
    now |= {move.grant.pk: move.after for move in moves if move.member.pk == member.pk}
    current = {
        grants[pk].role.code: min(level, Level(grants[pk].level))
        for pk, level in now.items()
        if level
    }
    emails.assignments.assignments_changed(connection, member.user, current, by=by)


def _lock_members(connection: Connection, changes: Changes) -> dict[int, Membership]:
    rows = lock_all(
        Membership.objects.filter(
            pk__in=list(changes),
            organization_id=connection.provider_id,
            status=MembershipStatus.ACTIVE,
        ).select_related("user")
    )
    if len(rows) != len(changes):
        raise NotRelated
    return {row.pk: row for row in rows}


def _check(
    member: Membership, levels: Mapping[int, Level], grants: Mapping[int, RoleGrant]
) -> None:
    if member.role == MembershipRole.ADMINISTRATOR:
        raise Invalid("Administrators may use every granted role without an assignment.")
    for grant_id, level in levels.items():
        if grant_id not in grants:
            raise NotRelated
        granted = Level(grants[grant_id].level)
        if level > granted:
            raise Invalid(
                f"This role is granted up to {granted.word}.", field=cell_field(grant_id, member.pk)
            )


def state_of(connection: Connection) -> str:
    """What stands now, as a form carries it: another value later means somebody else saved.

    Names every grant with its level and every assignment (C9).
    """
    grants = RoleGrant.objects.in_force(clock.now()).filter(connection=connection)
    rows = Assignment.objects.filter(content_object__in=grants)
    parts = [
        sorted(grants.values_list("pk", "level")),
        sorted(rows.values_list("content_object_id", "user_id", "permission_id")),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
