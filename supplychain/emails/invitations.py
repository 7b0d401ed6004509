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
from core.web.formats import minute
from supplychain.emails import recipients
from supplychain.emails.facts import reason_facts, seller_page, subject, supplier_page
from supplychain.models import SupplierInvitation
from supplychain.states import Direction

LOOK_FIRST = "Opening the link accepts nothing: you accept or decline on the page."
NOT_YOU = "Not expected? Decline on that page, or leave it be: nothing happens by itself."


def invitations_sent(invitations: Sequence[SupplierInvitation]) -> None:
    """To each invited address: who invites to what, until when, and the one-time link.

    All are one organization's.
    """
    to_supplier = invitations[0].direction == Direction.TO_SUPPLIER
    send_links(
        invitations,
        event="sent",
        kind=f"supplychain.{'supplier' if to_supplier else 'seller'}_invited",
        mail=_supplier_invited if to_supplier else _seller_invited,
        page="supplier-invitation",
    )


def _facts(invitation: SupplierInvitation) -> tuple[tuple[str, str], ...]:
    firm, inviter = inert(invitation.organization.name), invitation.invited_by
    return (
        ("Invited by", f"{inert(inviter.name)}, {firm}" if inviter else firm),
        ("Open until", minute(invitation.expires_at)),
    )


def _supplier_invited(invitation: SupplierInvitation) -> Mail:
    firm = inert(invitation.organization.name)
    marketplace = settings.MARKETPLACE_NAME
    return Mail(
        subject=subject(invitation.organization, "Supply Chain Connect", "invitation"),
        heading=f"{firm} invites you to Supply Chain Connect",
        paragraphs=(
            f"{firm} wants to share shipments to {marketplace} fulfilment centres with you.",
            "You see what to pack and where it goes, print the labels and report what has left.",
            "No seller account is needed: create a supplier account, or choose one you have.",
        ),
        facts=_facts(invitation),
        button=("Look at the invitation", PLACEHOLDER),
        after=(LOOK_FIRST,),
        not_you=NOT_YOU,
        organization=firm,
    )


def _seller_invited(invitation: SupplierInvitation) -> Mail:
    firm = inert(invitation.organization.name)
    section = f"{settings.MARKETPLACE_NAME} Supply Chain Connect Permissions"
    return Mail(
        subject=subject(invitation.organization, "Supply Chain Connect", "invitation"),
        heading=f"{firm}, a supplier, invites you to Supply Chain Connect",
        paragraphs=(
            f"Once you accept, you can share shipments with {firm} from the Prepare Shipment page.",
            f"You also find this invitation under Settings, User Permissions, “{section}”.",
        ),
        facts=(*_facts(invitation), ("What they do", _kind(invitation.organization))),
        button=("Look at the invitation", PLACEHOLDER),
        after=(LOOK_FIRST, "They see nothing before you share a shipment."),
        not_you=NOT_YOU,
        organization=firm,
    )


def _kind(organization: Organization) -> str:
    return str(organization.get_supplier_kind_display() or "Supplier")


def invitation_accepted(
    invitation: SupplierInvitation, organization: Organization, *, by: Any
) -> None:
    """To the inviting side: you are connected (S1.17)."""
    other = inert(organization.name)
    to_supplier = invitation.direction == Direction.TO_SUPPLIER
    next_step = (
        "Share a shipment from its Prepare Shipment page."
        if to_supplier
        else "You get a mail as soon as they share a shipment with you."
    )
    _answered(
        invitation,
        "accepted",
        f"{other} accepted: you are connected",
        paragraphs=(next_step,),
        button=_next_page(invitation),
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
        f"The invitation to {_invited(invitation)} was declined",
        facts=reason_facts(invitation.reason),
        button=("Look at your invitations", kinds.of(invitation).manage_url(invitation)),
        by=by,
    )


def invitation_expired(invitation: SupplierInvitation) -> None:
    """To the inviting side: nobody answered in time; sending it again renews it (U5)."""
    _answered(
        invitation,
        "expired",
        f"The invitation to {_invited(invitation)} has run out",
        paragraphs=("Send it again: a new link goes out with a new end date.",),
        button=("Look at your invitations", kinds.of(invitation).manage_url(invitation)),
    )


def _invited(invitation: SupplierInvitation) -> str:
    return inert(invitation.name or invitation.address)


def _next_page(invitation: SupplierInvitation) -> tuple[str, str]:
    if invitation.direction == Direction.TO_SUPPLIER:
        return "Open your shipments", seller_page(invitation.organization, "shipments")
    return "Open your sellers", supplier_page(invitation.organization, "sellers")


def _answered(
    invitation: SupplierInvitation,
    event: str,
    heading: str,
    *,
    button: tuple[str, str],
    paragraphs: tuple[str, ...] = (),
    facts: tuple[tuple[str, str], ...] = (),
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
