"""Changing what is granted later, without a new invitation (U12), and ending it by its date."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Assignment, Connection, RoleGrant
from connections.states import GRANT, GrantStatus, Side
from connections.transitions import proposals
from connections.transitions.rules import (
    ChangedMeanwhile,
    approved_levels,
    check_end,
    check_levels,
    check_role_ends,
    kept,
    lock_live,
    note,
    reminders_past,
)
from core import clock
from core.audit.presenters import Value
from core.db import lock_all, move
from core.object_permissions import clear_grants
from core.state_tables import advance
from core.web.access import Level
from roles.models import Role

LAST = "This would leave no role at all: end the connection instead."

Grants = dict[str, RoleGrant]
# Role code -> the moment its grant ends, None for no end of its own.
Ends = Mapping[str, datetime | None]


@transaction.atomic
def change(
    *,
    connection: Connection,
    by: User,
    levels: Mapping[str, Level],
    version: int,
    ends_at: datetime | None = None,
    until: Ends | None = None,
) -> Connection:
    """The seller raises, lowers, adds and removes roles; a role not in `levels` stays.

    A level may rise up to what is approved now; what stands above it may stay or fall. `ends_at`
    moves the end date of everything, `until` that of single roles. Raises ChangedMeanwhile for
    another `version`, Invalid at a row, Ended, NotPermitted.
    """
    connection, grants = _lock(connection, version)
    require_administrator(by, connection.seller)
    held = levels_of(grants)
    approved = approved_levels(connection.provider_id)
    ceiling = {
        code: max(approved.get(code, Level.NONE), held.get(code, Level.NONE))
        for code in {*approved, *held}
    }
    wanted = check_levels(held | dict(levels), ceiling, least=LAST)
    if ends_at is not None and ends_at != connection.ends_at:
        check_end(ends_at, connection.seller)
    ends = check_role_ends(until or {}, wanted, ends_at or connection.ends_at, connection.seller)
    ends = {code: grant.ends_at for code, grant in grants.items()} | ends
    _apply(connection, grants, wanted, by=by, side=Side.SELLER, ends_at=ends_at, ends=ends)
    proposals.settle_request(connection, wanted, by=by)
    return connection


@transaction.atomic
def give_back(
    *, connection: Connection, by: User, levels: Mapping[str, Level], version: int
) -> Connection:
    """The provider lowers or removes roles it was granted. Raises as `change` does."""
    connection, grants = _lock(connection, version)
    require_administrator(by, connection.provider)
    held = levels_of(grants)
    wanted = check_levels(held | dict(levels), held, least=LAST)
    ends = {code: grant.ends_at for code, grant in grants.items()}
    _apply(connection, grants, wanted, by=by, side=Side.PROVIDER, ends=ends)
    return connection


@transaction.atomic
def end_due(*, connection: Connection) -> bool:
    """End the grants whose own date has come; False when there are none now."""
    row = lock_live(connection)
    before = row.version
    lock_grants(row)
    return bool(row.version != before)


@transaction.atomic
def remind_of_end(*, connection: Connection, days: int) -> bool:
    """Tell both sides, and who uses them, once that roles end within `days` by a date of their own;
    False when that was done, or the dates were moved."""
    row = lock_live(connection)
    grants = lock_all(
        RoleGrant.objects.to_remind(clock.now(), days).filter(connection=row).select_related("role")
    )
    for grant in grants:
        move(grant, expect={"reminded": grant.reminded}, reminded=days)
    if grants:
        emails.connections.roles_ending(row, grants, _users_of(grants), days=days)
    return bool(grants)


def _users_of(grants: Iterable[RoleGrant]) -> list[User]:
    assigned = Assignment.objects.filter(content_object__in=list(grants))
    return list(User.objects.filter(pk__in=assigned.values("user")).order_by("pk"))


def lock_grants(connection: Connection) -> Grants:
    """Role code -> grant in force, locked; those whose date has come are ended on the way.

    The caller holds the connection.
    """
    rows = lock_all(RoleGrant.objects.active().filter(connection=connection).select_related("role"))
    grants = {row.role.code: row for row in rows}
    due = {code: row for code, row in grants.items() if row.is_over}
    if due:
        _end_by_date(connection, due)
    return {code: row for code, row in grants.items() if code not in due}


def levels_of(grants: Grants) -> dict[str, Level]:
    return {code: Level(grant.level) for code, grant in grants.items()}


def raise_levels(
    connection: Connection, grants: Grants, levels: Mapping[str, Level], *, by: User
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Write levels that the caller has checked, under its lock; before and after, for history."""
    held = {code: grants[code] for code in levels if code in grants}
    move(connection, expect={"version": connection.version}, version=connection.version + 1)
    before = kept(levels_of(held))
    for code, level in levels.items():
        grant = grants.get(code)
        _write(connection, code, grant, level, grant.ends_at if grant else None, by=by)
    return before, kept(levels)


def _lock(connection: Connection, version: int) -> tuple[Any, Grants]:
    row = lock_live(connection)
    if row.version != version:
        raise ChangedMeanwhile("Somebody else changed these roles in the meantime.")
    return row, lock_grants(row)


def _apply(
    connection: Connection,
    grants: Grants,
    wanted: Mapping[str, Level],
    *,
    by: User,
    side: Side,
    ends: Ends,
    ends_at: datetime | None = None,
) -> None:
    held = levels_of(grants)
    old_ends = {code: grant.ends_at for code, grant in grants.items()}
    codes = [
        code
        for code in {*held, *wanted}
        if held.get(code, 0) != wanted.get(code, 0)
        or (code in wanted and old_ends.get(code) != ends.get(code))
    ]
    if ends_at == connection.ends_at:
        ends_at = None
    if not codes and ends_at is None:
        return
    before = kept({c: held[c] for c in codes if c in held}, old_ends)
    after = kept({c: wanted.get(c, Level.NONE) for c in codes}, ends)
    values: dict[str, Any] = {"version": connection.version + 1}
    if ends_at is not None:
        before["until"], after["until"] = connection.ends_at.isoformat(), ends_at.isoformat()
        values |= {"ends_at": ends_at, "reminded": reminders_past(ends_at)}
    move(connection, expect={"version": connection.version}, **values)
    for code in codes:
        level = wanted.get(code, Level.NONE)
        _write(connection, code, grants.get(code), level, ends.get(code), by=by)
    _note(connection, before, after, by=by, side=side)
    if ends_at is not None:
        proposals.void_renewal(connection, by=by)


def _write(
    connection: Connection,
    code: str,
    grant: RoleGrant | None,
    level: Level,
    ends_at: datetime | None,
    *,
    by: User | None,
) -> None:
    if grant is None:
        RoleGrant.objects.create(
            connection=connection,
            seller_id=connection.seller_id,
            provider_id=connection.provider_id,
            role=Role.objects.get(code=code),
            level=level,
            ends_at=ends_at,
            reminded=reminders_past(ends_at),
            granted_by=by,
        )
    elif level:
        expect = {"status": GrantStatus.ACTIVE, "level": grant.level}
        move(
            grant,
            expect=expect,
            level=level,
            ends_at=ends_at,
            # A date that moved is reminded of anew.
            reminded=grant.reminded if ends_at == grant.ends_at else reminders_past(ends_at),
            granted_by=by,
            granted_at=clock.now(),
        )
    else:
        advance(grant, GRANT, GrantStatus.ENDED, ended_at=clock.now())
        clear_grants(Assignment, content_object=grant)


def _end_by_date(connection: Connection, due: Grants) -> None:
    people = _users_of(due.values())
    move(connection, expect={"version": connection.version}, version=connection.version + 1)
    for grant in due.values():
        _write(connection, grant.role.code, grant, Level.NONE, None, by=None)
    before = kept(levels_of(due))
    after = kept(dict.fromkeys(due, Level.NONE))
    note(connection, "roles_ended", by=None, side=Side.SELLER, before=before, after=after)
    emails.connections.roles_ended(connection, before, people)


def _note(
    connection: Connection,
    before: dict[str, Value],
    after: dict[str, Value],
    *,
    by: User,
    side: Side,
) -> None:
    given_back = side == Side.PROVIDER
    event = "roles_given_back" if given_back else "roles_changed"
    note(connection, event, by=by, side=side, before=before, after=after)
    actor = connection.provider if given_back else connection.seller
    emails.connections.roles_changed(connection, before, after, actor=actor, by=by)
