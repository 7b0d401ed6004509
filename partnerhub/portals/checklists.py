"""Whose turn is it: the whole way of each portal, with the next step and who must take it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import EmployeeInvitation, IdentityCheck, Membership, Organization, is_verified
from connections.models import (
    Assignment,
    Connection,
    ConnectionInvitation,
    PartnerLink,
    Renewal,
    RoleGrant,
)
from connections.reads.requests import waiting_for_provider, waiting_for_seller
from connections.reads.reviews import waiting_reviews
from core import clock
from core.web.formats import count, ending
from roles.models import ApprovedRole, RoleApplication
from roles.states import IN_QUEUE, ApplicationStatus
from supplychain.models import Share, Shipment, SupplierConnection, SupplierInvitation
from supplychain.states import LIVE_SHARE

# More clients than this are never all paused.
MOST_CLIENTS = 50
DONE, CURRENT, WAITING, TODO = "done", "current", "waiting", "todo"


@dataclass(frozen=True)
class Step:
    """One step: its words, its state for this reader, whose turn it is, and one button.

    `who` stands in the middle of a sentence: "You wait for `who`". A list is finished without its
    `optional` steps.
    """

    title: str
    text: str
    state: str
    who: str
    button: dict[str, Any] | None = None
    optional: bool = False


def link_to(label: str, name: str, *args: Any) -> dict[str, Any]:
    """A button that leads to the page of this name."""
    return {"label": label, "url": reverse(name, args=args), "post": False}


def _state(done: bool, mine: bool, ready: bool) -> str:
    """done, or this reader's turn, or somebody else's, or not yet possible."""
    if done:
        return DONE
    if not ready:
        return TODO
    return CURRENT if mine else WAITING


def is_finished(steps: list[Step]) -> bool:
    """Whether everything that is not optional is done: such a list says nothing any more."""
    return all(step.state == DONE or step.optional for step in steps)


def _identity_step(user: Any) -> Step:
    check = IdentityCheck.objects.latest_of(user)
    identified = is_verified(check)
    submitted = check is not None and check.status == "submitted"
    return Step(
        "Verify your identity",
        "A reviewer looks at your documents." if submitted else "Data and two documents.",
        _state(identified, not submitted, True),
        settings.MARKETPLACE_NAME if submitted else _("you"),
        None if identified else link_to("Open identity check", "identity"),
    )


def _assigned(provider: Organization, **who: Any) -> bool:
    grants = RoleGrant.objects.filter(provider=provider).in_force(clock.now())
    return Assignment.objects.filter(content_object__in=grants.values("pk"), **who).exists()


def employee_steps(user: Any, provider: Organization) -> list[Step]:
    """What an employee of a provider has to do, and what they wait for; two queries."""
    identity = _identity_step(user)
    identified, assigned = identity.state == DONE, _assigned(provider, user=user)
    return [
        identity,
        Step(
            _("Your administrators assign you to a client"),
            _("They choose the client, the roles and how far you may go in each."),
            _state(assigned, False, True),
            _("your administrators"),
        ),
        Step(
            _("Work for your clients"),
            _("You find them under Clients, each with your roles."),
            _state(False, True, identified and assigned),
            _("you"),
            link_to(_("Open your clients"), "provider:clients", provider.handle)
            if identified and assigned
            else None,
        ),
    ]


def member_steps(seller: Organization, *, shipments: bool, history: bool) -> list[Step]:
    """What a seller's member without administration can open; no query."""
    opens = [
        (_("Shipments"), "seller:shipments", shipments),
        (_("History"), "seller:history", history),
    ]
    steps = [
        Step(
            _("Your administrators give you rights"),
            _("What you can open stands in the menu."),
            _state(shipments or history, False, True),
            _("your administrators"),
        )
    ]
    return steps + [
        Step(label, "", CURRENT, _("you"), link_to(_("Open"), name, seller.handle))
        for label, name, open_to_them in opens
        if open_to_them
    ]


def provider_steps(user: Any, provider: Organization) -> list[Step]:
    """S0 phases 1 and 2 as this provider stands now, for its administrators; eleven queries,
    whatever there is."""
    at = clock.now()
    identity = _identity_step(user)
    identified, active = identity.state == DONE, provider.is_active
    applications = list(RoleApplication.objects.for_provider(provider)[:50])
    approved = ApprovedRole.objects.for_provider(provider).in_force(at).exists()
    in_review = any(a.status in IN_QUEUE for a in applications)
    asked = any(a.status == ApplicationStatus.INFORMATION_REQUESTED for a in applications)
    colleagues = Membership.objects.for_organization(provider)[1:2].exists()
    invited = colleagues or EmployeeInvitation.objects.for_organization(provider).exists()
    link = PartnerLink.objects.open(at).filter(provider=provider).order_by("-id").first()
    invitation = ConnectionInvitation.objects.for_organization(provider).open(at).exists()
    clients = list(Connection.objects.for_provider(provider).live(at).order_by("id")[:MOST_CLIENTS])
    connected, paused = bool(clients), all(client.is_paused for client in clients)
    marketplace, handle = settings.MARKETPLACE_NAME, provider.handle
    return [
        identity,
        Step(
            "The account becomes active",
            "By itself, once your identity is verified.",
            _state(active, False, identified),
            marketplace,
        ),
        Step(
            "Apply for Seller Central roles",
            "Sellers cannot grant you anything before at least one role is approved.",
            _state(bool(applications) and (approved or in_review or asked), True, active),
            _("your administrators"),
            link_to("Role applications", "provider:applications", handle) if active else None,
        ),
        Step(
            f"{marketplace} approves roles",
            _("A question waits for your answer: it stands above.")
            if asked
            else f"Decided within {settings.REVIEW_PROMISE_DAYS} days, role by role.",
            _state(approved and not asked, asked, in_review or asked),
            _("you") if asked else marketplace,
        ),
        Step(
            "Invite employees (optional)",
            "Each gets an e-mail, joins with that address and verifies their identity.",
            _state(invited, True, active),
            _("your administrators"),
            link_to("Employees", "provider:employees", handle) if active else None,
            optional=True,
        ),
        Step(
            "A seller adds you as authorized partner",
            f"Give sellers your handle “{handle}”. They share a link with you.",
            _state(bool(link) or invitation or connected, False, approved),
            _("a seller"),
        ),
        Step(
            "Send the seller an invitation",
            f"{link.seller.name} waits for your answer." if link else "From the seller's link.",
            _state((invitation or connected) and not link, True, bool(link) and approved),
            _("your administrators"),
            link_to("Answer the link", "provider:partner-link", handle, link.public_id)
            if link
            else None,
        ),
        Step(
            "The seller accepts and grants roles",
            "All your clients are paused: work goes on once they resume."
            if connected and paused
            else "Then you and your employees work within what was granted.",
            _state(connected and not paused, False, invitation or connected),
            _("the seller"),
            link_to("Clients", "provider:clients", handle) if connected else None,
        ),
        Step(
            _("Assign your employees to the client"),
            _("Each reaches only the clients and roles they are assigned to."),
            _state(connected and _assigned(provider), True, connected and colleagues),
            _("your administrators"),
            link_to(_("Assign"), "provider:assignments", handle)
            if connected and colleagues
            else None,
            optional=not colleagues,
        ),
    ]


def seller_steps(seller: Organization) -> list[Step]:
    """S0 phase 2 as this seller stands now; three queries."""
    at, handle = clock.now(), seller.handle
    link = PartnerLink.objects.for_seller(seller).open(at).order_by("-id").first()
    invitation = (
        ConnectionInvitation.objects.filter(seller=seller)
        .open(at)
        .select_related("organization")
        .order_by("-id")
        .first()
    )
    connected = Connection.objects.for_seller(seller).live(at).exists()
    shared = bool(link and (link.mailed_at or link.opened_at))
    return [
        Step(
            "Add an authorized partner",
            "Name the provider by handle, or its administrator by e-mail address.",
            _state(bool(link or invitation or connected), True, True),
            _("you"),
            link_to("Add authorized partner", "seller:partner-add", handle),
        ),
        Step(
            "Share the link with the provider's administrator",
            "Copy it into a message, or let us send it.",
            _state(shared or bool(invitation) or connected, True, bool(link)),
            _("you"),
            link_to("Open the link", "seller:partner-link", handle, link.public_id)
            if link
            else None,
        ),
        Step(
            "The provider sends you an invitation",
            "They can once the marketplace has approved at least one of their roles.",
            _state(bool(invitation) or connected, False, bool(link)),
            _("the provider"),
        ),
        Step(
            "Accept it and grant roles",
            f"{invitation.organization.name} waits for your answer."
            if invitation
            else "Only roles that were approved for the provider can be chosen.",
            _state(connected and not invitation, True, bool(invitation)),
            _("you"),
            link_to("Answer", "seller:connection-accept", handle, invitation.public_id)
            if invitation
            else None,
        ),
    ]


def seller_answers(seller: Organization) -> list[Step]:
    """What the seller's partners have asked and wait for (X2, U16); two queries."""
    requests, renewals = waiting_for_seller(seller)
    steps = []
    for row in requests:
        title = f"{row.connection.provider.name} asks for more roles"
        place = ("seller:connection-request", seller.handle, row.connection.public_id)
        steps.append(Step(title, row.message, CURRENT, _("you"), link_to("Answer", *place)))
    page = "seller:connection"
    return steps + [_renewal_step(row, row.connection.provider, page) for row in renewals]


def provider_answers(provider: Organization) -> list[Step]:
    """What the provider's clients have proposed and wait for; one query."""
    renewals = waiting_for_provider(provider)
    return [_renewal_step(row, row.connection.seller, "provider:client") for row in renewals]


def _renewal_step(row: Renewal, by: Organization, page: str) -> Step:
    connection = row.connection
    reader = connection.provider if by == connection.seller else connection.seller
    return Step(
        f"{by.name} proposes a later end date",
        f"{ending(row.ends_at)} instead of {ending(connection.ends_at)}.",
        CURRENT,
        _("you"),
        link_to("Answer", f"{page}-renewal", reader.handle, connection.public_id),
    )


def review_steps(seller: Organization) -> list[Step]:
    """The partners whose yearly review waits; one query, and no step when none does (U42)."""
    waiting, overdue, first = waiting_reviews(seller)
    if first is None:
        return []
    late = f"; {overdue} of them overdue" if overdue else ""
    name = first.connection.provider.name
    return [
        Step(
            "Review your partners",
            f"Keep, lower or end what they may do: {count(waiting, 'partner')}, next {name}{late}.",
            CURRENT,
            _("you"),
            link_to("Review", "seller:partner-reviews", seller.handle),
        )
    ]


def seller_supply_steps(seller: Organization) -> list[Step]:
    """The seller's way in Supply Chain Connect; four queries."""
    handle = seller.handle
    connected = SupplierConnection.objects.for_seller(seller).live().exists()
    invited = SupplierInvitation.objects.for_organization(seller).exists()
    shipment = Shipment.objects.for_seller(seller).exists()
    shared = Share.objects.filter(shipment__seller=seller, status__in=LIVE_SHARE).exists()
    permissions = link_to("User Permissions", "seller:permissions", handle)
    return [
        Step(
            "Invite a supplier",
            "Manufacturers, freight forwarders, wholesalers: whoever ships for you.",
            _state(invited or connected, True, True),
            _("you"),
            permissions,
        ),
        Step(
            "The supplier joins",
            "They follow the link in the e-mail; no seller account is needed.",
            _state(connected, False, invited),
            _("the supplier"),
        ),
        Step(
            "Prepare a shipment",
            "Destination, items, ship date.",
            _state(shipment, True, True),
            _("you"),
            link_to("Shipments", "seller:shipments", handle),
        ),
        Step(
            "Share it",
            "“Share Shipment” on its Prepare Shipment page; the supplier gets an e-mail.",
            _state(shared, True, shipment and connected),
            _("you"),
            link_to("Shipments", "seller:shipments", handle) if shipment else None,
        ),
    ]


def supplier_steps(supplier: Organization, *, administrator: bool = True) -> list[Step]:
    """The supplier's way; three queries."""
    handle = supplier.handle
    connected = SupplierConnection.objects.for_supplier(supplier).live().exists()
    invited = SupplierInvitation.objects.for_organization(supplier).exists()
    share = Share.objects.for_supplier(supplier).exclude(status__in=["shipped", "completed"])
    waiting = share.select_related("shipment").order_by("-shared_at").first()
    return [
        Step(
            "Connect with a seller",
            "Accept a seller's invitation, or invite one yourself.",
            _state(connected, not invited, True),
            _("the seller") if invited and not connected else _("you"),
            link_to("Sellers", "supply:sellers", handle) if administrator else None,
        ),
        Step(
            "A seller shares a shipment",
            "You get an e-mail with destination, items and ship date.",
            _state(waiting is not None, False, connected),
            _("the seller"),
        ),
        Step(
            "Pack, label, ship",
            f"{waiting.shipment.shipment_id} is the next one." if waiting else "Step by step.",
            _state(False, True, waiting is not None),
            _("you"),
            link_to("Open", "supply:share", handle, waiting.public_id) if waiting else None,
        ),
    ]
