"""Ending a supplier connection, by either side at once (S1.5)."""

from typing import Any

from django.db import transaction

from accounts.invitations import transitions as invitations
from accounts.invitations.refusals import refuse
from accounts.models import Organization
from accounts.states import InvitationStatus
from core import clock
from core.audit.services import record
from core.db import lock, lock_all
from core.errors import NotRelated
from core.state_tables import advance
from core.web.access import ADMINISTRATOR
from supplychain import emails
from supplychain.models import GuestLink, Share, Shipment, SupplierConnection, SupplierInvitation
from supplychain.states import OPEN_SHARE, SUPPLIER_CONNECTION, SupplierConnectionStatus
from supplychain.transitions.guards import admit, lock_organizations
from supplychain.transitions.invitations import void_waiting
from supplychain.transitions.shipments import settle, void_shares


@transaction.atomic
def remove_connection(
    *, by: Any, connection: SupplierConnection, organization: Organization, block: bool = False
) -> SupplierConnection:
    """End the connection as `organization`, one of its two sides; doing it twice is doing it once.

    Everything shared and not yet shipped is void, and both sides are told. With `block` later
    invitations of the other side do not arrive, which it is not told (I18). Raises
    NotRelated for others and NotPermitted for members who are not administrators.
    """
    parties = lock_organizations({connection.seller_id, connection.supplier_id})
    if organization.pk not in parties:
        raise NotRelated
    admit(parties[organization.pk], by, ADMINISTRATOR)
    rows = SupplierConnection.objects.with_list_data()
    connection = lock(rows, pk=connection.pk)
    if connection.status == SupplierConnectionStatus.ACTIVE:
        _end(connection, parties[organization.pk], by=by)
    if block:
        other = ({connection.seller_id, connection.supplier_id} - {organization.pk}).pop()
        refuse(inviter=parties[other], by=by, organization=parties[organization.pk])
    return connection


def _end(connection: SupplierConnection, side: Organization, *, by: Any) -> None:
    advance(
        connection,
        SUPPLIER_CONNECTION,
        SupplierConnectionStatus.REMOVED,
        ended_at=clock.now(),
        ended_by=side,
    )
    other = connection.supplier_id if side.pk == connection.seller_id else connection.seller_id
    record(
        "supplier_connection.removed",
        by=by,
        subject=connection,
        organization=side,
        counterparty=other,
        before={"status": "active"},
        after={"status": "removed"},
    )
    shares = Share.objects.filter(connection=connection, status__in=OPEN_SHARE)
    shipments = lock_all(
        Shipment.objects.filter(pk__in=list(shares.values_list("shipment_id", flat=True)))
    )
    stopped = void_shares(shares, by=by)
    for shipment in shipments:
        settle(shipment)
    emails.connections.connection_removed(connection, by=by, stopped=len(stopped))


def end_all(*, organization: Organization, by: Any) -> None:
    """What a closed account leaves behind: no connection, no open share, no open invitation.

    Runs in the transaction that closes the account, which holds its lock.
    """
    for side in ("seller", "supplier"):
        live = SupplierConnection.objects.live().filter(**{side: organization})
        for connection in lock_all(live.with_list_data()):
            _end(connection, organization, by=by)
    sent = SupplierInvitation.objects.for_organization(organization).select_related("organization")
    for invitation in lock_all(sent.filter(status__in=SupplierInvitation.open_statuses)):
        invitations.close(invitation, InvitationStatus.REVOKED, by=by)
        void_waiting(invitation, by=by)
    open_guests = Share.objects.in_force().filter(
        connection=None, guest__organization=organization, status__in=OPEN_SHARE
    )
    void_shares(open_guests, by=by)
    links = GuestLink.objects.for_organization(organization).select_related("organization")
    for link in lock_all(links.filter(status__in=GuestLink.open_statuses)):
        invitations.close(link, InvitationStatus.REVOKED, by=by)
    # Whoever owns the invited address may still answer, with another account of theirs.
    received = SupplierInvitation.objects.filter(counterparty=organization)
    received.filter(status__in=SupplierInvitation.open_statuses).update(counterparty=None)
