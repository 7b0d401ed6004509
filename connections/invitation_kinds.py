"""Partner links and the connection invitations that answer them."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts import portals
from accounts.invitations import emails as link_emails
from accounts.invitations import transitions as mechanism
from accounts.invitations.kinds import InvitationKind, Kind
from accounts.invitations.refusals import unwelcome
from accounts.models import Membership, Organization, User
from accounts.states import MembershipRole, OrganizationKind, OrganizationStatus
from accounts.tenancy import (
    administered,
    is_identified,
    membership_of,
    owns_address,
    verified_addresses,
)
from connections import emails
from connections.models import ConnectionInvitation, PartnerLink
from connections.states import OPEN_LINK, PartnerLinkStatus
from connections.transitions import invitations, links
from connections.transitions.rules import approved_levels
from core import clock
from core.errors import NotPermitted


def provider_for(user: User, link: PartnerLink) -> Organization | None:
    """The provider account that this person may answer the link for, or None.

    A link bound to an account: that one, if they administer it. A link bound to an address: the
    (newest) account which the verified owner of the address administers.
    """
    rows = Membership.objects.active().filter(
        user=user, role=MembershipRole.ADMINISTRATOR, organization__kind=OrganizationKind.PROVIDER
    )
    if link.provider_id:
        rows = rows.filter(organization_id=link.provider_id)
    elif not owns_address(user, link.address):
        return None
    working = rows.exclude(organization__status=OrganizationStatus.CLOSED)
    row = working.select_related("organization").order_by("-id").first()
    return row.organization if row else None


class PartnerLinkKind(Kind[PartnerLink]):
    model = PartnerLink
    verb = "partner_link"
    gone = "The seller's administrator who issued this link can no longer do so."
    account_hint = "An administrator of the solution provider's account answers this link."
    title = "Partner links"
    search = ("", "provider")
    sent = "issued_at"
    sender = "issued_by"
    acts = {"resend": "resend", "link": "copy", "revoke": "cancel"}
    has_page = True
    list_page = "partner-links"
    resendable = (*OPEN_LINK, PartnerLinkStatus.EXPIRED)
    resent = "Sent to {who} with a new link. Older links no longer work."
    take_back = "Cancel"
    revoked = PartnerLinkStatus.CANCELLED
    taken_back = "The link is cancelled: nobody can answer it any more."
    senders_own = "Only the person who made this link can see it."

    def inviter(self, row: PartnerLink) -> Organization:
        return row.seller

    def sent_by(self, organization: Organization) -> Any:
        return self.rows().filter(seller=organization)

    def parties(self, row: PartnerLink) -> set[int | None]:
        return {row.seller_id, row.provider_id}

    def resend(self, row: PartnerLink, *, by: User, acting: int | None) -> PartnerLink:
        return links.mail_anew(row, by=by)

    def on_ending(self, row: PartnerLink) -> None:
        link_emails.invitation_ending(row, inviter=False)
        emails.invitations.partner_link_expiring(row)

    def invites(self, row: PartnerLink) -> str:
        return OrganizationKind.PROVIDER

    def invited(self, row: PartnerLink) -> int | None:
        return row.provider_id

    def headline(self, row: PartnerLink) -> str:
        return f"{row.seller.name} wants to add your firm as an authorized partner"

    def belongs_to(self, user: User, row: PartnerLink) -> bool:
        if row.provider_id:
            return provider_for(user, row) is not None
        return owns_address(user, row.address)

    def answer_url(self, user: User, row: PartnerLink) -> str:
        if provider := provider_for(user, row):
            return portals.page(provider, "partner-link", row.public_id)
        return reverse("provider-register")

    def waiting_for(self, user: User) -> Any:
        mine = Q(provider__in=administered(user))
        mine |= Q(provider=None, address__in=verified_addresses(user))
        rows = self.rows().open(clock.now()).filter(mine)
        return rows.exclude(unwelcome(inviter="seller_id", invited="provider_id"))

    def manage_url(self, row: PartnerLink) -> str:
        return portals.page(row.seller, "permissions")

    def recipient(self, row: PartnerLink) -> tuple[str, str]:
        return (row.provider.name, row.provider.handle) if row.provider else (row.address, "")

    def mailed(self, row: PartnerLink) -> bool:
        return bool(row.mailed_at)


class ConnectionKind(InvitationKind[ConnectionInvitation]):
    model = ConnectionInvitation
    verb = "connection_invitation"
    gone = "The provider's administrator who invited you can no longer do so."
    account_hint = "An administrator of the seller's account accepts this invitation."
    title = "Invitations sent"
    search = ("seller",)
    acts = {"resend": "resend", "link": "copy", "revoke": "withdraw"}
    has_page = True
    list_page = "client-invitations"
    resent = "Sent again, with a new link and a new end date."
    take_back = "Withdraw"
    taken_back = "Taken back: its link is dead."
    senders_own = "Only the person who sent this invitation can see its link."

    def parties(self, row: ConnectionInvitation) -> set[int | None]:
        return {row.organization_id, row.seller_id}

    def resend(
        self, row: ConnectionInvitation, *, by: User, acting: int | None
    ) -> ConnectionInvitation:
        invitations.check_resend(row)
        if not is_identified(by):
            raise NotPermitted("Verify your identity first.")
        mechanism.renew(row, by=by)
        if not approved_levels(row.organization_id):
            raise NotPermitted("Your account needs at least one approved role first.")
        emails.invitations.connection_invitation_sent(row)
        return row

    def on_expired(self, row: ConnectionInvitation) -> None:
        emails.invitations.connection_invitation_expired(row)

    def on_ending(self, row: ConnectionInvitation) -> None:
        link_emails.invitation_ending(row)

    def address(self, row: ConnectionInvitation) -> str:
        return ""

    def invites(self, row: ConnectionInvitation) -> str:
        return OrganizationKind.SELLER

    def invited(self, row: ConnectionInvitation) -> int | None:
        return row.seller_id

    def headline(self, row: ConnectionInvitation) -> str:
        return f"{row.organization.name} invites you to connect"

    def belongs_to(self, user: User, row: ConnectionInvitation) -> bool:
        membership = membership_of(user, row.seller)
        return membership is not None and membership.is_administrator

    def answer_url(self, user: User, row: ConnectionInvitation) -> str:
        return portals.page(row.seller, "connection-accept", row.public_id)

    def waiting_for(self, user: User) -> Any:
        rows = self.rows().open(clock.now()).filter(seller__in=administered(user))
        return rows.exclude(unwelcome(invited="seller_id"))

    def manage_url(self, row: ConnectionInvitation) -> str:
        return portals.page(row.organization, "clients")

    def place(self, row: ConnectionInvitation) -> tuple[str, *tuple[Any, ...]]:
        return "client-invitation", row.public_id

    def recipient(self, row: ConnectionInvitation) -> tuple[str, str]:
        return row.seller.name, row.seller.handle


PARTNER_LINK = PartnerLinkKind()
CONNECTION = ConnectionKind()
