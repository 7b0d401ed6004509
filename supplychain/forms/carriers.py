"""What a carrier or a centre reports, as staff enter it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.numbers import WholeField
from supplychain.models import Shipment
from supplychain.packing.boxes import MAX_UNITS_PER_SKU
from supplychain.states import CARRIER_STEPS, ShipmentStatus

MOST_ITEMS = 500


class ReportForm(forms.Form):
    step = forms.ChoiceField(label="Step")

    def __init__(self, *args: Any, shipment: Shipment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["step"]
        # Each of them at any time: a report may come late, and counts may be corrected.
        field.choices = [
            (step, ShipmentStatus(step).label) for step in (*CARRIER_STEPS, ShipmentStatus.ERROR)
        ]
        for item in shipment.items.all()[:MOST_ITEMS]:
            so_far = _("nothing counted") if item.received is None else f"{item.received:,}"
            self.fields[f"received-{item.pk}"] = WholeField(
                label=_("Received of %(sku)s") % {"sku": item.msku},
                # Empty, so that sending the form writes only what was typed into it.
                help_text=_("%(planned)s planned, so far: %(so_far)s. Empty: it stays so.")
                % {"planned": f"{item.quantity:,}", "so_far": so_far},
                required=False,
                min_value=0,
                max_value=MAX_UNITS_PER_SKU,
            )

    def received(self) -> dict[int, int]:
        return {
            int(name.removeprefix("received-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("received-") and value is not None
        }
