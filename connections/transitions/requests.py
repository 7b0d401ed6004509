"""A provider asks for more; the seller consents to the difference, or does not (U12, X2).

What is granted stays in force meanwhile and whatever is answered; approvals are read again under
lock before anything rises.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Connection, RequestedRole, RoleRequest
from connections.states import RoleRequestStatus, Side
from connections.transitions import grants, proposals
from connections.transitions.rules import (
    AlreadyThere,
    approved_levels,
    check_levels,
    kept,
    lock_live,
    note,
)
from core import clock
from core.db import constraint_as, lock
from core.errors import Ended, Invalid, LimitReached
from core.web.access import Level
from roles.models import Role

# Each is a mail to every administrator of the seller.
MOST_A_WEEK = 5
WEEK = timedelta(days=7)
NOTHING = "Choose a higher level for at least one role."
ENDED = {
    RoleRequestStatus.CONSENTED: "This request has been answered already.",
    RoleRequestStatus.PARTLY: "This request has been answered already.",
    RoleRequestStatus.REFUSED: "This request has been answered already.",
    RoleRequestStatus.WITHDRAWN: "The provider has withdrawn this request.",
}


@transaction.atomic
def ask(
    *, connection: Connection, by: User, levels: Mapping[str, Level], message: str
) -> RoleRequest:
    """The provider asks the seller for these levels, and says why; nothing changes by that.

    What is held already, or higher, is left out. Raises Invalid at a row above what is approved,
    without any rise or without a reason; AlreadyThere while another request is open;
    LimitReached, Ended, NotPermitted.
    """
    row = lock_live(connection)
    require_administrator(by, row.provider)
    held = grants.levels_of(grants.lock_grants(row))
    allowed = approved_levels(row.provider_id)
    more = {code: level for code, level in levels.items() if level > held.get(code, Level.NONE)}
    wanted = check_levels(more, allowed, least=NOTHING)
    if not message.strip():
        raise Invalid("Say why: the seller reads it before deciding.", field="message")
    _make_room(row)
    standing_already = AlreadyThere("There is an open request already: withdraw it first.", row)
    with constraint_as(connections_rolerequest_one_open=standing_already):
        request = RoleRequest.objects.create(
            connection=row,
            message=message.strip()[:500],
            requested_by=by,
            requested_at=clock.now(),
            expires_at=clock.end_after(settings.ROLE_REQUEST_DAYS, row.seller.zone),
        )
    roles = Role.objects.filter(code__in=wanted)
    RequestedRole.objects.bulk_create(
        RequestedRole(request=request, role=role, level=wanted[role.code]) for role in roles
    )
    before = {code: held[code] for code in wanted if code in held}
    note(row, "roles_requested", by=by, side=Side.PROVIDER, before=kept(before), after=kept(wanted))
    emails.requests.roles_requested(row, request, kept(before), kept(wanted), by=by)
    return request


def _make_room(row: Connection) -> None:
    """A request past its end lapses now; raise AlreadyThere for an open one, and at the limit."""
    mine = RoleRequest.objects.filter(connection=row)
    for request in mine.filter(status=RoleRequestStatus.OPEN):
        if request.is_open:
            raise AlreadyThere("There is an open request already: withdraw it first.", row)
        lapse(request=request)
    week = mine.filter(requested_at__gt=clock.now() - WEEK).order_by("requested_at")
    times = list(week.values_list("requested_at", flat=True))
    if len(times) >= MOST_A_WEEK:
        raise LimitReached(
            f"You have asked this seller {MOST_A_WEEK} times within a week.",
            retry_at=times[-MOST_A_WEEK] + WEEK,
        )


@transaction.atomic
def consent(*, request: RoleRequest, by: User, levels: Mapping[str, Level]) -> RoleRequest:
    """The seller grants all or part of what is asked for; nothing else changes.

    A level may be lower than asked for; a role that is left out, or at what it is, is not granted.
    Raises Invalid at a row above the request or what is approved now, and without any rise; Ended,
    NotPermitted.
    """
    row, request = _lock(request)
    require_administrator(by, row.seller)
    _require_open(request)
    lines = list(request.lines.select_related("role"))
    current = grants.lock_grants(row)
    held = grants.levels_of(current)
    approved = approved_levels(row.provider_id)
    allowed = {
        line.role.code: Level(min(line.level, approved.get(line.role.code, Level.NONE)))
        for line in lines
    }
    more = {code: level for code, level in levels.items() if level > held.get(code, Level.NONE)}
    chosen = check_levels(
        more, allowed, least="Choose a level for at least one role, or refuse the request."
    )
    before, after = grants.raise_levels(row, current, chosen, by=by)
    for line in lines:
        now = chosen.get(line.role.code, held.get(line.role.code, Level.NONE))
        line.consented = min(line.level, now) or None
        line.save(update_fields=["consented"])
    whole = all(line.consented == line.level for line in lines)
    status = RoleRequestStatus.CONSENTED if whole else RoleRequestStatus.PARTLY
    proposals.close(row, request, status, by=by, side=Side.SELLER, before=before, after=after)
    emails.requests.request_consented(row, request, before, after, by=by)
    return request


@transaction.atomic
def refuse(*, request: RoleRequest, by: User, reason: str) -> RoleRequest:
    """The seller says no, with a reason; what is granted stays. Raises Invalid, Ended."""
    row, request = _lock(request)
    require_administrator(by, row.seller)
    _require_open(request)
    if not reason.strip():
        raise Invalid("Give a reason: the provider reads it.", field="reason")
    status = RoleRequestStatus.REFUSED
    proposals.close(row, request, status, by=by, side=Side.SELLER, reason=reason.strip())
    emails.requests.request_refused(row, request, by=by)
    return request


@transaction.atomic
def withdraw(*, request: RoleRequest, by: User) -> RoleRequest:
    """The provider takes its request back; the seller is told. Raises Ended, NotPermitted."""
    row, request = _lock(request)
    require_administrator(by, row.provider)
    _require_open(request)
    proposals.close(row, request, RoleRequestStatus.WITHDRAWN, by=by, side=Side.PROVIDER)
    emails.requests.request_withdrawn(row, request, by=by)
    return request


@transaction.atomic
def remind_of_lapse(*, request: RoleRequest) -> bool:
    """Tell the seller once that a request is about to lapse; False when they were told, or it was
    answered."""
    untold = RoleRequest.objects.to_remind(clock.now()).filter(pk=request.pk)
    if not untold.update(reminded_at=clock.now()):
        return False
    connection = Connection.objects.with_list_data().get(pk=request.connection_id)
    emails.requests.request_ending(connection, request)
    return True


@transaction.atomic
def lapse(*, request: RoleRequest) -> bool:
    """End a request that nobody answered in time; False when somebody did meanwhile."""
    row, request = _lock(request)
    if request.status != RoleRequestStatus.OPEN or request.is_open:
        return False
    proposals.close(row, request, RoleRequestStatus.LAPSED, by=None, side=Side.PROVIDER)
    emails.requests.request_lapsed(row, request)
    return True


def _lock(request: RoleRequest) -> tuple[Any, RoleRequest]:
    """Its live connection and the request, locked in the fixed order. Raises Ended."""
    row = lock_live(request.connection)
    return row, lock(RoleRequest.objects.select_related("requested_by"), pk=request.pk)


def _require_open(request: RoleRequest) -> None:
    if not request.is_open:
        status = RoleRequestStatus(request.status)
        raise Ended(ENDED.get(status, "This request has lapsed: nobody answered it in time."))
