"""Mails about shared shipments: to the supplier's people, and to those who shared it."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from accounts.models import Organization
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert
from core.outbox.services import queue_fan_out
from core.web.formats import day
from supplychain.emails.facts import (
    item_facts,
    reason_facts,
    seller_page,
    shipment_facts,
    subject,
    supplier_page,
)
from supplychain.emails.guests import tell_guests
from supplychain.emails.recipients import sellers_side, suppliers_side
from supplychain.models import Share, Shipment
from supplychain.vocabulary import TransportMode

DO_NOT_USE = "Do not use the labels any more, and do not ship."


def shipment_shared(shares: Sequence[Share], *, by: Any) -> None:
    """One row for the mails to every supplier at once (S1.12): sharing with many costs one."""
    queue_fan_out(
        key=f"share:{shares[0].public_id}:shared",
        expander=shipment_shared_drafts,
        shares=[share.pk for share in shares],
        by=by.pk if by else None,
    )


def shipment_shared_drafts(*, after: int, limit: int, shares: list[int], by: int | None) -> None:
    """What to pack, where it goes, when (S1.12): an expander for outbox.queue_fan_out.

    One message for all; its link leads each reader to their own page. A share that was taken
    back meanwhile is not told any more.
    """
    rows = Share.objects.live().filter(pk__in=shares, connection__status="active")
    told = list(rows.with_list_data().order_by("pk"))
    if told:
        shipment = told[0].shipment
        tell(
            suppliers_side(share.supplier_id for share in told),
            key=f"share:{told[0].public_id}:shared",
            kind="supplychain.shipment_shared",
            mail=_shared_mail(shipment, told[0].note),
            organization=shipment.seller,
            caused_by=by,
        )


def _shared_mail(shipment: Shipment, note: str) -> Mail:
    seller = shipment.seller
    return Mail(
        subject=subject(seller, shipment.shipment_id, "shared with you"),
        heading=f"{inert(seller.name)} shared a shipment with you",
        paragraphs=(
            *((f"Note: {inert(note, 500)}",) if note else ()),
            "Sign in to enter the boxes, print the labels and report that it has left.",
        ),
        facts=(*shipment_facts(shipment), *item_facts(shipment)),
        button=(
            "Open the shipment",
            reverse("shared-shipment", args=[shipment.public_id]),
        ),
        organization=inert(seller.name),
        not_you="Not your shipment? Decline it on its page, so that the seller knows.",
    )


def share_recalled(share: Share, *, by: Any, reason: str) -> None:
    """To the supplier: the seller took the shipment back (U37)."""
    _stopped(
        share, "recalled", f"{inert(share.shipment.seller.name)} took a shipment back", reason, by
    )


def share_cancelled(share: Share, *, by: Any, reason: str) -> None:
    """To the supplier: the shipment is cancelled."""
    heading = f"{inert(share.shipment.seller.name)} cancelled a shipment"
    _stopped(share, "cancelled", heading, reason, by)


def _stopped(share: Share, event: str, heading: str, reason: str, by: Any) -> None:
    seller = share.shipment.seller
    path = supplier_page(share.supplier, "shares") if share.connection else "/"
    mail = Mail(
        subject=subject(seller, share.shipment.shipment_id, event),
        heading=heading,
        paragraphs=(DO_NOT_USE,),
        facts=(*shipment_facts(share.shipment), *reason_facts(reason)),
        button=("Open your shipments", path),
        organization=inert(seller.name),
    )
    _to_worker(share, event, mail, by, over=True)


def share_declined(share: Share, *, by: Any, reason: str) -> None:
    """To the seller's side: the supplier will not do it, and why."""
    firm = inert(share.worker.name)
    _to_seller(
        share,
        "declined",
        f"{firm} declined a shipment",
        ("Share it with another supplier, or ask them what has to change.",),
        reason_facts(reason),
        by,
    )


def contents_confirmed(share: Share, *, by: Any) -> None:
    """To the seller's side: the boxes hold what was planned (X12)."""
    firm = inert(share.worker.name)
    _to_seller(
        share,
        f"contents confirmed:{_stamp(share)}",
        f"{firm} confirmed the contents of the boxes",
        ("The boxes hold what you planned. Labels come next.",),
        (("Boxes", str(share.boxes.count())),),
        by,
    )


def labels_ready(share: Share, *, by: Any) -> None:
    """To the seller's side: the supplier prints the labels now."""
    firm = inert(share.worker.name)
    _to_seller(
        share,
        f"labels ready:{_stamp(share)}",
        f"{firm} has the labels for the boxes",
        ("The boxes are about to leave.",),
        (("Boxes", str(share.boxes.count())),),
        by,
    )


def share_shipped(share: Share, *, by: Any) -> None:
    """To the seller's side: the boxes have left, with their numbers."""
    firm = inert(share.worker.name)
    _to_seller(share, "shipped", f"{firm} shipped your boxes", (), _transport_facts(share), by)


def _transport_facts(share: Share) -> tuple[tuple[str, str], ...]:
    boxes = ("Boxes", str(share.boxes.count()))
    if share.shipment.mode == TransportMode.LTL:
        pairs = (("PRO number", share.pro_number), ("Bill of lading", share.bol_number))
        return (boxes, *((term, inert(value)) for term, value in pairs if value))
    numbers = list(
        share.boxes.exclude(tracking_number="").values_list("tracking_number", flat=True)[:4]
    )
    told = ", ".join(inert(number, 40) for number in numbers[:3])
    more = ", …" if len(numbers) > 3 else ""
    return (boxes, ("Tracking", f"{told}{more}")) if numbers else (boxes,)


def share_unopened(share: Share) -> None:
    """Both sides after three days: nobody has begun with the shipment (U15, U40)."""
    seller = share.shipment.seller
    mail = Mail(
        subject=subject(seller, share.shipment.shipment_id, "waits for you"),
        heading=f"A shipment of {inert(seller.name)} has been waiting for you for three days",
        paragraphs=("Open it and say that you have seen it, start packing, or decline it.",),
        facts=shipment_facts(share.shipment),
        button=("Open the shipment", _page(share)),
        organization=inert(seller.name),
    )
    _to_worker(share, "unopened", mail, None)
    _to_seller(
        share,
        "not seen yet",
        f"{inert(share.worker.name)} has not looked at a shipment for three days",
        ("We have reminded them. You can also share it with another supplier.",),
        (),
        None,
    )


def ship_date_near(share: Share) -> None:
    """To the supplier: the ship date is in two days or less."""
    seller = share.shipment.seller
    until = day(share.shipment.ship_date)
    mail = Mail(
        subject=subject(seller, share.shipment.shipment_id, "ship date near"),
        heading=f"A shipment of {inert(seller.name)} is to leave by {until}",
        paragraphs=("It is not marked as shipped yet.",),
        facts=shipment_facts(share.shipment),
        button=("Open the shipment", _page(share)),
        organization=inert(seller.name),
    )
    _to_worker(share, "due", mail, None)


def _page(share: Share) -> str:
    """Where whoever works on it finds it; a guest comes by their link."""
    if not share.connection:
        return "/"
    return supplier_page(share.supplier, "share", share.public_id)


def _to_worker(share: Share, event: str, mail: Mail, by: Any, *, over: bool = False) -> None:
    seller = share.shipment.seller
    _tell(share, event, suppliers_side([share.supplier_id]), mail, seller, by)
    kind = f"supplychain.share_{event}"
    tell_guests([share], key=f"share:{event}", kind=kind, mail=mail, over=over)


def _to_seller(
    share: Share,
    event: str,
    heading: str,
    paragraphs: tuple[str, ...],
    facts: tuple[tuple[str, str], ...],
    by: Any,
) -> None:
    seller, worker = share.shipment.seller, share.worker
    path = seller_page(seller, "shipment", share.shipment.public_id)
    mail = Mail(
        subject=subject(worker, share.shipment.shipment_id, event.partition(":")[0]),
        heading=heading,
        paragraphs=paragraphs,
        facts=(*shipment_facts(share.shipment), *facts),
        button=("Open the shipment", path),
        organization=inert(worker.name),
    )
    told = sellers_side(seller, also=share.shared_by)
    # A guest acts in no account: the mail counts as the seller's own.
    _tell(share, event, told, mail, share.supplier if share.connection else seller, by)


def _tell(
    share: Share,
    event: str,
    recipients: list[Recipient],
    mail: Mail,
    organization: Organization,
    by: Any,
) -> None:
    tell(
        recipients,
        key=f"share:{share.public_id}:{event.replace(' ', '_')}",
        kind=f"supplychain.share_{event.partition(':')[0].replace(' ', '_')}",
        mail=mail,
        organization=organization,
        caused_by=by,
    )


def _stamp(share: Share) -> str:
    """Tells one confirmation from the next, after the boxes were reopened."""
    return str(share.confirmed_at.timestamp()) if share.confirmed_at else "0"
