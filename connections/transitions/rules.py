"""What the state changes of this app share: the order of locks, and what may be granted now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Organization, User
from connections.field_names import grant_field, until_field
from connections.models import Connection
from connections.states import LIVE_CONNECTION, Side
from core import clock
from core.audit.presenters import Value, Values
from core.audit.services import record
from core.db import lock, lock_all
from core.errors import Conflict, Ended, Invalid
from core.web.access import Level
from roles.models import ApprovedRole

MAX_DAYS = 730
# Days before its end at which both sides of a connection are reminded (U15).
REMINDERS = (1, 7, 30)


class ChangedMeanwhile(Conflict):
    """What the form showed is no longer what stands (C9)."""


class AlreadyThere(Conflict):
    """What was asked for stands already: `row` is the link, invitation or connection."""

    def __init__(self, message: str, row: Any) -> None:
        super().__init__(message)
        self.row = row


def connected_already(connection: Connection) -> AlreadyThere:
    both = f"{connection.seller.name} and {connection.provider.name}"
    return AlreadyThere(f"{both} are connected already.", connection)


def lock_parties(*ids: int | None) -> dict[int, Organization]:
    """The organizations with these ids, locked in the order every transition keeps."""
    rows = lock_all(Organization.objects.filter(pk__in=[pk for pk in ids if pk]))
    return {row.pk: row for row in rows}


def approved_levels(provider_id: int) -> dict[str, Level]:
    """Role code -> highest level that may be granted to this provider now, locked (S0.6, A4)."""
    rows = lock_all(
        ApprovedRole.objects.in_force(clock.now())
        .filter(provider_id=provider_id, role__grantable=True)
        .select_related("role")
    )
    return {row.role.code: Level(row.level) for row in rows}


def check_levels(
    levels: Mapping[str, Level],
    allowed: Mapping[str, Level],
    *,
    least: str = "Choose a level for at least one role.",
) -> dict[str, Level]:
    """The levels above none, when each is allowed; raises Invalid at the first that is not.

    The error's field is "grant-<role code>". An unknown role is not allowed either (A3).
    """
    chosen = {code: Level(level) for code, level in levels.items() if level}
    for code, level in chosen.items():
        highest = allowed.get(code, Level.NONE)
        if level > highest:
            raise Invalid(
                f"This role can be granted up to {highest.word} now."
                if highest
                else "This role cannot be granted now.",
                field=grant_field(code),
            )
    if not chosen:
        raise Invalid(least)
    return chosen


def live_connection(seller_id: int, provider_id: int) -> Connection | None:
    """The connection of the two that the database holds as live, past its end or not."""
    rows = Connection.objects.filter(
        seller_id=seller_id, provider_id=provider_id, status__in=LIVE_CONNECTION
    )
    return rows.select_related("seller", "provider").first()


def check_end(ends_at: datetime, seller: Organization) -> datetime:
    """The end, when a connection may end then (U14), by the seller's days; raises Invalid with
    field "until"."""
    if not clock.now() < ends_at <= clock.end_after(MAX_DAYS, seller.zone):
        raise Invalid(f"Choose a day within the next {MAX_DAYS} days.", field="until")
    return ends_at


def check_role_ends(
    until: Mapping[str, datetime | None],
    wanted: Mapping[str, Level],
    ends_at: datetime,
    seller: Organization,
) -> dict[str, datetime | None]:
    """The ends of roles that are granted; Invalid at a role's own field.

    A role ends to come, and not on a later day of the seller's than the connection.
    """
    now, last = clock.now(), clock.day_of(ends_at, seller.zone)
    for code, moment in until.items():
        late = moment is not None and clock.day_of(moment, seller.zone) > last
        if code in wanted and moment is not None and (moment <= now or late):
            raise Invalid(
                "Choose a day from today on, not after the connection ends.",
                field=until_field(code),
            )
    return {code: moment for code, moment in until.items() if code in wanted}


def reminders_past(ends_at: datetime | None) -> int | None:
    """The reminder that what ends then needs no more: it begins within it."""
    if ends_at is None:
        return None
    left = ends_at - clock.now()
    return next((days for days in REMINDERS if left <= timedelta(days=days)), None)


def lock_live(connection: Connection) -> Any:
    """The connection, locked after its parties, when it is live by the clock.

    Raises Ended (410) for one that is over.
    """
    lock_parties(connection.seller_id, connection.provider_id)
    row = lock(Connection.objects.select_related("seller", "provider"), pk=connection.pk)
    if not row.is_live:
        raise Ended("This connection has ended.")
    return row


def kept(
    levels: Mapping[str, Level], ends: Mapping[str, datetime | None] | None = None
) -> dict[str, Value]:
    """Levels as history keeps them: {"inventory.manage": "edit"}, with its end where it has one."""
    found: dict[str, Value] = {}
    for code, level in levels.items():
        moment = (ends or {}).get(code) if level else None
        until = moment and {"level": level.word, "until": moment.isoformat()}
        found[code] = until or level.word
    return found


def note(
    connection: Connection,
    event: str,
    *,
    by: User | None,
    side: Side,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """One event "connection.<event>" of the side that acted; the scheduler acts for either."""
    own, other = connection.seller_id, connection.provider_id
    if side == Side.PROVIDER:
        own, other = other, own
    record(
        f"connection.{event}",
        by=by,
        subject=connection,
        organization=own,
        counterparty=other,
        before=dict(before or {}),
        after=dict(after or {}),
    )
