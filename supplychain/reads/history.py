"""The history of a shipment as both sides read it (U36): the same events, each side's own words.

One side reads the names of its own people and the other side's name, never its people's.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Organization
from core.audit import presenters
from core.audit.models import Event
from core.web.formats import short_minute
from core.web.pagination import Page, paginate
from supplychain.models import Share, Shipment

SIZE = 60
_SHARE = Share._meta.label_lower
_SHIPMENT = Shipment._meta.label_lower
# What concerns the seller alone.
_INSIDE = (
    "shipment.created",
    "shipment.counted",
    "shipment.pack_list_downloaded",
    "shipment.working",
)
# The words say the state already.
_SAID = ("status",)
_TONES = {
    "good": "accepted shared released contents_confirmed labels_ready shipped completed delivered "
    "closed",
    "bad": "recalled declined voided cancelled error",
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}


def for_seller(shipment: Shipment, request: HttpRequest) -> Page[dict[str, Any]]:
    """Everything about the shipment and all of its shares, a page at a time, newest first."""
    keys = [str(key) for key in shipment.shares.values_list("public_id", flat=True)]
    page = _page(_events(shipment, keys), request)
    events = page.items
    touched = {event.object_id for event in events if event.object_type == _SHARE}
    shares = Share.objects.filter(public_id__in=touched).with_list_data()
    by_id = {str(share.public_id): share for share in shares}
    names = _names(events)
    rows = []
    for event, row in zip(events, presenters.timeline(events, less=_SAID), strict=True):
        supplier = event.organization_id not in (shipment.seller_id, None)
        if supplier:
            row["who"] = names.get(event.organization_id or 0, _("A supplier"))
        else:
            row |= _with_partner(row, event, by_id, names)
        rows.append(_shown(row))
    return replace(page, items=rows)


def _with_partner(
    row: dict[str, Any], event: Event, shares: dict[str, Share], names: dict[int, str]
) -> dict[str, str]:
    """The act with the supplier it concerns, and with the firm whose employee acted (U21)."""
    share = shares.get(event.object_id)
    supplier = share.supplier.name if share and share.connection else ""
    firm = names.get(event.acting_id or 0, "")
    return {
        "who": f"{row['who']}, {firm}" if firm else row["who"],
        "text": f"{row['text']}: {supplier}" if supplier else row["text"],
    }


def for_supplier(share: Share, request: HttpRequest) -> Page[dict[str, Any]]:
    """What concerns this supplier's part since it was shared, a page at a time, newest first."""
    events = _events(share.shipment, [str(share.public_id)])
    page = _page(events.exclude(verb__in=_INSIDE).filter(at__gte=share.shared_at), request)
    rows = []
    for event, row in zip(page, presenters.timeline(page.items, less=_SAID), strict=True):
        # What a guest did happened in no account: it is this side's, also once they have one.
        own = event.organization_id in (share.supplier_id, None)
        if not own and event.actor_ref:
            row["who"] = share.shipment.seller.name
        rows.append(_shown(row))
    return replace(page, items=rows)


def _events(shipment: Shipment, shares: list[str]) -> QuerySet[Event]:
    of_shipment = Event.objects.filter(object_type=_SHIPMENT, object_id=str(shipment.public_id))
    return of_shipment | Event.objects.filter(object_type=_SHARE, object_id__in=shares)


def _page(events: QuerySet[Event], request: HttpRequest) -> Page[Any]:
    return paginate(events, request, order=("-at", "-id"), size=SIZE, parameter="history")


def _names(events: Iterable[Event]) -> dict[int, str]:
    ids = {pk for event in events for pk in (event.organization_id, event.acting_id) if pk}
    return dict(Organization.objects.filter(pk__in=ids).values_list("pk", "name"))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "when": short_minute(row["when"]),
        "who": row["who"],
        "text": row["text"],
        "detail": row["detail"],
        "tone": _TONE_OF.get(row["verb"].partition(".")[2], ""),
    }
