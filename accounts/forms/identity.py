"""The form of an identity check, and the reviewer's decision about it."""

from datetime import date, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.documents import ACCEPT, MAX_BYTES, DocumentRefused, inspect
from accounts.forms.organizations import country_field
from accounts.models import IdentityDocument
from accounts.names import NameField
from accounts.states import IdentityReason
from core import clock
from core.web.fields import LineField
from core.web.forms import DayInput

ADULT = 18
OLDEST = 120


class DocumentField(forms.FileField):
    """A private document; cleans to (file, what it is), judged by its content alone (B8)."""

    widget = forms.FileInput(attrs={"accept": ACCEPT})

    def clean(self, data: Any, initial: Any = None) -> Any:
        file: UploadedFile | None = super().clean(data, initial)
        if file is None:
            return None
        try:
            return file, inspect(file)  # type: ignore[arg-type]
        except DocumentRefused as error:
            raise ValidationError(str(error), code="document") from error


def _years_ago(years: int, today: date) -> date:
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)


class OriginalForm(forms.Form):
    reason = LineField(
        label=_("Why the picture is not enough"),
        min_length=10,
        max_length=300,
        help_text=_("It stands in the history."),
    )


class IdentityForm(forms.Form):
    legal_name = NameField(
        person=True, own="name", label="Legal name", help_text="Exactly as in your ID."
    )
    birth_date = forms.DateField(
        label="Date of birth",
        widget=DayInput(attrs={"autocomplete": "bday"}),
    )
    country = country_field(label="Country you live in")
    street_address = forms.CharField(
        label="Address",
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
        help_text="Street, postal code and town, as in your proof of address.",
    )
    government_id = DocumentField(
        label="Government ID",
        help_text=f"Passport, identity card or driving licence, still valid. PDF, JPEG or PNG, "
        f"up to {MAX_BYTES // 1024 // 1024} MB.",
    )
    proof_of_address = DocumentField(
        label="Proof of address",
        help_text="Utility bill, bank statement or tax letter, not older than 180 days. "
        "PDF, JPEG or PNG.",
    )

    def __init__(self, *args: Any, zone: tzinfo, **options: Any) -> None:
        """How old somebody is today: by the day it is in their own `zone`."""
        super().__init__(*args, **options)
        self.zone = zone

    def clean_birth_date(self) -> date:
        born, today = self.cleaned_data["birth_date"], clock.today(self.zone)
        if born > _years_ago(ADULT, today):
            raise ValidationError(f"You have to be {ADULT} years old.")
        if born < _years_ago(OLDEST, today):
            raise ValidationError("Check the year.")
        return born

    def clean_street_address(self) -> str:
        lines = [" ".join(line.split()) for line in self.cleaned_data["street_address"].split("\n")]
        text = "\n".join(line for line in lines if line)
        if not all(char.isprintable() for char in text.replace("\n", "")):
            raise ValidationError("This holds a character that cannot be seen. Type it again.")
        return text

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        documents = {kind: data.pop(kind) for kind in IdentityDocument.Kind.values}
        return {**data, "documents": documents}


class IdentityDecisionForm(forms.Form):
    """What a reviewer decides; a refusal needs a reason from the fixed list (X17)."""

    decision = forms.ChoiceField(
        choices=[("verify", "Verify"), ("refuse", "Do not accept")], widget=forms.HiddenInput
    )
    reason = forms.ChoiceField(
        label="What the person has to fix",
        choices=[("", "Choose a reason"), *IdentityReason.choices],
        help_text="The person reads this in the mail.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = self.data.get("decision") != "verify"
