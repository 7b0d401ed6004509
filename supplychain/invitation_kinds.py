"""The supplier invitation, in both directions, and the guest link."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from accounts import portals
from accounts.invitation_kinds import ADDRESS, NAME
from accounts.invitations import emails as link_emails
from accounts.invitations import transitions as mechanism
from accounts.invitations.batches.kinds import BatchKind
from accounts.invitations.batches.reading import Column
from accounts.invitations.kinds import InvitationKind
from accounts.invitations.refusals import unwelcome
from accounts.models import Organization, User
from accounts.states import InvitationStatus, OrganizationKind, SupplierKind
from accounts.tenancy import administered, membership_of, owns_address, verified_addresses
from connections.rights.access import access_for
from core import clock
from core.db import lock
from core.errors import NotPermitted, NotRelated
from supplychain import emails
from supplychain.forms.invitations import EverySellerForm, EverySupplierForm
from supplychain.models import GuestLink, SupplierInvitation
from supplychain.permissions import EDIT_SHIPMENTS
from supplychain.reads.connections import side_of
from supplychain.states import Direction
from supplychain.transitions import guests, invitations
from supplychain.transitions.guards import enter_shipment

KIND = Column(
    "supplier_kind",
    "What the supplier does",
    ("kind", "type", "supplier type", "category", "business", "role"),
    choices=dict(SupplierKind.choices),
    synonyms={"forwarder": SupplierKind.FREIGHT_FORWARDER, "factory": SupplierKind.MANUFACTURER},
)


class PartnerKind(BatchKind[SupplierInvitation]):
    """A seller invites a supplier, or a supplier a seller (S1.1, S1.14)."""

    model = SupplierInvitation
    verb = "supplier_invitation"
    account_hint = "A seller account is not needed to join as a supplier."
    title = "Sent invitations"

    def offered(self, organization: Organization) -> bool:
        return organization.kind != OrganizationKind.PROVIDER

    def check(self, by: User | None, organization: Organization) -> None:
        if not self.offered(organization):
            raise NotRelated
        super().check(by, organization)

    def resend(
        self, row: SupplierInvitation, *, by: User, acting: int | None
    ) -> SupplierInvitation:
        mechanism.renew(row, by=by)
        emails.invitations.invitations_sent([row])
        return row

    def on_revoked(self, row: SupplierInvitation, *, by: User) -> None:
        invitations.void_waiting(row, by=by)

    def on_expired(self, row: SupplierInvitation) -> None:
        emails.invitations.invitation_expired(row)

    def on_ending(self, row: SupplierInvitation) -> None:
        link_emails.invitation_ending(row)

    def invites(self, row: SupplierInvitation) -> str:
        return Direction(row.direction).invites

    def invited(self, row: SupplierInvitation) -> int | None:
        return row.counterparty_id

    def counterparty(self, row: SupplierInvitation) -> int | None:
        # Whose account an address belongs to is not told before its owner accepts (I15).
        return row.counterparty_id if row.status == InvitationStatus.ACCEPTED else None

    def headline(self, row: SupplierInvitation) -> str:
        supplier = "" if row.direction == Direction.TO_SUPPLIER else ", a supplier,"
        return f"{row.organization.name}{supplier} invites you to Supply Chain Connect"

    def belongs_to(self, user: User, row: SupplierInvitation) -> bool:
        """The owner of the address, or an administrator of the account known to be theirs (I1)."""
        if owns_address(user, row.address):
            return True
        membership = membership_of(user, row.counterparty) if row.counterparty_id else None
        return membership is not None and membership.is_administrator

    def waiting_for(self, user: User) -> Any:
        mine = Q(counterparty__in=administered(user)) | Q(address__in=verified_addresses(user))
        rows = self.rows().open(clock.now()).filter(mine)
        return rows.exclude(unwelcome(invited="counterparty_id"))

    def manage_url(self, row: SupplierInvitation) -> str:
        return portals.page(row.organization, side_of(row.organization).home)

    def list_url(self, organization: Organization) -> str:
        return side_of(organization).home_url(organization)

    def recipient(self, row: SupplierInvitation) -> tuple[str, str]:
        # Whose account it is shows once it was accepted, not before.
        accepted = row.counterparty.name if row.status == "accepted" and row.counterparty else ""
        words = (row.name, accepted, row.get_supplier_kind_display().lower())
        return row.address, ", ".join(filter(None, words))

    def place(self, row: SupplierInvitation) -> tuple[str, *tuple[Any, ...]]:
        return side_of(row.organization).other, row.public_id

    def many(self, organization: Organization) -> str:
        return side_of(organization).others

    def list_title(self, organization: Organization) -> str:
        return side_of(organization).title

    def columns(self, organization: Organization) -> Sequence[Column]:
        seller = organization.kind == OrganizationKind.SELLER
        return (NAME, ADDRESS, KIND) if seller else (NAME, ADDRESS)

    def form(self, organization: Organization, data: QueryDict | None) -> forms.Form:
        seller = organization.kind == OrganizationKind.SELLER
        return (EverySupplierForm if seller else EverySellerForm)(data, prefix="all")

    crossing = staticmethod(invitations.parties)
    known = staticmethod(invitations.known)
    invite = staticmethod(invitations.invite_each)


def _may_share(user: User | None, seller: Organization) -> bool:
    if user is None or not user.is_active:
        return False
    try:
        return access_for(user, seller).allows(EDIT_SHIPMENTS)
    except NotRelated:
        return False


class GuestKind(InvitationKind[GuestLink]):
    """A seller shares one shipment with somebody who has no account (X13)."""

    model = GuestLink
    verb = "guest_link"
    need = EDIT_SHIPMENTS
    gone = "The person who sent you this link can no longer do so. Ask for a new one."
    account_hint = "It opens this one shipment, and no account is needed."
    title = "Guest links"
    list_page = "guests"
    resent = "Sent to {row.address} with a new link. Older links no longer work."
    taken_back = "The link of {row.name} is taken back: it opens nothing any more."
    senders_own = "Only who sent this link can see it. Send it again first."

    def rows(self) -> Any:
        return super().rows().select_related("shipment__seller")

    def check(self, by: User | None, organization: Organization) -> None:
        if not organization.is_active or not _may_share(by, organization):
            raise NotPermitted(EDIT_SHIPMENTS.sentence)

    def inviters(self, organization: Organization) -> set[int]:
        """Who of those that sent open links may still share, the newest ten."""
        rows = self.sent_by(organization).open(clock.now()).order_by("-id")[:10]
        senders = {row.invited_by for row in rows if row.invited_by}
        return {user.pk for user in senders if _may_share(user, organization)}

    def enter(self, row: GuestLink, by: User) -> tuple[GuestLink, int | None]:
        access, shipment = enter_shipment(row.shipment, by, EDIT_SHIPMENTS)
        link = lock(GuestLink.objects.with_list_data(), pk=row.pk)
        link.shipment = shipment
        return link, access.acting_firm(EDIT_SHIPMENTS)

    def resend(self, row: GuestLink, *, by: User, acting: int | None) -> GuestLink:
        return guests.renew(row, by=by, acting=acting)

    def on_revoked(self, row: GuestLink, *, by: User) -> None:
        emails.guests.guest_revoked(row)

    def on_expired(self, row: GuestLink) -> None:
        emails.guests.guest_expired(row)

    def on_ending(self, row: GuestLink) -> None:
        link_emails.invitation_ending(row)

    def invites(self, row: GuestLink) -> str:
        return OrganizationKind.SUPPLIER

    def headline(self, row: GuestLink) -> str:
        return f"{row.organization.name} shared a shipment with you"

    def answer_url(self, user: User, row: GuestLink) -> str:
        return reverse("guest-join", args=[row.public_id])

    def guest_url(self, row: GuestLink) -> str:
        return reverse("guest-code", args=[row.public_id])

    def manage_url(self, row: GuestLink) -> str:
        return portals.page(row.organization, "shipment", row.shipment.public_id)

    def recipient(self, row: GuestLink) -> tuple[str, str]:
        return row.name, row.address

    def place(self, row: GuestLink) -> tuple[str, *tuple[Any, ...]]:
        return "guest", row.shipment.public_id, row.public_id


class GuestOfAnyShipment(GuestKind):
    """The same in the list of all shipments: a row names its own."""

    search = ("", "shipment")

    def recipient(self, row: GuestLink) -> tuple[str, str]:
        return row.name, f"{row.address}, {row.shipment.name}"

    def urls(self, row: GuestLink) -> dict[str, str]:
        return super().urls(row) | {"page": self.manage_url(row)}


SUPPLIER = PartnerKind()
GUEST = GuestKind()
ALL_GUESTS = GuestOfAnyShipment()
