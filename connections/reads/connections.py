"""What User Permissions and the provider's pages list: bounded, a fixed number of queries."""

from typing import Any

from django.urls import reverse

from accounts.models import Invitation
from accounts.states import InvitationStatus
from connections.models import Connection, ConnectionInvitation, PartnerLink
from connections.states import ConnectionStatus, PartnerLinkStatus, Side
from core import clock
from core.web.formats import day

MOST = 20


def link_state(link: PartnerLink) -> tuple[str, str]:
    state = link.current_status
    return state, str(PartnerLinkStatus(state).label)


def connection_state(connection: Connection) -> tuple[str, str]:
    """State by the clock, and its words; a paused one says until when."""
    state = connection.current_status
    if state == ConnectionStatus.PAUSED and connection.paused_until:
        return state, f"Paused until {day(connection.paused_until)}"
    if state == ConnectionStatus.ACTIVE and connection.ends_soon:
        return "expiring", "Ends soon"
    return state, str(ConnectionStatus(state).label)


def invitation_state(invitation: Invitation) -> tuple[str, str]:
    state = invitation.current_status
    return state, str(InvitationStatus(state).label)


def seller_overview(seller: Any) -> dict[str, Any]:
    """What connections/seller/_partners.html and _open_invitations.html show; two queries.

    Keys: partners, invitations (rows, twenty each), and the addresses partner_add_url and
    partners_url.
    """
    now, handle = clock.now(), seller.handle
    partners = Connection.objects.for_seller(seller).live(now).with_list_data().with_role_count()
    partners = partners.with_asked(now)
    invitations = ConnectionInvitation.objects.for_seller(seller).open(now).with_list_data()
    return {
        "partners": [
            connection_row(row, handle) for row in partners.order_by("-started_at", "-id")[:MOST]
        ],
        "invitations": [
            offered_row(row, handle) for row in invitations.order_by("expires_at", "id")[:MOST]
        ],
        "partner_add_url": reverse("seller:partner-add", args=[handle]),
        "partners_url": reverse("seller:partners", args=[handle]),
    }


def connection_row(connection: Connection, handle: str) -> dict[str, Any]:
    state, label = connection_state(connection)
    return {
        "name": connection.provider.name,
        "handle": connection.provider.handle,
        "roles": connection.roles,  # type: ignore[attr-defined]  # by with_role_count
        "since": day(connection.started_at),
        "until": day(connection.ended_at or connection.ends_at),
        "state": state,
        "label": label,
        "url": reverse("seller:connection", args=[handle, connection.public_id]),
        "asked": asked_of(connection, Side.SELLER),
    }


def asked_of(connection: Connection, reader: Side) -> str:
    """What one side waits for, in a few words; empty for nothing. By ConnectionQuerySet.with_asked.

    The reader's own wishes are said, too: the list is where they look for the answer.
    """
    if connection.asks_more:  # type: ignore[attr-defined]
        return "Asks for more roles" if reader == Side.SELLER else "You asked for more roles"
    side = connection.renewal_by  # type: ignore[attr-defined]
    if not side:
        return ""
    return "You proposed a later end" if side == reader else "Proposes a later end"


def offered_row(invitation: ConnectionInvitation, handle: str) -> dict[str, Any]:
    args = [handle, invitation.public_id]
    return {
        "name": invitation.organization.name,
        "by": invitation.invited_by.name if invitation.invited_by else "",
        "sent": day(invitation.sent_at),
        "until": day(invitation.expires_at),
        "url": reverse("seller:connection-accept", args=args),
        "reject_url": reverse("seller:connection-reject", args=args),
    }
