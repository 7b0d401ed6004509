"""A later end date that both sides want: one proposes, the other agrees (U16).

The provider alone prolongs nothing. What the seller could set alone it still sets alone, on the
page of the roles; by agreement the two may go further.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Connection, Renewal
from connections.states import RenewalStatus, Side
from connections.transitions import proposals
from connections.transitions.endings import side_of
from connections.transitions.rules import AlreadyThere, lock_live, note, reminders_past
from core import clock
from core.db import constraint_as, lock, move
from core.errors import Conflict, Ended, Invalid, NotPermitted

# Days before the end from which a new date may be proposed, and how far ahead it may lie.
OPENS = 60
AGREED_DAYS = 1095


@transaction.atomic
def propose(
    *, connection: Connection, by: User, organization: Organization, ends_at: datetime
) -> Renewal:
    """One side proposes that the connection end later; the other is asked.

    Raises Invalid with field "until" for a day that is not later or too far away, Conflict more
    than 60 days before the end, AlreadyThere while a proposal is open, Ended, NotRelated,
    NotPermitted.
    """
    row = lock_live(connection)
    side = side_of(row, organization)
    require_administrator(by, organization)
    if clock.now() < opens_at(row):
        raise Conflict(f"A new end date can be proposed {OPENS} days before the end.")
    _check(row, ends_at)
    already = AlreadyThere("There is an open proposal already.", row)
    if Renewal.objects.filter(connection=row, status=RenewalStatus.PROPOSED).exists():
        raise already
    with constraint_as(connections_renewal_one_open=already):
        renewal = Renewal.objects.create(
            connection=row, side=side, ends_at=ends_at, proposed_by=by, proposed_at=clock.now()
        )
    before, after = _dates(row.ends_at, ends_at)
    note(row, "renewal_proposed", by=by, side=side, before=before, after=after)
    emails.renewals.renewal_proposed(row, renewal, by=by)
    return renewal


@transaction.atomic
def agree(*, renewal: Renewal, by: User, organization: Organization) -> Renewal:
    """The other side agrees: the connection ends on the proposed day, and reminders start again.

    Raises NotPermitted for the side that proposed, Ended once it was answered or the connection is
    over, Invalid for a day that cannot be any more, NotRelated.
    """
    row, renewal, side = _lock_for_answer(renewal, by, organization)
    _check(row, renewal.ends_at)
    before, after = _dates(row.ends_at, renewal.ends_at)
    move(
        row,
        expect={"version": row.version, "ends_at": row.ends_at},
        version=row.version + 1,
        ends_at=renewal.ends_at,
        reminded=reminders_past(renewal.ends_at),
    )
    agreed = RenewalStatus.AGREED
    proposals.close(row, renewal, agreed, by=by, side=side, before=before, after=after)
    emails.renewals.renewal_agreed(row, renewal, by=by, actor=organization)
    return renewal


@transaction.atomic
def decline(*, renewal: Renewal, by: User, organization: Organization, reason: str = "") -> Renewal:
    """The other side does not want it; the end date stays. Raises as agree does."""
    row, renewal, side = _lock_for_answer(renewal, by, organization)
    proposals.close(row, renewal, RenewalStatus.DECLINED, by=by, side=side, reason=reason)
    emails.renewals.renewal_declined(row, renewal, by=by, actor=organization)
    return renewal


@transaction.atomic
def withdraw(*, renewal: Renewal, by: User, organization: Organization) -> Renewal:
    """Who proposed takes it back, nobody else (NotPermitted); the other side is told."""
    row, renewal, side = _lock(renewal, by, organization)
    if renewal.side != side:
        raise NotPermitted("Only the side that proposed it can take it back.")
    proposals.close(row, renewal, RenewalStatus.WITHDRAWN, by=by, side=side)
    emails.renewals.renewal_withdrawn(row, renewal, by=by, actor=organization)
    return renewal


def opens_at(connection: Connection) -> datetime:
    return connection.ends_at - timedelta(days=OPENS)


def _check(row: Connection, ends_at: datetime) -> None:
    zone = row.seller.zone
    later = clock.day_of(row.ends_at, zone) < clock.day_of(ends_at, zone)
    if not later or ends_at > clock.now() + timedelta(days=AGREED_DAYS + 1):
        raise Invalid(
            f"Choose a day after the present end date, within the next {AGREED_DAYS} days.",
            field="until",
        )


def _dates(before: datetime, after: datetime) -> tuple[dict[str, str], dict[str, str]]:
    return {"until": before.isoformat()}, {"until": after.isoformat()}


def _lock(renewal: Renewal, by: User, organization: Organization) -> tuple[Any, Renewal, Side]:
    row = lock_live(renewal.connection)
    side = side_of(row, organization)
    require_administrator(by, organization)
    renewal = lock(Renewal.objects.select_related("proposed_by"), pk=renewal.pk)
    if renewal.status != RenewalStatus.PROPOSED:
        raise Ended("This proposal has been answered or taken back already.")
    return row, renewal, side


def _lock_for_answer(
    renewal: Renewal, by: User, organization: Organization
) -> tuple[Any, Renewal, Side]:
    row, renewal, side = _lock(renewal, by, organization)
    if renewal.side == side:
        raise NotPermitted("The other side answers this proposal.")
    return row, renewal, side
