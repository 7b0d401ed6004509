"""What ends with an account that is closed."""

from typing import Any

from django.db import transaction

from accounts.invitations import transitions as mechanism
from accounts.models import Organization
from accounts.states import OPEN_INVITATION, InvitationStatus
from connections.models import Connection, ConnectionInvitation, PartnerLink
from connections.states import LIVE_CONNECTION, OPEN_LINK, ConnectionStatus, PartnerLinkStatus
from connections.transitions import endings


@transaction.atomic
def close_account(*, organization: Organization, by: Any) -> None:
    """End the connections, invitations and links of an account that is being closed.

    The other side of each connection is told.
    """
    connections = Connection.objects.of(organization).select_related("seller", "provider")
    for connection in connections.filter(status__in=LIVE_CONNECTION):
        side = endings.side_of(connection, organization)
        endings.end(connection, ConnectionStatus.TERMINATED, side=side, by=by)
    invitations = ConnectionInvitation.objects.of(organization).with_list_data()
    for invitation in invitations.filter(status__in=OPEN_INVITATION):
        mechanism.close(invitation, InvitationStatus.REVOKED, by=by)
    links = PartnerLink.objects.of(organization).with_list_data()
    for link in links.filter(status__in=OPEN_LINK):
        mechanism.close(link, PartnerLinkStatus.CANCELLED, by=by)
