"""Pausing a partner: nobody acts through the connection for a while, and nothing is lost (X6)."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Connection
from connections.states import CONNECTION, ConnectionStatus, Side
from connections.transitions.rules import lock_live, note
from core import clock
from core.db import move
from core.errors import Conflict, Invalid
from core.state_tables import advance


@transaction.atomic
def pause(
    *, connection: Connection, by: User, until: datetime | None = None, reason: str = ""
) -> Connection:
    """The seller stops everything that rests on the connection, for good or until a moment.

    Grants and assignments stay as they are and count again afterwards. Raises Invalid with field
    "until" for a moment that is past or not before the end, TransitionNotAllowed while it is
    paused, Ended, NotPermitted.
    """
    row = lock_live(connection)
    require_administrator(by, row.seller)
    _check_day(row, until)
    if row.current_status == ConnectionStatus.ACTIVE and row.status == ConnectionStatus.PAUSED:
        _resume(row, by=None)
    now = clock.now()
    status = ConnectionStatus.PAUSED
    advance(row, CONNECTION, status, paused_at=now, paused_until=until, reason=reason[:300])
    after = {"status": "paused"} | _until(until)
    note(row, "paused", by=by, side=Side.SELLER, before={"status": "active"}, after=after)
    emails.pauses.connection_paused(row, by=by)
    return row


@transaction.atomic
def set_day(*, connection: Connection, by: User, until: datetime | None) -> Connection:
    """The seller sets another end of a running pause, or none; nobody gets in meanwhile.

    Raises Invalid with field "until" for the present day and for one that cannot be, Conflict for
    a connection that is not paused now, Ended, NotPermitted.
    """
    row = lock_live(connection)
    require_administrator(by, row.seller)
    if not row.is_paused:
        raise Conflict("This connection is not paused: there is no day to change.")
    if until == row.paused_until:
        raise Invalid("It is paused so already: choose another day.", field="until")
    _check_day(row, until)
    before = row.paused_until
    move(row, expect={"status": row.status, "paused_until": before}, paused_until=until)
    note(row, "pause_moved", by=by, side=Side.SELLER, before=_until(before), after=_until(until))
    emails.pauses.connection_pause_moved(row, before=before, by=by)
    return row


@transaction.atomic
def resume(*, connection: Connection, by: User) -> Connection:
    """The seller lets the partner go on, at any time.

    Raises TransitionNotAllowed for a connection that is not paused, Ended, NotPermitted.
    """
    row = lock_live(connection)
    require_administrator(by, row.seller)
    return _resume(row, by=by)


@transaction.atomic
def remind_of_end(*, connection: Connection) -> bool:
    """Tell both sides once that this pause is about to end; False when they were told, it was
    moved, or is over."""
    row = lock_live(connection)
    if not Connection.objects.to_remind_of_resuming(clock.now()).filter(pk=row.pk).exists():
        return False
    move(row, expect={"paused_until": row.paused_until}, pause_reminded=row.paused_until)
    emails.pauses.pause_ending(row)
    return True


@transaction.atomic
def resume_overdue(*, connection: Connection) -> bool:
    """Move a connection whose pause is over; False when that or its end came meanwhile."""
    row = lock_live(connection)
    if row.status != ConnectionStatus.PAUSED or row.is_paused:
        return False
    _resume(row, by=None)
    return True


def _check_day(row: Connection, until: datetime | None) -> None:
    if until is not None and not clock.now() < until < row.ends_at:
        raise Invalid("Choose a day from today on, before the connection ends.", field="until")


def _until(moment: datetime | None) -> dict[str, str]:
    """The end as history keeps it; nothing for a pause without one."""
    return {"until": moment.isoformat()} if moment else {}


def _resume(row: Connection, *, by: User | None) -> Connection:
    """Let a connection that the caller has locked go on: history and mails; `by` None for time."""
    since = row.paused_at
    advance(row, CONNECTION, ConnectionStatus.ACTIVE, paused_at=None, paused_until=None, reason="")
    note(
        row,
        "resumed",
        by=by,
        side=Side.SELLER,
        before={"status": "paused"},
        after={"status": "active"},
    )
    emails.pauses.connection_resumed(row, since=since, by=by)
    return row
