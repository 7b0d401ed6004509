"""How the history calls shipments and shares: by the shipment's number."""

from collections.abc import Collection

from core.audit import objects
from supplychain.models import Share, Shipment


def _shipments(ids: Collection[str]) -> dict[str, str]:
    rows = Shipment.objects.filter(public_id__in=ids).values_list("public_id", "shipment_id")
    return {str(key): number for key, number in rows}


def _shares(ids: Collection[str]) -> dict[str, str]:
    rows = Share.objects.filter(public_id__in=ids)
    return {str(k): n for k, n in rows.values_list("public_id", "shipment__shipment_id")}


def _find_shipments(number: str) -> list[str]:
    rows = Shipment.objects.filter(shipment_id=number.upper())
    return [str(key) for key in rows.values_list("public_id", flat=True)]


def _find_shares(number: str) -> list[str]:
    rows = Share.objects.filter(shipment__shipment_id=number.upper())
    return [str(key) for key in rows.values_list("public_id", flat=True)]


NAMINGS = {
    Shipment._meta.label_lower: objects.Naming(_shipments, _find_shipments),
    Share._meta.label_lower: objects.Naming(_shares, _find_shares),
}
