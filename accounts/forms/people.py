"""What the operator chooses before somebody's whole account stops."""

from typing import Any

from django import forms

from accounts.models import Membership, User
from accounts.tenancy import needs_successor, successor_field

MOST = 200


class SuccessorForm(forms.Form):
    """Who administers each account that only this person administers (A9)."""

    def __init__(self, person: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.organizations = needs_successor(person)
        for organization in self.organizations:
            members = Membership.objects.active().filter(organization=organization)
            rows = members.exclude(user=person).select_related("user").order_by("user__name", "id")
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
