"""A person's name and time zone, and who follows them when their whole account stops."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from accounts.names import NameField
from accounts.tenancy import needs_successor, successor_field
from core import time_zones
from core.web.forms import EditForm

MOST = 200


def time_zone_choices() -> list[Any]:
    """By regions of the world, as the database of zones names them."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in time_zones.names():
        region, _slash, place = name.partition("/")
        regions.setdefault(region, []).append((name, place.replace("_", " ") or name))
    return [(time_zones.UTC, time_zones.UTC), *list(regions.items())[1:]]


class SignupNameForm(forms.Form):
    """What the sign-in library's form asks besides address and password; it derives from this."""

    name = NameField(
        person=True,
        own="name",
        label="Your name",
        help_text="As colleagues and partners will see it.",
    )

    # app.js fills it in with what the browser says.
    time_zone = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"data-time-zone": ""})
    )

    field_order = ("name", "email", "password1", "password2")

    def clean_time_zone(self) -> str:
        """ "" for one that we do not know: nobody can mend what the browser said."""
        said: str = self.cleaned_data["time_zone"]
        return said if time_zones.is_known(said) else ""

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.time_zone = self.cleaned_data["time_zone"] or time_zones.UTC
        user.save(update_fields=["name", "time_zone"])


class TimeZoneForm(EditForm):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices)


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
