"""What somebody types who has lost their second factor."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import NameField
from core.web.fields import LineField
from core.web.forms import DayInput


class LostFactorForm(forms.Form):
    code = LineField(
        label=_("Code from the mail"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    legal_name = NameField(
        own="name",
        label=_("Your legal name"),
        help_text=_("As in your ID: compared with your identity check."),
    )
    birth_date = forms.DateField(
        label=_("Date of birth"), widget=DayInput(attrs={"autocomplete": "bday"})
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())
