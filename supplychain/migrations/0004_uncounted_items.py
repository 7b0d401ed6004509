"""Zero meant "not counted" as well: what no centre has closed was not counted."""

from typing import Any

from django.db import migrations

CHUNK = 2000


def forget_zeros(apps: Any, _schema_editor: Any) -> None:
    items = apps.get_model("supplychain", "ShipmentItem").objects
    last = 0
    while True:
        rows = items.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        keys = list(rows[:CHUNK])
        if not keys:
            return
        last = keys[-1]
        open_zeros = items.filter(pk__in=keys, received=0).exclude(shipment__status="closed")
        open_zeros.update(received=None)


def count_as_zero(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("supplychain", "ShipmentItem").objects.filter(received=None).update(received=0)


class Migration(migrations.Migration):
    # In pieces, each committed by itself: a running site waits for none of them.
    atomic = False
    dependencies = [("supplychain", "0003_counts_and_units")]
    operations = [migrations.RunPython(forget_zeros, count_as_zero)]
