"""Which employee may use which granted role, and up to which level (U17, U18)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import Membership
from accounts.states import MembershipRole, MembershipStatus
from accounts.tenancy import require_administrator
from connections import emails
from connections.fields import cell_field
from connections.models import Assignment, Connection, RoleGrant
from connections.transitions.shared import ChangedMeanwhile, lock_parties, words
from partnerhub import clock
from partnerhub.audit.services import record
from partnerhub.db import lock, lock_all
from partnerhub.errors import Ended, Invalid, NotRelated
from partnerhub.objectperms import clear_grants, permission_for
from partnerhub.web.access import Level

CODENAMES = {level: f"assigned_{level.word}" for level in Level if level}
LEVELS = {codename: level for level, codename in CODENAMES.items()}

# Membership id -> (grant id -> level); NONE takes an assignment away.
Changes = Mapping[int, Mapping[int, Level]]


@transaction.atomic
def assign(*, connection: Connection, by: Any, changes: Changes, state: str | None = None) -> int:
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
    grants = {
        grant.pk: grant
        for grant in lock_all(
            RoleGrant.objects.in_force(clock.now())
            .filter(connection=connection)
            .select_related("role")
        )
    }
    changed = 0
    for pk, levels in changes.items():
        _check(members[pk], levels, grants)
        changed += _set(connection, members[pk], levels, grants, by=by)
    return changed


def _lock_members(connection: Connection, changes: Changes) -> dict[int, Membership]:
    rows = lock_all(
        Membership.objects.filter(
            pk__in=list(changes),
            organization_id=connection.provider_id,
            status=MembershipStatus.ACTIVE,
        ).select_related("user")
    )
    if len(rows) != len(changes):
        raise NotRelated("There is no such page.")
    return {row.pk: row for row in rows}


def _check(
    member: Membership, levels: Mapping[int, Level], grants: Mapping[int, RoleGrant]
) -> None:
    if member.role == MembershipRole.ADMINISTRATOR:
        raise Invalid("Administrators may use every granted role without an assignment.")
    for grant_id, level in levels.items():
        if grant_id not in grants:
            raise NotRelated("There is no such page.")
        granted = Level(grants[grant_id].level)
        if level > granted:
            raise Invalid(
                f"This role is granted up to {granted.word}.",
                field=cell_field(grant_id, member.pk),
            )


def _set(
    connection: Connection,
    member: Membership,
    levels: Mapping[int, Level],
    grants: Mapping[int, RoleGrant],
    *,
    by: Any,
) -> int:
    """Write one person's difference; 0 when there is none."""
    rows = Assignment.objects.filter(
        user_id=member.user_id, content_object__in=list(grants)
    ).select_related("permission")
    held = {row.content_object_id: LEVELS[row.permission.codename] for row in rows}
    moved = [pk for pk, level in levels.items() if held.get(pk, Level.NONE) != level]
    if not moved:
        return 0
    clear_grants(Assignment, user_id=member.user_id, content_object__in=moved)
    permissions = {
        level: permission_for(RoleGrant, CODENAMES[level])
        for level in {levels[pk] for pk in moved}
        if level
    }
    Assignment.objects.bulk_create(
        Assignment(
            user_id=member.user_id, permission=permissions[levels[pk]], content_object=grants[pk]
        )
        for pk in moved
        if levels[pk]
    )
    codes = {pk: grant.role.code for pk, grant in grants.items()}
    record(
        "assignment.changed",
        by=by,
        subject=connection,
        organization=connection.provider_id,
        counterparty=connection.seller_id,
        before=words({codes[pk]: held[pk] for pk in moved if pk in held}),
        after={
            **words({codes[pk]: levels[pk] for pk in moved}),
            "person": str(member.public_id),
        },
    )
    now = {**held, **levels}
    current = {codes[pk]: min(level, Level(grants[pk].level)) for pk, level in now.items() if level}
    emails.assignments_changed(connection, member.user, current, by=by)
    return 1


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
