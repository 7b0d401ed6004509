"""The three portals: which kind of account works in which, under which addresses and words."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.models import Organization
from accounts.states import OrganizationKind


@dataclass(frozen=True)
class Portal:
    """The portal of one kind of account.

    Addresses of one page differ between portals by the words of the trade: a seller's connection
    is a provider's client.
    """

    kind: OrganizationKind
    namespace: str  # of its addresses, and the name of its layout
    label: str
    next_step: str  # what the mail says that tells of the opened account
    people: str = "members"
    connection: str = ""  # one connection between a seller and a provider
    partner: str = ""  # the other side of it
    partners: str = ""  # the title of the page that lists them
    delegates: str = ""  # in the history, those who act for a seller from a provider
    needs_identity: bool = False  # of its people, before they work
    needs_second_factor: bool = False  # of its administrators

    @property
    def layout(self) -> str:
        return f"layouts/{self.namespace}.html"


SELLER = Portal(
    OrganizationKind.SELLER,
    "seller",
    "Seller Central",
    "Next, add an authorized partner or invite a supplier under User Permissions.",
    connection="connection",
    partner="partner",
    partners="Authorized Partners",
    delegates="Partners' people, for this account",
    needs_second_factor=True,
)
PROVIDER = Portal(
    OrganizationKind.PROVIDER,
    "provider",
    "Solution Provider Portal",
    "Next, apply for the roles you want sellers to grant you.",
    people="employees",
    connection="client",
    partner="client",
    partners="Clients",
    delegates="Our people, for clients",
    needs_identity=True,
    needs_second_factor=True,
)
SUPPLY = Portal(
    OrganizationKind.SUPPLIER,
    "supply",
    "Supply Chain Connect",
    "Shipments that sellers share with you will stand on your start page.",
)
PORTALS = (SELLER, PROVIDER, SUPPLY)
BY_NAMESPACE = {portal.namespace: portal for portal in PORTALS}
_BY_KIND = {portal.kind: portal for portal in PORTALS}


def portal_of(organization: Organization) -> Portal:
    return _BY_KIND[OrganizationKind(organization.kind)]


def page(organization: Organization, name: str, *args: Any) -> str:
    namespace = portal_of(organization).namespace
    return reverse(f"{namespace}:{name}", args=[organization.handle, *args])


def members_page(organization: Organization) -> str:
    return page(organization, portal_of(organization).people)
