"""How a connection ends: by either side, or by its date. Old grants do not return (U13)."""

from django.db import transaction

from accounts.invitations import transitions as mechanism
from accounts.models import Organization, User
from accounts.states import OPEN_INVITATION, InvitationStatus
from accounts.tenancy import administrators, require_administrator
from connections import emails
from connections.models import (
    Assignment,
    Connection,
    ConnectionInvitation,
    FormerRight,
    PartnerLink,
    RoleGrant,
)
from connections.rights.assignments import LEVELS
from connections.states import (
    CONNECTION,
    GRANT,
    LIVE_CONNECTION,
    OPEN_LINK,
    ConnectionStatus,
    GrantStatus,
    PartnerLinkStatus,
    Side,
)
from connections.transitions import proposals
from connections.transitions.reviews import close_reviews
from connections.transitions.rules import lock_live, lock_parties, note
from core import clock
from core.db import lock
from core.errors import NotRelated
from core.object_permissions import clear_grants
from core.state_tables import advance, advance_all
from core.web.access import Level


@transaction.atomic
def terminate(
    *, connection: Connection, by: User, organization: Organization, reason: str = ""
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


@transaction.atomic
def close_account(*, organization: Organization, by: User | None) -> None:
    """End the connections, invitations and links of an account that is being closed.

    The other side of each connection is told.
    """
    connections = Connection.objects.of(organization).select_related("seller", "provider")
    for connection in connections.filter(status__in=LIVE_CONNECTION):
        side = side_of(connection, organization)
        end(connection, ConnectionStatus.TERMINATED, side=side, by=by)
    invitations = ConnectionInvitation.objects.of(organization).with_list_data()
    for invitation in invitations.filter(status__in=OPEN_INVITATION):
        mechanism.close(invitation, InvitationStatus.REVOKED, by=by)
    links = PartnerLink.objects.of(organization).with_list_data()
    for link in links.filter(status__in=OPEN_LINK):
        mechanism.close(link, PartnerLinkStatus.CANCELLED, by=by)


def side_of(connection: Connection, organization: Organization) -> Side:
    """Which side of the connection this organization is; raises NotRelated for neither."""
    if organization.pk == connection.seller_id:
        return Side.SELLER
    if organization.pk == connection.provider_id:
        return Side.PROVIDER
    raise NotRelated


def end(
    connection: Connection,
    status: ConnectionStatus,
    *,
    side: Side,
    by: User | None,
    reason: str = "",
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
    _keep_rights(connection)
    close_reviews(connection)
    clear_grants(Assignment, content_object__connection=connection)
    grants = RoleGrant.objects.filter(connection=connection)
    advance_all(grants, GRANT, GrantStatus.ENDED, ended_at=clock.now())
    after = {"status": str(status)}
    note(connection, status, by=by, side=side, before={"status": before}, after=after)
    proposals.void_all(connection, by=by)
    emails.connections.connection_ended(connection, by=by)
    return connection


def _keep_rights(connection: Connection) -> None:
    """Keep who could do what until now; the caller has locked the connection and ends it.

    Administrators of the provider could use every granted role at its level, employees what they
    were assigned. Four statements.
    """
    grants = list(RoleGrant.objects.active().filter(connection=connection).order_by("role_id"))
    levels = {grant.pk: Level(grant.level) for grant in grants}
    admins = [user.pk for user in administrators(connection.provider)]
    rows = [
        FormerRight(
            connection=connection,
            user_id=user_id,
            role_id=grant.role_id,
            level=grant.level,
            administrator=True,
        )
        for user_id in admins
        for grant in grants
    ]
    assigned = (
        Assignment.objects.filter(content_object__in=grants)
        .exclude(user__in=admins)
        .select_related("permission", "content_object")
        .order_by("user_id", "content_object__role_id")
    )
    rows += [
        FormerRight(
            connection=connection,
            user_id=row.user_id,
            role_id=row.content_object.role_id,
            level=min(LEVELS[row.permission.codename], levels[row.content_object_id]),
            administrator=False,
        )
        for row in assigned
    ]
    FormerRight.objects.bulk_create(rows)
