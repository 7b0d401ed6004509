"""The open work of a provider's people, named before rights are taken from them (X5)."""

from collections.abc import Mapping
from typing import Any

from core.web.access import Level
from supplychain.models import Share, Shipment
from supplychain.permissions import EDIT_SHIPMENTS, FBA_SHIPMENTS
from supplychain.states import OPEN_SHARE, OPEN_SHIPMENT

NAMED = 5


def open_work(seller_id: int, kept: Mapping[str, Mapping[int, Level]]) -> list[str]:
    """What people who keep less than edit have open for the seller, in sentences; two queries.

    `kept` is role code -> person -> the level they keep.
    """
    people = [
        user for user, level in kept.get(FBA_SHIPMENTS, {}).items() if level < EDIT_SHIPMENTS.level
    ]
    if not people:
        return []
    shipments = Shipment.objects.filter(
        seller=seller_id, created_by__in=people, status__in=OPEN_SHIPMENT
    ).values_list("shipment_id", flat=True)
    shares = Share.objects.filter(
        shipment__seller=seller_id, shared_by__in=people, status__in=OPEN_SHARE
    ).values_list("shipment__shipment_id", flat=True)
    return [
        *_line(shipments.order_by("-id"), "prepared by them", "somebody else has to go on"),
        *_line(shares.order_by("-id"), "shared by them", "suppliers go on, with nobody to answer"),
    ]


def _line(ids: Any, what: str, then: str) -> list[str]:
    named = list(ids[: NAMED + 1])
    if not named:
        return []
    more = " and more" if len(named) > NAMED else ""
    noun = "Shipment" if len(named) == 1 else "Shipments"
    return [f"{noun} {what}: {', '.join(named[:NAMED])}{more}. Nothing is lost, but {then}."]
