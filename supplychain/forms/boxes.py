"""Boxes as a supplier types them: weight, sides, contents; labels and numbers."""

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from core.edits import Words
from core.numbers import AmountField, WholeField
from core.web.fields import LineField
from core.web.forms import DayInput, EditForm
from supplychain.models import Box
from supplychain.packing.boxes import MAX_EQUAL_BOXES, MAX_UNITS_PER_SKU, short_id
from supplychain.packing.contents import Line
from supplychain.packing.units import (
    UnitError,
    from_grams,
    from_millimetres,
    to_grams,
    to_millimetres,
)
from supplychain.plans import BoxContent, BoxPlan
from supplychain.vocabulary import ItemSheet, LengthUnit, SheetSize, WeightUnit

SIDES = ("length", "width", "height")


def _amount(label: str) -> AmountField:
    return AmountField(label=label, min_value=Decimal("0.01"), max_digits=9, decimal_places=2)


def _exact(shown: str) -> Decimal | None:
    try:
        return Decimal(shown)
    except InvalidOperation:
        return None


class BoxForm(EditForm):
    weight = _amount("Weight")
    weight_unit = forms.ChoiceField(
        label="Unit of weight", choices=WeightUnit.choices, initial=WeightUnit.LB
    )
    length = _amount("Length")
    width = _amount("Width")
    height = _amount("Height")
    length_unit = forms.ChoiceField(
        label="Unit of length", choices=LengthUnit.choices, initial=LengthUnit.IN
    )
    count = WholeField(
        label="Equal boxes",
        min_value=1,
        max_value=MAX_EQUAL_BOXES,
        initial=1,
        help_text="So many boxes with this weight, size and contents.",
    )

    def __init__(
        self, *args: Any, lines: list[Line], facts: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """`facts`, what stands in one box, leaves the number of equal boxes out."""
        super().__init__(*args, **kwargs)
        self.lines, self.facts = lines, facts
        if facts:
            del self.fields["count"]
        for line in lines:
            key = line.item.public_id
            self.fields[f"units-{key}"] = WholeField(
                label=f"Units of {line.item.msku}",
                required=False,
                min_value=0,
                max_value=MAX_UNITS_PER_SKU,
            )
            if line.item.expiry:
                self.fields[f"expiry-{key}"] = forms.DateField(
                    label=f"Expiry date of {line.item.msku}",
                    required=False,
                    initial=line.item.expiry,
                    widget=DayInput,
                )

    def standing(self) -> dict[str, Any]:
        return self.facts or {}

    def told(self, name: str, value: Any) -> str:
        facts = self.standing()
        if name == "weight":
            unit = WeightUnit(facts["weight_unit"])
            return f"{from_grams(value, unit)} {unit.label}"
        if name in SIDES:
            side_unit = LengthUnit(facts["length_unit"])
            return f"{from_millimetres(value, side_unit)} {side_unit.label}"
        return super().told(name, value)

    def rows(self) -> list[tuple[Line, Any, Any]]:
        return [
            (
                line,
                self[f"units-{line.item.public_id}"],
                self[f"expiry-{line.item.public_id}"]
                if f"expiry-{line.item.public_id}" in self.fields
                else None,
            )
            for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self._convert(data, "weight", "weight_unit", to_grams, from_grams)
        for side in SIDES:
            self._convert(data, side, "length_unit", to_millimetres, from_millimetres)
        return data

    def _convert(
        self, data: dict[str, Any], name: str, unit: str, convert: Any, display: Any
    ) -> None:
        if data.get(name) is None or unit not in data:
            return
        shown: Words = data.get("shown") or {}
        if name in shown and data[unit] == shown.get(unit):
            exact = _exact(shown[name])
            if exact and display(exact, data[unit]) == data[name]:
                # Not touched: what was entered in another unit is not rounded by looking at it.
                data[f"{name}_exact"] = exact
                return
        try:
            data[f"{name}_exact"] = convert(data[name], data[unit])
        except UnitError as error:
            self.add_error(name, str(error))

    def plan(self) -> BoxPlan:
        data = self.cleaned_data
        contents = tuple(
            BoxContent(key, data[f"units-{key}"], data.get(f"expiry-{key}"))
            for key in (line.item.public_id for line in self.lines)
            if data.get(f"units-{key}")
        )
        return BoxPlan(
            weight_g=data["weight_exact"],
            length_mm=data["length_exact"],
            width_mm=data["width_exact"],
            height_mm=data["height_exact"],
            contents=contents,
            count=data.get("count") or 1,
            weight_unit=data["weight_unit"],
            length_unit=data["length_unit"],
        )


class SheetForm(forms.Form):
    sheet = forms.ChoiceField(
        label="Sheet", choices=SheetSize.choices, initial=SheetSize.PLAIN_PAPER
    )


class ItemLabelForm(forms.Form):
    item = forms.ChoiceField(label="Item")
    item_sheet = forms.ChoiceField(
        label="Sheet", choices=ItemSheet.choices, initial=ItemSheet.LETTER_30
    )
    copies = WholeField(label="Labels", min_value=1, max_value=10_000, initial=30)

    def __init__(self, *args: Any, items: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["item"]
        field.choices = [(str(item.public_id), f"{item.msku} ({item.fnsku})") for item in items]


class TrackingForm(EditForm):
    # What the person has confirmed, or is to confirm now: see transitions.packing.Doubtful.
    confirmed = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    stamp = ""

    def __init__(self, *args: Any, boxes: list[Box], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for box in boxes:
            self.fields[f"box-{box.public_id}"] = LineField(
                label=f"Box {short_id(box.number)}",
                required=False,
                max_length=80,
                initial=box.tracking_number,
                widget=forms.TextInput(attrs={"autocapitalize": "characters"}),
            )

    def numbers(self) -> dict[uuid.UUID, str]:
        return {
            uuid.UUID(name.removeprefix("box-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("box-")
        }


class TrackingPasteForm(forms.Form):
    pasted = forms.CharField(
        label="Or paste one number a line",
        required=False,
        max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="In the order of the boxes that have none yet.",
    )

    def numbers(self) -> list[str]:
        lines = self.cleaned_data["pasted"].splitlines()
        return [line.strip() for line in lines if line.strip()]


class FreightForm(EditForm):
    """The numbers of a pallet shipment; one of them is enough."""

    pro_number = LineField(label="PRO number", required=False, max_length=80)
    bol_number = LineField(label="Bill of lading number", required=False, max_length=80)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        numbers = [data.get(name) for name in ("pro_number", "bol_number")]
        if not self.errors and not any(numbers):
            raise forms.ValidationError("Enter the PRO or the bill of lading number.")
        return data
