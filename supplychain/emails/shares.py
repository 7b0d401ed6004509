"""Mails about shared shipments: to the supplier's people, and to those who shared it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, exact, inert
from core.outbox.services import queue_fan_out
from core.web.formats import count, mail_day
from supplychain.emails.facts import (
    Facts,
    item_facts,
    note_of,
    reason_facts,
    shipment_mail,
    shipment_page,
    supplier_page,
)
from supplychain.emails.guests import tell_guests
from supplychain.emails.recipients import sellers_side, suppliers_side
from supplychain.models import Share
from supplychain.packing.contents import void_ids
from supplychain.vocabulary import TransportMode


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
    if not told:
        return
    shipment = told[0].shipment
    mail = shipment_mail(
        shipment,
        shipment.seller,
        "shared with you",
        f"{inert(shipment.seller.name)} shared a shipment with you",
        *note_of(told[0]),
        "Sign in to enter the boxes, print the labels and report that it has left.",
        facts=item_facts(shipment),
        page=reverse("shared-shipment", args=[shipment.public_id]),
        not_you="Not your shipment? Decline it on its page, so that the seller knows.",
    )
    tell(
        suppliers_side(share.supplier_id for share in told),
        key=f"share:{told[0].public_id}:shared",
        kind="supplychain.shipment_shared",
        mail=mail,
        organization=shipment.seller,
        caused_by=by,
    )


def share_recalled(share: Share, *, by: Any, reason: str) -> None:
    """To the supplier: the seller took the shipment back (U37)."""
    _stopped(share, "recalled", "took a shipment back", reason, by)


def share_cancelled(share: Share, *, by: Any, reason: str) -> None:
    _stopped(share, "cancelled", "cancelled a shipment", reason, by)


def _stopped(share: Share, event: str, did: str, reason: str, by: Any) -> None:
    seller = share.shipment.seller
    mail = shipment_mail(
        share.shipment,
        seller,
        event,
        f"{inert(seller.name)} {did}",
        "Do not use the labels any more, and do not ship.",
        facts=(*_void_facts(share), *reason_facts(reason)),
        label="Open your shipments",
        page=supplier_page(share.supplier, "shares") if share.connection else "/",
    )
    _to_worker(share, event, mail, by, over=True)


def _void_facts(share: Share) -> Facts:
    ids = void_ids(share)
    return ((_("Boxes not to use"), ids),) if ids else ()


def share_declined(share: Share, *, by: Any, reason: str) -> None:
    """To the seller's side: the supplier will not do it, and why."""
    then = "Share it with another supplier, or ask them what has to change."
    _to_seller(share, "declined", "declined a shipment", then, facts=reason_facts(reason), by=by)


def contents_confirmed(share: Share, *, by: Any) -> None:
    """To the seller's side: the boxes hold what was planned (X12)."""
    did, then = "confirmed the contents of the boxes", "The boxes hold what you planned."
    event = f"contents confirmed:{_stamp(share)}"
    _to_seller(share, event, did, f"{then} Labels come next.", facts=_box_facts(share), by=by)


def labels_ready(share: Share, *, by: Any) -> None:
    """To the seller's side: the supplier prints the labels now."""
    event, did = f"labels ready:{_stamp(share)}", "has the labels for the boxes"
    then = "The boxes are about to leave."
    _to_seller(share, event, did, then, facts=_box_facts(share), by=by)


def share_shipped(share: Share, *, by: Any) -> None:
    """To the seller's side: the boxes have left, with their numbers."""
    facts = _box_facts(share) + _transport_facts(share)
    _to_seller(share, "shipped", "shipped your boxes", facts=facts, by=by)


def _box_facts(share: Share) -> Facts:
    return (("Boxes", str(share.boxes.count())),)


def _transport_facts(share: Share) -> Facts:
    if share.shipment.mode == TransportMode.LTL:
        pairs = (("PRO number", share.pro_number), ("Bill of lading", share.bol_number))
        return tuple((term, exact(value)) for term, value in pairs if value)
    tracked = share.boxes.exclude(tracking_number="")
    numbers = list(tracked.values_list("tracking_number", flat=True)[:4])
    told = ", ".join(exact(number, 40) for number in numbers[:3])
    more = ", …" if len(numbers) > 3 else ""
    return (("Tracking", f"{told}{more}"),) if numbers else ()


def share_unopened(share: Share) -> None:
    """Both sides after three days, or when it is noticed: nobody has begun with it (U15, U40)."""
    seller, waited = share.shipment.seller, _days_since(share.shared_at)
    mail = shipment_mail(
        share.shipment,
        seller,
        "waits for you",
        f"A shipment of {inert(seller.name)} has been waiting for you for {waited}",
        "Open it and say that you have seen it, start packing, or decline it.",
        page=_page(share),
    )
    _to_worker(share, "unopened", mail, None)
    did = f"has not looked at a shipment for {waited}"
    then = "We have reminded them. You can also share it with another supplier."
    _to_seller(share, "not seen yet", did, then)


def ship_date_near(share: Share) -> None:
    """To the supplier: the ship date is in two days or less, or has passed already."""
    shipment = share.shipment
    by, seller = mail_day(shipment.ship_date), shipment.seller
    end = clock.end_of(shipment.ship_date, seller.zone) if shipment.ship_date else None
    late = end is not None and end <= clock.now()
    mail = shipment_mail(
        shipment,
        seller,
        "ship date passed" if late else "ship date near",
        f"A shipment of {inert(seller.name)} {'was' if late else 'is'} to leave by {by}",
        "It is not marked as shipped yet.",
        page=_page(share),
    )
    # A ship date that moved is told anew.
    _to_worker(share, f"due:{shipment.ship_date}", mail, None, until=None if late else end)


def _days_since(moment: datetime) -> str:
    return count((clock.now() - moment).days, "day")


def _page(share: Share) -> str:
    # A guest comes by their link, which tell_guests puts in.
    return supplier_page(share.supplier, "share", share.public_id) if share.connection else "/"


def _to_worker(
    share: Share,
    event: str,
    mail: Mail,
    by: Any,
    *,
    over: bool = False,
    until: datetime | None = None,
) -> None:
    seller = share.shipment.seller
    _tell(share, event, suppliers_side([share.supplier_id]), mail, seller, by, until)
    kind = f"supplychain.share_{event.partition(':')[0]}"
    tell_guests([share], key=f"share:{event}", kind=kind, mail=mail, over=over, until=until)


def _to_seller(
    share: Share, event: str, did: str, *paragraphs: str, facts: Facts = (), by: Any = None
) -> None:
    """What the supplier or guest `did`; what follows a colon in `event` is for the key only."""
    shipment, worker = share.shipment, share.worker
    mail = shipment_mail(
        shipment,
        worker,
        event.partition(":")[0],
        f"{inert(worker.name)} {did}",
        *paragraphs,
        facts=facts,
        page=shipment_page(shipment),
    )
    told = sellers_side(shipment.seller, also=share.shared_by)
    # A guest acts in no account: the mail counts as the seller's own.
    _tell(share, event, told, mail, share.supplier if share.connection else shipment.seller, by)


def _tell(
    share: Share,
    event: str,
    recipients: list[Recipient],
    mail: Mail,
    organization: Organization,
    by: Any,
    until: datetime | None = None,
) -> None:
    tell(
        recipients,
        key=f"share:{share.public_id}:{event.replace(' ', '_')}",
        kind=f"supplychain.share_{event.partition(':')[0].replace(' ', '_')}",
        mail=mail,
        organization=organization,
        caused_by=by,
        until=until,
    )


def _stamp(share: Share) -> str:
    """Tells one confirmation from the next, after the boxes were reopened."""
    return str(share.confirmed_at.timestamp()) if share.confirmed_at else "0"
