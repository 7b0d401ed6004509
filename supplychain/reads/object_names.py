"""How the history calls shipments and shares: by the shipment's number."""

from collections.abc import Collection

from django.db import models

from core.audit import objects
from supplychain.models import Share, Shipment


def _naming(model: type[models.Model], number: str) -> objects.Naming:
    """By the shipment's number, which stands in the column `number`."""

    def names(ids: Collection[str]) -> dict[str, str]:
        rows = model._default_manager.filter(public_id__in=ids)
        return {str(key): name for key, name in rows.values_list("public_id", number)}

    def find(text: str) -> list[str]:
        rows = model._default_manager.filter(**{number: text.upper()})
        return [str(key) for key in rows.values_list("public_id", flat=True)]

    return objects.Naming(names, find)


NAMINGS = {
    Shipment._meta.label_lower: _naming(Shipment, "shipment_id"),
    Share._meta.label_lower: _naming(Share, "shipment__shipment_id"),
}
