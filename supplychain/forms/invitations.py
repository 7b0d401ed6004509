"""Inviting a supplier or a seller, and answering."""

from typing import Any

from django import forms
from django_countries import countries

from accounts.addresses import AddressField, NamedAddressForm
from accounts.models import Organization
from accounts.names import NameField
from accounts.states import SupplierKind
from core.web.fields import LineField
from supplychain.plans import NewAccount

NEW = "new"
# What a new account needs.
NEW_FIELDS = ("name", "country", "supplier_kind")


class InviteSellerForm(NamedAddressForm):
    name = NameField(label="Name", required=False, help_text="For your own list.")
    address = AddressField(label="E-mail address")


class InviteSupplierForm(InviteSellerForm):
    supplier_kind = forms.ChoiceField(
        label="What the supplier does", choices=[("", "Choose one"), *SupplierKind.choices]
    )


class EverySellerForm(forms.Form):
    """Nothing more is asked about sellers than their lines say."""


class EverySupplierForm(forms.Form):
    """What holds for every supplier of a list whose line does not say it."""

    supplier_kind = forms.ChoiceField(
        label="What they do, where a line does not say",
        choices=[("", "Every line says it"), *SupplierKind.choices],
        required=False,
    )


class DeclineForm(forms.Form):
    reason = LineField(
        label="Reason", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    never_again = forms.BooleanField(
        required=False, label="Send me no further invitations from this account"
    )


class RemoveForm(forms.Form):
    block = forms.BooleanField(
        required=False,
        label="Block them: their invitations no longer reach this account",
        help_text="They are not told. You can lift it at any time.",
    )


class AnswerForm(forms.Form):
    """With which account to accept: one of the person's own, or a new one (S1.9)."""

    account = forms.ChoiceField(label="Your account", widget=forms.RadioSelect)
    name = NameField(own="organization", label="Name of your business", required=False)
    country = forms.ChoiceField(
        label="Country",
        required=False,
        choices=lambda: [("", "Choose a country"), *countries],
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    supplier_kind = forms.ChoiceField(
        label="What your business does",
        required=False,
        choices=[("", "Choose one"), *SupplierKind.choices],
    )

    def __init__(
        self, *args: Any, accounts: list[Organization], may_open: bool, supplier: bool, **kw: Any
    ) -> None:
        """`may_open`: a new account may answer, too; `supplier`: it would be a supplier's."""
        super().__init__(*args, **kw)
        self.accounts = {str(row.public_id): row for row in accounts}
        choices = [(key, row.name) for key, row in self.accounts.items()]
        choices += [(NEW, "A new account")] if may_open else []
        field: Any = self.fields["account"]
        field.choices = choices
        field.initial = choices[0][0] if choices else NEW
        if len(choices) == 1:
            field.widget = forms.HiddenInput()
        # Asked for unless another one was chosen.
        for name in NEW_FIELDS:
            self.fields[name].required = not self.is_bound or self.data.get("account") == NEW
            if not may_open or (name == "supplier_kind" and not supplier):
                del self.fields[name]

    def answer(self) -> dict[str, Any]:
        """The `organization` that answers, or the `new` one to be, as transitions take them."""
        data = self.cleaned_data
        if data["account"] != NEW:
            return {"organization": self.accounts[data["account"]]}
        kind = data.get("supplier_kind", "")
        return {"new": NewAccount(data["name"], data["country"], kind)}

    @property
    def new_fields(self) -> list[Any]:
        return [self[name] for name in NEW_FIELDS if name in self.fields]
