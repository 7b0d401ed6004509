"""A person's name at sign-up, and who follows them when their whole account stops."""

from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.models import Membership, User
from accounts.names import NameField
from accounts.tenancy import needs_successor, successor_field

MOST = 200


class SignupNameForm(forms.Form):
    """What the sign-in library's form asks besides address and password; it derives from this."""

    name = NameField(label="Your name", help_text="As colleagues and partners will see it.")

    field_order = ("name", "email", "password1", "password2")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class SuccessorForm(forms.Form):
    """Who administers each account that only this person administers (A9)."""

    def __init__(self, person: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.organizations = needs_successor(person)
        for organization in self.organizations:
            members = Membership.objects.active().filter(organization=organization)
            rows = (
                members.exclude(user=person)
                .select_related("user")
                .order_by("user__search_key", "id")
            )
            self.fields[successor_field(organization)] = forms.TypedChoiceField(
                label=f"Who administers {organization.name} from now on",
                choices=[
                    ("", "Choose a member"),
                    *((row.pk, f"{row.user.name}, {row.user.email}") for row in rows[:MOST]),
                ],
                coerce=int,
                error_messages={
                    "required": "Choose who administers it, or close that account first.",
                    "invalid_choice": "Choose from the list.",
                },
            )

    def successors(self) -> dict[int, int]:
        """Organization id -> id of the chosen membership."""
        return {row.pk: self.cleaned_data[successor_field(row)] for row in self.organizations}
