"""Inviting a guest to one shipment, and the code that lets them in."""

import re

from django import forms
from django.utils.translation import gettext as _

from accounts.addresses import AddressField, NamedAddressForm
from accounts.names import NameField
from core.web.fields import LineField
from supplychain.forms.shares import ReasonForm


class GuestForm(NamedAddressForm):
    name = NameField(label="Supplier's name", help_text="How history and lists call them.")
    address = AddressField(label="E-mail address")
    note = LineField(
        label="Note",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in the mail and on the shipment's page.",
    )


class CodeForm(forms.Form):
    code = LineField(
        label="Code from the mail",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        code = "".join(str(self.cleaned_data["code"]).split())
        if not re.fullmatch(r"[0-9]{6}", code):
            raise forms.ValidationError(_("The code has six digits."))
        return code


class GuestDeclineForm(ReasonForm):
    never_again = forms.BooleanField(
        required=False, label="Send me no further invitations from this account"
    )
