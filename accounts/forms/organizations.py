"""Forms to register an organization."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django_countries import countries

from accounts.names import NameField
from accounts.registration import RegistrationError, registration_hint, validate_registration
from accounts.states import SupplierKind
from core.web.fields import VERBATIM, LineField, ParagraphsField

ANY_HINT = "The number under which the business is registered. It depends on the country."


def country_field(**kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=lambda: [("", "Choose a country"), *countries],
        widget=forms.Select(attrs={"autocomplete": "country"}),
        **kwargs,
    )


class SellerForm(forms.Form):
    name = NameField(
        own="organization", label="Name of the business", help_text="As your partners will see it."
    )
    country = country_field(label="Country")


class SupplierForm(SellerForm):
    supplier_kind = forms.ChoiceField(
        label="What the business does",
        choices=[("", "Choose one"), *SupplierKind.choices],
    )


class ProviderForm(SellerForm):
    registration_number = LineField(
        label="Registration number", max_length=60, widget=forms.TextInput(attrs=VERBATIM)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = str(self["country"].value() or "")
        self.fields["registration_number"].help_text = hint(country)
        self.fields["country"].widget.attrs |= {
            "hx-get": reverse_lazy("registration-hint"),
            "hx-trigger": "change",
            "hx-target": "#id_registration_number_helptext",
            "hx-swap": "textContent",
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        number, country = data.get("registration_number"), data.get("country")
        if number and country:
            try:
                validate_registration(country, number)
            except RegistrationError as error:
                self.add_error("registration_number", str(error))
        return data


class SupervisionForm(forms.Form):
    reason = ParagraphsField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The account's administrators read this in their mail.",
    )


def hint(country: str) -> str:
    if country not in countries:
        return ANY_HINT
    return f"{countries.name(country)}: {registration_hint(country)}."
