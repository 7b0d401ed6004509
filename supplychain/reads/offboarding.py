"""The work a provider's people leave open at a seller when the connection has ended (X19)."""

from datetime import datetime

from django.urls import reverse

from core.audit.models import Event
from core.hooks import Work
from supplychain.models import Share, Shipment
from supplychain.states import OPEN_SHARE, OPEN_SHIPMENT

MOST = 20
# How far back acts are looked at: who did more than this much left a trace among the newest.
MOST_ACTS = 2000


def left_open(seller_id: int, handle: str, provider_id: int, since: datetime) -> list[Work]:
    """Known from the seller's history, which names the firm; three queries."""
    acts = Event.objects.filter(acting_id=provider_id, organization_id=seller_id, at__gte=since)
    recent = acts.order_by("-at", "-id").values_list("object_type", "object_id")[:MOST_ACTS]
    touched: dict[str, set[str]] = {}
    for object_type, object_id in recent:
        touched.setdefault(object_type, set()).add(object_id)
    return [
        _work("Shipments they prepared", _shipments(seller_id, touched), handle),
        _work("Shares still running", _shares(seller_id, touched), handle),
    ]


def _shipments(seller_id: int, touched: dict[str, set[str]]) -> list[tuple[Shipment, str]]:
    rows = Shipment.objects.filter(
        seller_id=seller_id,
        status__in=OPEN_SHIPMENT,
        public_id__in=touched.get(Shipment._meta.label_lower, ()),
    ).order_by("-created_at", "-id")
    return [(row, f"{row.name}: {row.get_status_display()}") for row in rows]


def _shares(seller_id: int, touched: dict[str, set[str]]) -> list[tuple[Shipment, str]]:
    rows = (
        Share.objects.filter(
            shipment__seller_id=seller_id,
            status__in=OPEN_SHARE,
            public_id__in=touched.get(Share._meta.label_lower, ()),
        )
        .select_related("shipment", "connection__supplier")
        .order_by("-shared_at", "-id")
    )
    return [(row.shipment, f"{row.supplier.name}: {row.get_status_display()}") for row in rows]


def _work(title: str, rows: list[tuple[Shipment, str]], handle: str) -> Work:
    shown = [
        (row.shipment_id, detail, reverse("seller:shipment", args=[handle, row.public_id]))
        for row, detail in rows[:MOST]
    ]
    return Work(title, shown, max(0, len(rows) - MOST))
