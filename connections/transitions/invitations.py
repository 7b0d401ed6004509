"""The provider's answer to a partner link, and what the seller makes of it."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.invitations import kinds
from accounts.invitations import transitions as mechanism
from accounts.invitations.refusals import refuse, take_back
from accounts.models import Organization, User
from accounts.states import InvitationStatus
from accounts.tenancy import is_identified, require_administrator
from connections import emails
from connections.models import Connection, ConnectionInvitation, PartnerLink, RoleGrant
from connections.states import OPEN_LINK, PartnerLinkStatus
from connections.transitions import links
from connections.transitions.endings import end_overdue
from connections.transitions.rules import (
    approved_levels,
    check_end,
    check_levels,
    check_role_ends,
    connected_already,
    kept,
    live_connection,
    lock_parties,
    reminders_past,
)
from core import clock
from core.audit.services import record
from core.db import constraint_as
from core.errors import Conflict, NotPermitted
from core.web.access import Level
from roles.models import Role


@transaction.atomic
def send(*, link: PartnerLink, provider: Organization, by: User) -> ConnectionInvitation:
    """Answer the link: the seller gets an invitation to connect (S0.13).

    Needs an active account, the verified identity of `by` and a role approved now. Raises
    NotRelated when the link is for somebody else, Ended, NotPermitted with the missing step,
    AlreadyThere when the two are connected, Conflict when an invitation is open.
    """
    link = links.lock_for_answer(link, provider=provider, by=by)
    kinds.of(link).check_inviter(link)
    if not is_identified(by):
        raise NotPermitted("Verify your identity first: then you can send the invitation.")
    if not approved_levels(provider.pk):
        raise NotPermitted("Your account needs at least one approved role first.")
    _require_apart(link.seller, provider)
    take_back(inviter=link.seller, by=by, address=link.address, organization=provider)
    mechanism.close_overdue(ConnectionInvitation, organization=provider, seller=link.seller)
    links.answer(link, PartnerLinkStatus.ANSWERED, by=by, provider=provider)
    twice = "Your account has invited this seller already."
    with mechanism.one_open(ConnectionInvitation, twice):
        invitation = ConnectionInvitation.objects.create(
            organization=provider,
            seller=link.seller,
            partner_link=link,
            address=link.issued_by.email if link.issued_by else "",
            invited_by=by,
            expires_at=clock.end_after(settings.INVITATION_DAYS, provider.zone),
        )
    mechanism.note_sent(invitation, by=by)
    emails.invitations.connection_invitation_sent(invitation)
    return invitation


def check_resend(invitation: ConnectionInvitation) -> None:
    """Raise Conflict when the two have been connected since: the seller adds them again (I11)."""
    _require_apart(invitation.seller, invitation.organization)
    since = Connection.objects.filter(
        seller=invitation.seller,
        provider=invitation.organization,
        started_at__gte=invitation.created_at,
    )
    if since.exists():
        raise Conflict("You have been connected since. The seller has to add you again.")


@transaction.atomic
def accept(
    *,
    invitation: ConnectionInvitation,
    by: User,
    levels: Mapping[str, Level],
    ends_at: datetime | None = None,
    until: Mapping[str, datetime | None] | None = None,
) -> Connection:
    """Connect and grant roles ({role code: level}) in one step (S0.14, S0.15).

    Approvals are read again under lock. Raises Invalid with the field "grant-<code>" for a level
    above what is approved now, with "until" for a bad end date, and without any role; Ended for
    an invitation that is over; AlreadyThere when the two are connected.
    """
    lock_parties(invitation.organization_id, invitation.seller_id)
    approved = approved_levels(invitation.organization_id)
    invitation = mechanism.lock_open(ConnectionInvitation, invitation.public_id)
    require_administrator(by, invitation.seller)
    kinds.of(invitation).check_inviter(invitation)
    chosen = check_levels(levels, approved)
    seller = invitation.seller
    usual = clock.end_after(settings.CONNECTION_DAYS, seller.zone)
    ends_at = check_end(ends_at or usual, seller)
    ends = check_role_ends(until or {}, chosen, ends_at, seller)
    _require_apart(invitation.seller, invitation.organization)
    mechanism.close(invitation, InvitationStatus.ACCEPTED, by=by)
    connection = _connect(invitation, chosen, by=by, ends_at=ends_at, ends=ends)
    _cancel_other_links(connection, by=by)
    emails.connections.connection_started(connection, chosen, by=by)
    return connection


@transaction.atomic
def reject(
    *, invitation: ConnectionInvitation, by: User, reason: str = "", never_again: bool = False
) -> ConnectionInvitation:
    """The seller does not connect; the provider is told why (U4).

    With `never_again` no later invitation of this provider is mailed (I18), until the seller makes
    a link for it. Raises Ended, NotPermitted.
    """
    beside = [invitation.seller_id]
    invitation = mechanism.lock_open(ConnectionInvitation, invitation.public_id, beside=beside)
    require_administrator(by, invitation.seller)
    mechanism.close(invitation, InvitationStatus.DECLINED, by=by, reason=reason)
    if never_again:
        refuse(inviter=invitation.organization, by=by, organization=invitation.seller)
    emails.invitations.connection_invitation_rejected(invitation)
    return invitation


def _connect(
    invitation: ConnectionInvitation,
    levels: dict[str, Level],
    *,
    by: User,
    ends_at: datetime,
    ends: Mapping[str, datetime | None],
) -> Connection:
    parties = {"seller": invitation.seller, "provider": invitation.organization}
    connected = Conflict("You are connected with this provider already.")
    with constraint_as(connections_connection_one_live=connected):
        connection = Connection.objects.create(
            invitation=invitation, ends_at=ends_at, reminded=reminders_past(ends_at), **parties
        )
    roles = Role.objects.filter(code__in=levels)
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(
                connection=connection,
                role=role,
                level=levels[role.code],
                ends_at=ends.get(role.code),
                reminded=reminders_past(ends.get(role.code)),
                granted_by=by,
                **parties,
            )
            for role in roles
        ]
    )
    record(
        "connection.started",
        by=by,
        subject=connection,
        organization=connection.seller_id,
        counterparty=connection.provider_id,
        after={**kept(levels, ends), "until": ends_at.isoformat()},
    )
    return connection


def _require_apart(seller: Organization, provider: Organization) -> None:
    """Raise AlreadyThere when they are connected; a connection past its end is ended now."""
    connection = live_connection(seller.pk, provider.pk)
    if connection is None:
        return
    if connection.is_live:
        raise connected_already(connection)
    end_overdue(connection=connection)


def _cancel_other_links(connection: Connection, *, by: User) -> None:
    others = PartnerLink.objects.with_list_data().filter(
        seller_id=connection.seller_id, provider_id=connection.provider_id, status__in=OPEN_LINK
    )
    for link in others:
        mechanism.close(link, PartnerLinkStatus.CANCELLED, by=by)
