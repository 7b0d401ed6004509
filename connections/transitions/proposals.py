"""What is still asked on a connection, and ends with it or when its ground has changed."""

from collections.abc import Mapping

from accounts.models import User
from connections.models import Connection, Renewal, RoleRequest
from connections.states import RENEWAL, ROLE_REQUEST, RenewalStatus, RoleRequestStatus, Side
from connections.transitions.rules import note
from core import clock
from core.audit.presenters import Values
from core.db import lock_all
from core.state_tables import advance
from core.web.access import Level


def void_all(connection: Connection, *, by: User | None) -> None:
    """The connection, locked by the caller, is over: nothing can be asked on it any more."""
    for request in _open_requests(connection):
        close(connection, request, RoleRequestStatus.VOID, by=by, side=Side.PROVIDER)
    void_renewal(connection, by=by)


def void_renewal(connection: Connection, *, by: User | None) -> None:
    """The end date was set otherwise: a proposal made from the old one is answered by that."""
    rows = Renewal.objects.filter(connection=connection, status=RenewalStatus.PROPOSED)
    for renewal in lock_all(rows):
        close(connection, renewal, RenewalStatus.VOID, by=by, side=Side.SELLER)


def settle_request(connection: Connection, held: Mapping[str, Level], *, by: User | None) -> None:
    """Close an open request when the seller has granted all of it without answering it."""
    for request in _open_requests(connection):
        lines = list(request.lines.select_related("role"))
        if all(held.get(line.role.code, Level.NONE) >= line.level for line in lines):
            for line in lines:
                line.consented = line.level
                line.save(update_fields=["consented"])
            close(connection, request, RoleRequestStatus.CONSENTED, by=by, side=Side.SELLER)


def close(
    connection: Connection,
    row: RoleRequest | Renewal,
    status: RoleRequestStatus | RenewalStatus,
    *,
    by: User | None,
    side: Side,
    reason: str = "",
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """Move a locked request or proposal to an end, with its event in the connection's history."""
    asked_for_more = isinstance(row, RoleRequest)
    table = ROLE_REQUEST if asked_for_more else RENEWAL
    advance(row, table, status, decided_at=clock.now(), reason=reason[:300])
    event = f"{'request' if asked_for_more else 'renewal'}_{status}"
    note(connection, event, by=by, side=side, before=before, after=after)


def _open_requests(connection: Connection) -> list[RoleRequest]:
    rows = RoleRequest.objects.filter(connection=connection, status=RoleRequestStatus.OPEN)
    return lock_all(rows)
