"""What a carrier or a centre reports, as staff enter it."""

from typing import Any

from django import forms

from core.numbers import WholeField
from supplychain.models import Shipment
from supplychain.packing.boxes import MAX_UNITS_PER_SKU
from supplychain.states import CARRIER_STEPS, SHIPMENT, ShipmentStatus

COUNTED = (ShipmentStatus.RECEIVING, ShipmentStatus.CLOSED)
MOST_ITEMS = 500


class ReportForm(forms.Form):
    step = forms.ChoiceField(label="Step")

    def __init__(self, *args: Any, shipment: Shipment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [
            (step, ShipmentStatus(step).label)
            for step in (*CARRIER_STEPS, ShipmentStatus.ERROR)
            if SHIPMENT.allows(shipment.status, step)
        ]
        field: Any = self.fields["step"]
        field.choices = steps
        if not any(step in COUNTED for step, _ in steps):
            return
        for item in shipment.items.all()[:MOST_ITEMS]:
            self.fields[f"received-{item.pk}"] = WholeField(
                label=f"Received of {item.msku}",
                help_text=f"{item.quantity:,} planned. Empty: as planned.",
                required=False,
                min_value=0,
                max_value=MAX_UNITS_PER_SKU,
                initial=item.received or None,
            )

    def received(self) -> dict[int, int]:
        return {
            int(name.removeprefix("received-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("received-") and value is not None
        }
