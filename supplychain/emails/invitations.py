"""Mails about supplier invitations, in both directions."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from accounts.invitations import kinds
from accounts.invitations.emails import send_links
from accounts.models import Organization
from core.notifications.services import tell
from core.outbox.rendering import Mail, inert
from core.outbox.tokens import PLACEHOLDER
from core.web.formats import mail_ending
from supplychain.emails import recipients
from supplychain.emails.facts import Facts, reason_facts, seller_page, subject, supplier_page
from supplychain.models import SupplierInvitation
from supplychain.states import Direction

LOOK_FIRST = "Opening the link accepts nothing: you accept or decline on the page."
NOT_YOU = "Not expected? Decline on that page, or leave it be: nothing happens by itself."


def invitations_sent(invitations: Sequence[SupplierInvitation]) -> None:
    """To each invited address, with its one-time link; all are of one organization."""
    to_supplier = invitations[0].direction == Direction.TO_SUPPLIER
    send_links(
        invitations,
        event="sent",
        kind=f"supplychain.{'supplier' if to_supplier else 'seller'}_invited",
        mail=_supplier_invited if to_supplier else _seller_invited,
        page="supplier-invitation",
    )


def _invited(
    invitation: SupplierInvitation, who: str, *paragraphs: str, facts: Facts = (), after: str = ""
) -> Mail:
    firm, inviter = inert(invitation.organization.name), invitation.invited_by
    return Mail(
        subject=subject(invitation.organization, "Supply Chain Connect", "invitation"),
        heading=f"{who} invites you to Supply Chain Connect",
        paragraphs=paragraphs,
        facts=(
            ("Invited by", f"{inert(inviter.name)}, {firm}" if inviter else firm),
            ("Open until", mail_ending(invitation.expires_at)),
            *facts,
        ),
        button=("Look at the invitation", PLACEHOLDER),
        after=tuple(filter(None, (LOOK_FIRST, after))),
        not_you=NOT_YOU,
        organization=firm,
    )


def _supplier_invited(invitation: SupplierInvitation) -> Mail:
    firm = inert(invitation.organization.name)
    marketplace = settings.MARKETPLACE_NAME
    return _invited(
        invitation,
        firm,
        f"{firm} wants to share shipments to {marketplace} fulfilment centres with you.",
        "You see what to pack and where it goes, print the labels and report what has left.",
        "No seller account is needed: create a supplier account, or choose one you have.",
    )


def _seller_invited(invitation: SupplierInvitation) -> Mail:
    firm = inert(invitation.organization.name)
    section = f"{settings.MARKETPLACE_NAME} Supply Chain Connect Permissions"
    kind = str(invitation.organization.get_supplier_kind_display() or "Supplier")
    return _invited(
        invitation,
        f"{firm}, a supplier,",
        f"Once you accept, you can share shipments with {firm} from the Prepare Shipment page.",
        f"You also find this invitation under Settings, User Permissions, “{section}”.",
        facts=(("What they do", kind),),
        after="They see nothing before you share a shipment.",
    )


def invitation_accepted(
    invitation: SupplierInvitation, organization: Organization, *, by: Any
) -> None:
    """To the inviting side: you are connected (S1.17)."""
    other = inert(organization.name)
    if invitation.direction == Direction.TO_SUPPLIER:
        next_step = "Share a shipment from its Prepare Shipment page."
        button = "Open your shipments", seller_page(invitation.organization, "shipments")
    else:
        next_step = "You get a mail as soon as they share a shipment with you."
        button = "Open your sellers", supplier_page(invitation.organization, "sellers")
    _answered(
        invitation,
        "accepted",
        f"{other} accepted: you are connected",
        paragraphs=(next_step,),
        button=button,
        firm=organization,
        by=by,
    )


def invitation_declined(invitation: SupplierInvitation, *, by: Any) -> None:
    """To the inviting side: they do not want to connect, and why (U4).

    Whose account the address belongs to is not told before its owner connects (I15).
    """
    _answered(
        invitation,
        "declined",
        f"The invitation to {_name(invitation)} was declined",
        facts=reason_facts(invitation.reason),
        button=("Look at your invitations", kinds.of(invitation).manage_url(invitation)),
        by=by,
    )


def invitation_expired(invitation: SupplierInvitation) -> None:
    """To the inviting side: nobody answered in time; sending it again renews it (U5)."""
    _answered(
        invitation,
        "expired",
        f"The invitation to {_name(invitation)} has run out",
        paragraphs=("Send it again: a new link goes out with a new end date.",),
        button=("Look at your invitations", kinds.of(invitation).manage_url(invitation)),
    )


def _name(invitation: SupplierInvitation) -> str:
    return inert(invitation.name or invitation.address)


def _answered(
    invitation: SupplierInvitation,
    event: str,
    heading: str,
    *,
    button: tuple[str, str],
    paragraphs: tuple[str, ...] = (),
    facts: Facts = (),
    firm: Organization | None = None,
    by: Any = None,
) -> None:
    mail = Mail(
        subject=subject(firm or invitation.organization, "Supply Chain Connect", event),
        heading=heading,
        paragraphs=paragraphs,
        facts=facts,
        button=button,
        organization=inert((firm or invitation.organization).name),
    )
    tell(
        recipients.administrators(invitation.organization),
        key=f"{invitation.about}:{invitation.generation}:{event}",
        kind=f"supplychain.invitation_{event}",
        mail=mail,
        organization=invitation.organization,
        caused_by=by,
    )
