"""A shipment's facts and its lines."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from functools import cache
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core import clock
from core.edits import Words, fingerprint, word
from core.numbers import WholeField
from core.web.fields import VERBATIM, LineField, LinesField
from core.web.forms import DayInput, EditForm, whose_days
from supplychain.centers import UnknownCenter, center_code, centers
from supplychain.forms.pasted_items import Pasted, PasteField
from supplychain.forms.skus import SkuField
from supplychain.packing.boxes import MAX_UNITS_PER_SKU
from supplychain.plans import ItemChanges, ItemPlan, ShipmentFacts
from supplychain.vocabulary import Owner, PrepType, TransportMode

MAX_ROWS = 200
ROWS_ADDED = 5
_FNSKU = re.compile(r"[A-Z0-9]{1,10}")


class CenterInput(forms.TextInput):
    """A code, typed or taken from the list of all public centres."""

    def __init__(self) -> None:
        attrs = {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(attrs=attrs | {"list": "centers"})

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        return super().render(*args, **kwargs) + _center_list()


@cache
def _center_list() -> SafeString:
    rows = ((code, f"{code}, {center.place}") for code, center in sorted(centers().items()))
    options = format_html_join("", '<option value="{}">{}</option>', rows)
    return format_html('<datalist id="centers">{}</datalist>', options)


class ShipmentForm(EditForm):
    name = LineField(label="Name", max_length=120, help_text="How you and your suppliers know it.")
    center_code = LineField(
        label=_("Fulfilment centre"), max_length=20, widget=CenterInput, help_text=_("Its code.")
    )
    mode = forms.ChoiceField(
        label="How it travels",
        choices=TransportMode.choices,
        initial=TransportMode.SP,
        widget=forms.RadioSelect,
    )
    ship_date = forms.DateField(label="Ship date", required=False, widget=DayInput)
    ship_from_name = LineField(label="Ship from", required=False, max_length=120)
    ship_from_address = LinesField(
        label="Ship-from address",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands on the box labels.",
    )

    def __init__(self, *args: Any, zone: tzinfo, **options: Any) -> None:
        """The ship date is a day of the seller, in `zone`."""
        super().__init__(*args, **options)
        self.zone = zone
        self.fields["ship_date"].help_text = whose_days(zone)

    # The code that is not on the list, once the form asked about it.
    unlisted = ""

    def clean_center_code(self) -> str:
        """A public centre, the one that stood there, or another one that was confirmed."""
        try:
            code = center_code(self.cleaned_data["center_code"])
        except UnknownCenter as error:
            raise forms.ValidationError(str(error)) from None
        confirmed = self.data.get("unlisted_center")
        if code in centers() or code in (self.initial.get("center_code"), confirmed):
            return code
        self.unlisted = code
        text = _("%(code)s is not on the list of public centres. Check it, and confirm it below.")
        raise forms.ValidationError(text % {"code": code})

    def clean_ship_date(self) -> Any:
        """Today or a day to come, unless it is the one that stood there."""
        value = self.cleaned_data["ship_date"]
        shown: Words = self.cleaned_data.get("shown") or {}
        known = {shown.get("ship_date"), word(self.initial.get("ship_date"))}
        if value and word(value) not in known and value < clock.today(self.zone):
            raise forms.ValidationError("The ship date has passed.")
        return value

    def facts(self) -> ShipmentFacts:
        names = ShipmentFacts.__dataclass_fields__
        return ShipmentFacts(**{name: self.cleaned_data[name] for name in names})


class ItemForm(EditForm):
    item = forms.UUIDField(required=False, widget=forms.HiddenInput)
    msku = SkuField(label="SKU", max_length=255)
    fnsku = LineField(
        label="FNSKU",
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs=VERBATIM | {"autocapitalize": "characters"}),
    )
    quantity = WholeField(label="Units", min_value=1, max_value=MAX_UNITS_PER_SKU)
    title = LineField(label="Title", required=False, max_length=250)
    prep_type = forms.ChoiceField(
        label="Prep", choices=PrepType.choices, initial=PrepType.ITEM_NO_PREP
    )
    prep_owner = forms.ChoiceField(label="Prepared by", choices=Owner.choices, initial=Owner.SELLER)
    label_owner = forms.ChoiceField(
        label=_("Labelled by"), choices=Owner.choices, initial=Owner.SELLER
    )
    expiry = forms.DateField(label="Expiry date", required=False, widget=DayInput)

    def clean_fnsku(self) -> str:
        """Letters and digits in upper case, or nothing for the manufacturer's barcode."""
        value = str(self.cleaned_data["fnsku"]).upper()
        if value and not _FNSKU.fullmatch(value):
            raise forms.ValidationError("An FNSKU has 1 to 10 letters and digits.")
        return value

    def plan(self) -> ItemPlan:
        data = {name: self.cleaned_data[name] for name in ItemPlan.__dataclass_fields__}
        return ItemPlan(**data)


class BaseItemFormSet(BaseFormSet):
    def initial_form_count(self) -> int:
        """How many lines there were: counted here, not by what the browser says."""
        return len(self.initial or [])

    def plans(self) -> list[ItemPlan]:
        return [form.plan() for form in self._typed() if not form.cleaned_data.get("DELETE")]

    def changes(self, pasted: Iterable[ItemPlan]) -> ItemChanges:
        changed: dict[uuid.UUID, ItemPlan] = {}
        removed, added = set(), []
        shown: dict[uuid.UUID, Words] = {}
        for form in self._typed():
            key, gone = form.cleaned_data["item"], form.cleaned_data.get("DELETE")
            if key and form.cleaned_data["shown"]:
                shown[key] = form.cleaned_data["shown"]
            if key is None:
                added += [] if gone else [form.plan()]
            elif gone:
                removed.add(key)
            else:
                changed[key] = form.plan()
        return ItemChanges(changed, frozenset(removed), (*added, *pasted), shown)

    def overtaken(self, now: Mapping[str, Any]) -> None:
        """`now` holds the fields of each line that stand differently, by the line's public id."""
        for form in self._typed():
            if lost := now.get(str(form.cleaned_data["item"])):
                form.overtaken(lost)

    def _typed(self) -> list[ItemForm]:
        return [form for form in self.forms if form.cleaned_data.get("msku")]


def item_formset(data: Any = None, *, lines: list[dict[str, Any]], blank: int) -> Any:
    cls = forms.formset_factory(
        ItemForm,
        formset=BaseItemFormSet,
        extra=blank,
        can_delete=True,
        max_num=MAX_ROWS,
        absolute_max=MAX_ROWS + ROWS_ADDED,
        validate_max=True,
    )
    return cls(data, initial=lines, prefix="items")


def retyped(data: Any) -> list[dict[str, Any]]:
    """The lines of a posted formset as they were typed, unchecked, to be shown once more."""
    names = (*ItemForm.base_fields, "DELETE")
    rows = [row for row in range(MAX_ROWS) if f"items-{row}-msku" in data]
    return [{name: data.get(f"items-{row}-{name}", "") for name in names} for row in rows]


class PasteForm(forms.Form):
    """Lines to add; what was read of them is shown before anything is written."""

    pasted = PasteField(
        label=_("Paste lines from a spreadsheet"),
        required=False,
        help_text=_(
            "With the line of headings, or as SKU, units, FNSKU, title. The rows of the upload "
            "template are read, too."
        ),
    )
    # What of it has been shown.
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    @property
    def lines(self) -> Pasted:
        return self.cleaned_data["pasted"] if self.is_bound and self.is_valid() else Pasted()

    @property
    def stamp(self) -> str:
        return fingerprint(self.lines)

    @property
    def unseen(self) -> bool:
        """Whether there are lines that nobody has looked at as they were read."""
        return bool(self.lines.plans) and self.cleaned_data["seen"] != self.stamp
