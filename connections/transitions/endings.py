"""How a connection ends: by either side, or by its date. Old grants do not return (U13)."""

from typing import Any

from django.db import transaction

from accounts.models import Organization
from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Assignment, Connection, RoleGrant
from connections.states import (
    CONNECTION,
    GRANT,
    LIVE_CONNECTION,
    ConnectionStatus,
    GrantStatus,
    Side,
)
from connections.transitions import proposals
from connections.transitions.last_rights import keep_rights
from connections.transitions.reviews import close_reviews
from connections.transitions.shared import lock_live, lock_parties, note
from core import clock
from core.db import lock
from core.errors import NotRelated
from core.object_permissions import clear_grants
from core.state_tables import advance, advance_all


@transaction.atomic
def terminate(
    *, connection: Connection, by: Any, organization: Organization, reason: str = ""
) -> Connection:
    """End the connection for `organization`, one of its two sides; both are told (I19).

    Raises NotRelated for anybody else's organization, Ended when it is over, NotPermitted.
    """
    connection = lock_live(connection)
    side = side_of(connection, organization)
    require_administrator(by, organization)
    return end(connection, ConnectionStatus.TERMINATED, side=side, by=by, reason=reason)


@transaction.atomic
def end_overdue(*, connection: Connection) -> bool:
    """End a connection that is past its end; False when it is over or was prolonged meanwhile."""
    lock_parties(connection.seller_id, connection.provider_id)
    rows = Connection.objects.select_related("seller", "provider")
    connection = lock(rows, pk=connection.pk)
    if connection.status not in LIVE_CONNECTION or connection.ends_at > clock.now():
        return False
    end(connection, ConnectionStatus.ENDED, side=Side.SCHEDULE, by=None)
    return True


@transaction.atomic
def remind(*, connection: Connection, days: int) -> bool:
    """Tell both sides once that the end is `days` away; False when they were told (U15)."""
    untold = Connection.objects.to_remind(clock.now(), days).filter(pk=connection.pk)
    if not untold.update(reminded=days):
        return False
    emails.connections.connection_ending(connection, days=days)
    return True


def side_of(connection: Connection, organization: Organization) -> Side:
    """Which side of the connection this organization is; raises NotRelated for neither."""
    if organization.pk == connection.seller_id:
        return Side.SELLER
    if organization.pk == connection.provider_id:
        return Side.PROVIDER
    raise NotRelated


def end(
    connection: Connection, status: ConnectionStatus, *, side: Side, by: Any, reason: str = ""
) -> Connection:
    """End a connection that the caller has locked: its grants, assignments, history, mails."""
    before = connection.status
    advance(
        connection,
        CONNECTION,
        status,
        ended_at=clock.now(),
        ended_side=side,
        reason=reason[:300],
        paused_at=None,
        paused_until=None,
    )
    keep_rights(connection)
    close_reviews(connection)
    clear_grants(Assignment, content_object__connection=connection)
    grants = RoleGrant.objects.filter(connection=connection)
    advance_all(grants, GRANT, GrantStatus.ENDED, ended_at=clock.now())
    after = {"status": str(status)}
    note(connection, status, by=by, side=side, before={"status": before}, after=after)
    proposals.void_all(connection, by=by)
    emails.connections.connection_ended(connection, by=by)
    return connection
