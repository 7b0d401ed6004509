"""Changing what is granted later, without a new invitation (U12)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Assignment, Connection, RoleGrant
from connections.states import GRANT, GrantStatus, Side
from connections.transitions.shared import (
    ChangedMeanwhile,
    approved_levels,
    check_end,
    check_levels,
    lock_live,
    reminders_past,
    words,
)
from partnerhub import clock
from partnerhub.audit.services import record
from partnerhub.db import lock_all, move
from partnerhub.objectperms import clear_grants
from partnerhub.statetable import advance
from partnerhub.web.access import Level
from roles.models import Role

LAST = "This would leave no role at all: end the connection instead."


@transaction.atomic
def change(
    *,
    connection: Connection,
    by: Any,
    levels: Mapping[str, Level],
    version: int,
    ends_at: datetime | None = None,
) -> Connection:
    """The seller raises, lowers, adds and removes roles; a role not in `levels` stays.

    A level may rise up to what is approved now; what stands above it may stay or fall. `ends_at`
    moves the end date (U16). Raises ChangedMeanwhile for another `version`, Invalid at a row,
    Ended, NotPermitted.
    """
    connection, grants = _lock(connection, version)
    require_administrator(by, connection.seller)
    held = {code: Level(grant.level) for code, grant in grants.items()}
    approved = approved_levels(connection.provider_id)
    ceiling = {
        code: max(approved.get(code, Level.NONE), held.get(code, Level.NONE))
        for code in {*approved, *held}
    }
    wanted = check_levels(held | dict(levels), ceiling, least=LAST)
    if ends_at is not None and ends_at != connection.ends_at:
        check_end(ends_at)
    _apply(connection, grants, wanted, by=by, side=Side.SELLER, ends_at=ends_at)
    return connection


@transaction.atomic
def give_back(
    *, connection: Connection, by: Any, levels: Mapping[str, Level], version: int
) -> Connection:
    """The provider lowers or removes roles it was granted. Raises as `change` does."""
    connection, grants = _lock(connection, version)
    require_administrator(by, connection.provider)
    held = {code: Level(grant.level) for code, grant in grants.items()}
    wanted = check_levels(held | dict(levels), held, least=LAST)
    _apply(connection, grants, wanted, by=by, side=Side.PROVIDER)
    return connection


def _lock(connection: Connection, version: int) -> tuple[Any, dict[str, RoleGrant]]:
    row = lock_live(connection)
    if row.version != version:
        raise ChangedMeanwhile("Somebody else changed these roles in the meantime.")
    grants = lock_all(RoleGrant.objects.active().filter(connection=row).select_related("role"))
    return row, {grant.role.code: grant for grant in grants}


def _apply(
    connection: Connection,
    grants: Mapping[str, RoleGrant],
    wanted: Mapping[str, Level],
    *,
    by: Any,
    side: Side,
    ends_at: datetime | None = None,
) -> None:
    """Write the difference, its history and its mails; nothing when there is none."""
    held = {code: Level(grant.level) for code, grant in grants.items()}
    codes = [c for c in {*held, *wanted} if held.get(c, 0) != wanted.get(c, 0)]
    if ends_at == connection.ends_at:
        ends_at = None
    if not codes and ends_at is None:
        return
    before = words({c: held[c] for c in codes if c in held})
    after = words({c: wanted.get(c, Level.NONE) for c in codes})
    values: dict[str, Any] = {"version": connection.version + 1}
    if ends_at is not None:
        before["until"], after["until"] = (
            connection.ends_at.date().isoformat(),
            ends_at.date().isoformat(),
        )
        values |= {"ends_at": ends_at, "reminded": reminders_past(ends_at)}
    move(connection, expect={"version": connection.version}, **values)
    for code in codes:
        _write(connection, code, grants.get(code), wanted.get(code, Level.NONE), by=by)
    _note(connection, before, after, by=by, side=side)


def _write(
    connection: Connection, code: str, grant: RoleGrant | None, level: Level, *, by: Any
) -> None:
    if grant is None:
        RoleGrant.objects.create(
            connection=connection,
            seller_id=connection.seller_id,
            provider_id=connection.provider_id,
            role=Role.objects.get(code=code),
            level=level,
            granted_by=by,
        )
    elif level:
        expect = {"status": GrantStatus.ACTIVE, "level": grant.level}
        move(grant, expect=expect, level=level, granted_by=by, granted_at=clock.now())
    else:
        advance(grant, GRANT, GrantStatus.ENDED, ended_at=clock.now())
        clear_grants(Assignment, content_object=grant)


def _note(
    connection: Connection, before: dict[str, str], after: dict[str, str], *, by: Any, side: Side
) -> None:
    own, other = connection.seller, connection.provider
    if side == Side.PROVIDER:
        own, other = other, own
    given_back = side == Side.PROVIDER
    record(
        "connection.roles_given_back" if given_back else "connection.roles_changed",
        by=by,
        subject=connection,
        organization=own,
        counterparty=other,
        before=before,
        after=after,
    )
    emails.roles_changed(connection, before, after, actor=own, by=by)
