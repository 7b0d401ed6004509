"""The ways in which one account causes mail to somebody outside, as the walk takes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts import portals
from accounts.invitations.transitions import expire
from accounts.models import EmployeeInvitation
from connections.models import ConnectionInvitation, PartnerLink
from supplychain.models import Share, SupplierInvitation
from tests.factories import accounts as make
from tests.factories import connections
from tests.factories import supplychain as ship
from tests.support import signed_in

FIRMS = ("f0", "f1", "young")
PEOPLE = ("ada", "bo", "cy")
AGENCY, SAM = "agency", "sam"
Post = tuple[str, dict[str, str]]


class Cast:
    """Three sellers, one of them in its first day, and an agency; three people who may be asked.

    Each of the three owns an address, and is the administrator of a provider and of a seller. Sam
    works for the supplier of all sellers.
    """

    def __init__(self) -> None:
        self.firms = {key: make.organization("seller", f"Firm {key}") for key in FIRMS}
        self.firms[AGENCY] = make.organization("provider", "Agency")
        connections.approved(self.firms[AGENCY])
        self.users = {key: make.person(email=f"{key}@mail.example") for key in (*PEOPLE, SAM)}
        self.providers = {key: make.organization("provider", f"Provider {key}") for key in PEOPLE}
        self.shops = {key: make.organization("seller", f"Shop {key}") for key in PEOPLE}
        for key in PEOPLE:
            make.member(self.providers[key], "administrator", self.users[key])
            make.member(self.shops[key], "administrator", self.users[key])
            make.identity(self.users[key])
        works = make.organization("supplier", "Works")
        make.member(works, "administrator", self.users[SAM])
        self.supplied = {key: ship.connected(self.firms[key], works) for key in FIRMS}
        self.bosses = {key: signed_in(make.administrator(firm)) for key, firm in self.firms.items()}
        self.clients = {key: signed_in(user) for key, user in self.users.items()}

    def spelled(self, person: str, spelling: str) -> str:
        """The person's address as somebody types it."""
        return spelling.format(person)


@dataclass(frozen=True)
class Way:
    """How one kind of mail is caused.

    `ask` is the page and form of the sender, `rows` what this sender has asked of this person;
    `resend` and `revoke` are pages about one of them, `no` the page and form of the person.
    `verbs` are the history's words for each act. `silences` are the ways that "never again" in
    answer to this one closes, all of the same sender. `kind` is the mail that asks.
    """

    model: Any
    kind: str
    senders: tuple[str, ...]
    ask: Callable[[Cast, str, str, str], Post]
    rows: Callable[[Cast, str, str], Any]
    resend: str
    revoke: str
    no: Callable[[Cast, str, Any], Post] | None
    verbs: dict[str, tuple[str, ...]]
    silences: tuple[str, ...] = ()
    ids: Callable[[Any], tuple[Any, ...]] = lambda row: (row.public_id,)


def _verbs(prefix: str, *more: str, **others: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    steps = {"ask": "sent", "resend": "resent", "revoke": "revoked", "no": "declined"}
    return {act: (f"{prefix}.{step}",) for act, step in steps.items()} | others


def _ask_colleague(cast: Cast, firm: str, person: str, spelling: str) -> Post:
    data = {"address": cast.spelled(person, spelling), "name": "Sam Lee", "role": "employee"}
    return portals.members_page(cast.firms[firm]), data


def _ask_supplier(cast: Cast, firm: str, person: str, spelling: str) -> Post:
    data = {"address": cast.spelled(person, spelling), "name": "Sam Lee"}
    page = portals.page(cast.firms[firm], "suppliers")
    return page, data | {"supplier_kind": "manufacturer"}


def _open_link(**whose: Any) -> PartnerLink:
    """The open link between these two, a new one if need be."""
    link = PartnerLink.objects.filter(**whose).order_by("-id").first()
    if link is not None and link.is_open:
        return link
    if link is not None:
        expire(row=link)
    row: PartnerLink = connections.partner_link(**whose)
    return row


def _send_link(cast: Cast, firm: str, person: str, spelling: str) -> Post:
    seller = cast.firms[firm]
    link = _open_link(seller=seller, address=f"{person}@mail.example")
    return portals.page(seller, "partner-link-send", link.public_id), {}


def _answer_link(cast: Cast, firm: str, person: str, spelling: str) -> Post:
    agency = cast.firms[firm]
    link = _open_link(seller=cast.shops[person], provider=agency)
    return portals.page(agency, "partner-link-answer", link.public_id), {}


def _share(cast: Cast, firm: str, person: str, spelling: str) -> Post:
    seller = cast.firms[firm]
    page = portals.page(seller, "shipment-share", ship.shipment(seller).public_id)
    return page, {"suppliers": f"c:{cast.supplied[firm].public_id}", "note": ""}


def _to_address(model: Any, sender: str) -> Callable[[Cast, str, str], Any]:
    return lambda cast, firm, person: model.objects.filter(
        **{sender: cast.firms[firm]}, address=f"{person}@mail.example"
    )


WAYS = {
    "colleague": Way(
        model=EmployeeInvitation,
        kind="accounts.employee_invited",
        senders=FIRMS,
        ask=_ask_colleague,
        rows=_to_address(EmployeeInvitation, "organization"),
        resend="employee-resend",
        revoke="employee-revoke",
        no=lambda cast, person, row: (
            reverse("employee-invitation-decline", args=[row.public_id]),
            {"never_again": "on"},
        ),
        verbs=_verbs("employee_invitation"),
        silences=("colleague", "supplier", "link"),
    ),
    "supplier": Way(
        model=SupplierInvitation,
        kind="supplychain.supplier_invited",
        senders=FIRMS,
        ask=_ask_supplier,
        rows=_to_address(SupplierInvitation, "organization"),
        resend="supplier-resend",
        revoke="supplier-revoke",
        no=lambda cast, person, row: (
            reverse("supplier-invitation-decline", args=[row.public_id]),
            {"no-never_again": "on"},
        ),
        verbs=_verbs("supplier_invitation"),
        silences=("colleague", "supplier", "link"),
    ),
    "link": Way(
        model=PartnerLink,
        kind="connections.partner_link_sent",
        senders=FIRMS,
        ask=_send_link,
        rows=_to_address(PartnerLink, "seller"),
        resend="partner-link-resend",
        revoke="partner-link-cancel",
        no=lambda cast, person, row: (
            portals.page(cast.providers[person], "partner-link-decline", row.public_id),
            {"never_again": "on"},
        ),
        verbs=_verbs("partner_link", revoke=("partner_link.cancelled",)),
        silences=("link",),
    ),
    "client": Way(
        model=ConnectionInvitation,
        kind="connections.invitation_sent",
        senders=(AGENCY,),
        ask=_answer_link,
        rows=lambda cast, firm, person: ConnectionInvitation.objects.filter(
            organization=cast.firms[firm], seller=cast.shops[person]
        ),
        resend="client-invitation-resend",
        revoke="client-invitation-withdraw",
        no=lambda cast, person, row: (
            portals.page(cast.shops[person], "connection-reject", row.public_id),
            {"never_again": "on"},
        ),
        verbs=_verbs(
            "connection_invitation",
            ask=("partner_link.answered", "connection_invitation.sent"),
        ),
        silences=("client",),
    ),
    "share": Way(
        model=Share,
        kind="supplychain.shipment_shared",
        senders=FIRMS,
        ask=_share,
        rows=lambda cast, firm, person: Share.objects.filter(shipment__seller=cast.firms[firm]),
        resend="",
        revoke="share-recall",
        no=None,
        verbs={"ask": ("share.shared",), "revoke": ("share.recalled",)},
        ids=lambda row: (row.shipment.public_id, row.public_id),
    ),
}
