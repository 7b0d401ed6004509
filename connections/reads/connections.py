"""What User Permissions and the provider's pages list: bounded, a fixed number of queries."""

from typing import Any

from django.urls import reverse

from accounts.models import Invitation, Organization
from accounts.portals import page, portal_of
from accounts.states import InvitationStatus
from connections.models import Connection, ConnectionInvitation, PartnerLink
from connections.states import ConnectionStatus, PartnerLinkStatus, Side
from core import clock
from core.web.formats import day, ending

MOST = 20


def link_state(link: PartnerLink) -> tuple[str, str]:
    state = link.current_status
    return state, str(PartnerLinkStatus(state).label)


def connection_state(connection: Connection) -> tuple[str, str]:
    """State by the clock, and its words; a paused one says until when."""
    state = connection.current_status
    if state == ConnectionStatus.PAUSED and connection.paused_until:
        return state, f"Paused until {ending(connection.paused_until)}"
    if state == ConnectionStatus.ACTIVE and connection.ends_soon:
        return "expiring", "Ends soon"
    return state, str(ConnectionStatus(state).label)


def invitation_state(invitation: Invitation) -> tuple[str, str]:
    state = invitation.current_status
    return state, str(InvitationStatus(state).label)


def seller_overview(seller: Organization) -> dict[str, Any]:
    """What _authorized_partners.html and _open_invitations.html show; two queries.

    Keys: partners, invitations (rows, twenty each), and the addresses partner_add_url and
    partners_url.
    """
    now, handle = clock.now(), seller.handle
    partners = Connection.objects.for_seller(seller).live(now).with_list_data().with_role_count()
    partners = partners.with_asked(now).order_by("-started_at", "-id")[:MOST]
    invitations = ConnectionInvitation.objects.open(now).filter(seller=seller).with_list_data()
    invitations = invitations.order_by("expires_at", "id")[:MOST]
    return {
        "partners": [connection_row(row, seller) for row in partners],
        "invitations": [_offered_row(row, handle) for row in invitations],
        "partner_add_url": page(seller, "partner-add"),
        "partners_url": page(seller, "partners"),
    }


def connection_row(connection: Connection, reader: Organization) -> dict[str, Any]:
    """A connection as the lists of either side show it; needs with_role_count and with_asked."""
    state, label = connection_state(connection)
    other = connection.other(reader)
    return {
        "name": other.name,
        "handle": other.handle,
        "roles": connection.roles,  # type: ignore[attr-defined]  # by with_role_count
        "since": day(connection.started_at),
        "until": day(connection.ended_at or connection.ends_at),
        "state": state,
        "label": label,
        "url": page(reader, portal_of(reader).connection, connection.public_id),
        "asked": asked_of(connection, Side(reader.kind)),
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


def _offered_row(invitation: ConnectionInvitation, handle: str) -> dict[str, Any]:
    args = [handle, invitation.public_id]
    return {
        "name": invitation.organization.name,
        "by": invitation.invited_by.name if invitation.invited_by else "",
        "sent": day(invitation.sent_at),
        "until": ending(invitation.expires_at),
        "url": reverse("seller:connection-accept", args=args),
        "reject_url": reverse("seller:connection-reject", args=args),
    }
