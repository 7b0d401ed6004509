"""What this app knows about mail that waits: shipments that are no longer in somebody's hands."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from connections.models import EffectiveRight
from core import clock
from core.outbox.objections import DELEGATE, Item
from core.web.access import Level
from supplychain.models import GuestLink, Share
from supplychain.permissions import FBA_SHIPMENTS
from supplychain.states import DONE_SHARE, LIVE_SHARE, ShareStatus

# Reminders, and the states in which there is something to be reminded of.
_REMINDERS: Mapping[str, tuple[str, ...]] = {
    "supplychain.share_unopened": (ShareStatus.SHARED,),
    "supplychain.share_not_seen_yet": (ShareStatus.SHARED,),
    "supplychain.share_due": tuple(state for state in LIVE_SHARE if state not in DONE_SHARE),
}


def former_delegates(items: Sequence[Item]) -> Mapping[int, str]:
    """Who worked on the seller's shipments for a partner, and may not any more; one statement."""
    asked = [item for item in items if item.account_right == DELEGATE]
    if not asked:
        return {}
    rows = EffectiveRight.objects.in_force(clock.now()).filter(
        user__in={item.person_id for item in asked},
        organization__in={item.account_id for item in asked},
        role_code=FBA_SHIPMENTS,
        level__gte=Level.VIEW,
    )
    held = set(rows.values_list("user_id", "organization_id"))
    return {
        item.number: "its reader no longer works for this seller"
        for item in asked
        if (item.person_id, item.account_id) not in held
    }


def stopped(items: Sequence[Item]) -> Mapping[int, str]:
    """To a supplier or guest whose share was stopped, and reminders of what is done; two
    statements."""
    asked = [item for item in items if item.about[0] in ("share", "shipment") or _guest(item)]
    if not asked:
        return {}
    named = Q(public_id__in=_keys(asked, "share"))
    named |= Q(guest__public_id__in={guest for guest in map(_guest, asked) if guest})
    rows = Share.objects.filter(named).values_list(
        "public_id", "guest__public_id", "shipment__public_id", "status"
    )
    shipment_of: dict[UUID | None, UUID] = {}
    status_of: dict[UUID | None, str] = {}
    for share, guest, shipment, status in rows:
        for name in filter(None, (share, guest)):
            shipment_of[name], status_of[name] = shipment, status
    accounts = {item.account_id for item in asked}
    shipments = {*shipment_of.values(), *_keys(asked, "shipment")}
    worked = Share.objects.filter(
        shipment__public_id__in=shipments, connection__supplier__in=accounts
    ).values_list("shipment__public_id", "connection__supplier_id", "status")
    had = {(shipment, supplier) for shipment, supplier, _ in worked}
    have = {(shipment, supplier) for shipment, supplier, state in worked if state in LIVE_SHARE}
    reasons = {}
    for item in asked:
        (word, key), link = item.about, _guest(item)
        pair: Any = (key if word == "shipment" else shipment_of.get(key), item.account_id)
        status = status_of.get(link or key, "")
        if pair in had - have or (link and status and status not in LIVE_SHARE):
            reasons[item.number] = "the shipment is no longer shared with its reader"
        elif status and status not in _REMINDERS.get(item.kind, (status,)):
            reasons[item.number] = "it reminds of what is done"
    return reasons


def _guest(item: Item) -> UUID | None:
    return item.claim.id if item.claim and item.claim.purpose == GuestLink.purpose else None


def _keys(items: Sequence[Item], word: str) -> set[UUID]:
    return {key for about, key in (item.about for item in items) if about == word and key}
