"""Mails to guests, who have no account: the link, the code, and what happens to their shipment."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from accounts.invitations.transitions import wants_mail
from accounts.models import Organization
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert
from core.outbox.tokens import PLACEHOLDER
from core.web.formats import mail_ending
from supplychain.emails import recipients
from supplychain.emails.facts import (
    item_facts,
    note_of,
    seller_page,
    shipment_facts,
    shipment_mail,
    subject,
)
from supplychain.models import GuestLink, Share

CODE = "supplychain.guest_code"
ONE_SHIPMENT = "The link opens this shipment only, with a code that we mail to this address."


def guest_invited(link: GuestLink, share: Share) -> None:
    """To the invited address: what to pack, where it goes, and the link to this one shipment."""
    if not wants_mail(link):
        return
    firm, inviter = inert(link.organization.name), link.invited_by
    who = f"{inert(inviter.name)}, {firm}" if inviter else firm
    mail = Mail(
        subject=subject(link.organization, share.shipment.shipment_id, "shared with you"),
        heading=f"{firm} shared a shipment with you",
        paragraphs=(
            *note_of(share),
            "No account is needed: enter the boxes, print the labels, report that it has left.",
        ),
        facts=(
            ("Shared by", who),
            *shipment_facts(share.shipment),
            *item_facts(share.shipment),
            ("Open until", mail_ending(link.expires_at)),
        ),
        button=("Open the shipment", PLACEHOLDER),
        after=(ONE_SHIPMENT, "You can turn it into an account at any time and keep all work."),
        not_you="Not your shipment? Decline it on its page, or leave it be.",
        organization=firm,
    )
    _tell(link, f"{link.generation}:sent", "supplychain.guest_invited", mail, about=link.about)


def guest_code(link: GuestLink, code: str, *, minutes: int) -> None:
    """To the invited address: the code that opens the shipment in the browser that asked."""
    stamp = link.code_sent_at.isoformat() if link.code_sent_at else ""
    mail = Mail(
        subject=subject(link.organization, "Supply Chain Connect", "your code"),
        heading="Your code for the shared shipment",
        paragraphs=("Type it where you asked for it. It works once.",),
        facts=(("Code", code), ("Works for", f"{minutes} minutes")),
        not_you="Did not ask for it? Ignore it: without the code, nobody gets in.",
        organization=inert(link.organization.name),
    )
    tell(
        [Recipient(link.address)],
        key=f"{link.about}:code:{stamp}",
        kind=CODE,
        mail=mail,
        organization=link.organization,
        secret=True,
        until=clock.now() + timedelta(minutes=minutes),
    )


def guest_revoked(link: GuestLink) -> None:
    mail = shipment_mail(
        link.shipment,
        link.organization,
        "link taken back",
        f"{inert(link.organization.name)} took your link to a shipment back",
        "It opens nothing any more. Ask them if you expected to go on.",
        page=None,
    )
    _tell(link, f"{link.generation}:revoked", "supplychain.guest_revoked", mail)


def guest_joined(link: GuestLink, supplier: Organization, *, by: Any) -> None:
    """To the seller's side: the guest has an account now, with the work as it stands."""
    tell(
        recipients.sellers_side(link.organization, also=link.invited_by),
        key=f"{link.about}:joined",
        kind="supplychain.guest_joined",
        mail=shipment_mail(
            link.shipment,
            supplier,
            "connected",
            f"{inert(supplier.name)} has an account now: you are connected",
            "What they did as a guest stays as it is.",
            page=_shipment_page(link),
        ),
        organization=supplier,
        caused_by=by,
    )


def guest_expired(link: GuestLink) -> None:
    """To the seller's side: the link has run out; sending it again renews it (U5)."""
    tell(
        recipients.sellers_side(link.organization, also=link.invited_by),
        key=f"{link.about}:{link.generation}:expired",
        kind="supplychain.guest_expired",
        mail=Mail(
            subject=subject(link.organization, link.shipment.shipment_id, "guest link expired"),
            heading=f"The guest link of {inert(link.name)} has run out",
            paragraphs=("Send it again: what they packed stays, and they can go on.",),
            button=("Open the shipment", _shipment_page(link)),
            organization=inert(link.organization.name),
        ),
        organization=link.organization,
    )


def _shipment_page(link: GuestLink) -> str:
    return seller_page(link.organization, "shipment", link.shipment.public_id)


def tell_guests(
    shares: Iterable[Share],
    *,
    key: str,
    kind: str,
    mail: Mail,
    over: bool = False,
    until: datetime | None = None,
) -> None:
    """The same mail as suppliers get, to those of these shares that a guest works on.

    Its button is their link, or nothing once it is `over`. Whose link has ended gets no mail with a
    button that opens nothing.
    """
    for share in shares:
        if share.connection is None and share.guest is not None and wants_mail(share.guest):
            if not over and not share.guest.is_open:
                continue
            label = mail.button[0] if mail.button else ""
            button = None if over else (label, PLACEHOLDER)
            _tell(share.guest, key, kind, replace(mail, button=button), opens=not over, until=until)


def _tell(
    link: GuestLink,
    key: str,
    kind: str,
    mail: Mail,
    *,
    about: str = "",
    opens: bool = True,
    until: datetime | None = None,
) -> None:
    tell(
        [Recipient(link.address)],
        key=f"{link.about}:{key}",
        kind=kind,
        mail=mail,
        path=reverse("invitation-current"),
        link=link.claim if opens and mail.button else None,
        about=about,
        organization=link.organization,
        caused_by=link.invited_by,
        until=until,
    )
