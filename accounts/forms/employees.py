"""Forms for inviting colleagues and for answering."""

from typing import Any

from django import forms

from accounts.addresses import AddressField, NamedAddressForm
from accounts.models import Organization
from accounts.names import NameField
from accounts.permissions import RIGHTS
from accounts.states import MembershipRole
from core.web.fields import ParagraphsField
from core.web.forms import MergedForm


class AccessForm(forms.Form):
    role = forms.ChoiceField(
        choices=MembershipRole.choices,
        initial=MembershipRole.EMPLOYEE,
        widget=forms.RadioSelect,
        help_text="Administrators may do everything in this account, inviting included.",
    )
    rights = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For employees. Administrators have all of them.",
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rights = RIGHTS[organization.kind]
        if not rights:
            del self.fields["rights"]
            return
        field: Any = self.fields["rights"]
        field.choices = list(rights.items())


class InviteForm(NamedAddressForm, AccessForm):
    address = AddressField(label="E-mail address")
    name = NameField(label="Name", required=False)

    field_order = ("address", "name", "role", "rights")


class MemberForm(MergedForm, AccessForm):
    """What a member may do; `seen` is what the page showed, so that no change is lost (C9)."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)


class DeclineForm(forms.Form):
    reason = ParagraphsField(
        required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    never_again = forms.BooleanField(
        required=False, label="Send me no further invitations from this account"
    )
