"""Choosing suppliers, and finding shipments."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.fields import LineField
from supplychain.plans import Targets

CONNECTED, INVITED = "c", "i"


class ShareForm(forms.Form):
    suppliers = forms.MultipleChoiceField(
        label="Suppliers",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one supplier."},
    )
    note = LineField(
        label="Note",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in the mail and on the supplier's page.",
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["suppliers"]
        field.choices = choices

    def targets(self) -> Targets:
        chosen: dict[str, set[uuid.UUID]] = {CONNECTED: set(), INVITED: set()}
        for value in self.cleaned_data["suppliers"]:
            kind, _, key = value.partition(":")
            chosen[kind].add(uuid.UUID(key))
        return Targets(frozenset(chosen[CONNECTED]), frozenset(chosen[INVITED]))


class MoveForm(ShareForm):
    reason = LineField(
        label=_("Reason"),
        required=False,
        max_length=300,
        help_text=_("Whoever has it now reads this."),
    )
    field_order = ("suppliers", "note", "reason")


def choice_of(kind: str, public_id: uuid.UUID) -> str:
    """How a connected (CONNECTED) or invited (INVITED) supplier is named in the form."""
    return f"{kind}:{public_id}"


class ReasonForm(forms.Form):
    reason = LineField(
        label=_("Reason"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The other side reads this."),
    )
