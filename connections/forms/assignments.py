"""What administrators choose when they assign many at once (U17)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from accounts.models import Membership, Organization
from connections.models import Connection
from connections.rights.assignments import employees_of
from connections.transitions.plans import Copy, SetLevel
from core.web.access import Level
from roles.models import Role

LEVEL_WORDS = [(str(level.value), level.word.capitalize()) for level in Level]
MOST_PEOPLE = 500


class PickField(forms.ModelMultipleChoiceField):
    """Rows of this account by their public ids; anybody else's is like one that nobody has."""

    def __init__(self, queryset: Any, **options: Any) -> None:
        super().__init__(
            queryset,
            to_field_name="public_id",
            required=False,
            error_messages={
                "invalid_choice": "Choose from the list.",
                "invalid_pk_value": "Choose from the list.",
            },
            **options,
        )

    def clean(self, value: Any) -> frozenset[UUID]:  # type: ignore[override]
        return frozenset(super().clean(value).values_list("public_id", flat=True))


class _Chooser(forms.Form):
    employee = PickField(Membership.objects.none(), label="Employees")
    seen = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, provider: Organization, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.provider = provider
        self.fields["employee"].queryset = employees_of(provider)  # type: ignore[attr-defined]


class SetLevelForm(_Chooser):
    client = PickField(Connection.objects.none(), label="Clients")
    every_client = forms.BooleanField(label="Every client who granted the role", required=False)
    every_employee = forms.BooleanField(label="Every employee", required=False)
    role = forms.ChoiceField(label="Role", error_messages={"required": "Choose a role."})
    level = forms.TypedChoiceField(
        label="Level",
        choices=LEVEL_WORDS,
        coerce=lambda value: Level(int(value)),
        help_text="None takes the role away from them.",
        error_messages={"required": "Choose a level."},
    )

    def __init__(self, roles: Iterable[Role], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.roles = {role.code: role for role in roles}
        clients = Connection.objects.for_provider(self.provider)
        self.fields["client"].queryset = clients  # type: ignore[attr-defined]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            ("", "Choose a role"),
            *((code, role.name) for code, role in self.roles.items()),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for one, every, word in (
            ("client", "every_client", "a client"),
            ("employee", "every_employee", "an employee"),
        ):
            if one not in self.errors and not data.get(one) and not data.get(every):
                self.add_error(one, f"Choose at least {word}, or all of them.")
        return data

    def wish(self) -> SetLevel:
        data = self.cleaned_data
        return SetLevel(
            role=self.roles[data["role"]],
            level=data["level"],
            clients=None if data["every_client"] else data["client"],
            employees=None if data["every_employee"] else data["employee"],
        )


class CopyForm(_Chooser):
    source = forms.ModelChoiceField(
        Membership.objects.none(),
        to_field_name="public_id",
        label="Copy from",
        error_messages={
            "required": "Choose whose assignments to copy.",
            "invalid_choice": "Choose from the list.",
        },
    )
    exactly = forms.BooleanField(
        label="Take away what the first person does not have",
        required=False,
        help_text="Otherwise they keep what they have besides.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = employees_of(self.provider).order_by("user__search_key", "id")
        self.fields["source"].queryset = people  # type: ignore[attr-defined]
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            ("", "Choose an employee"),
            *((str(row.public_id), row.user.name) for row in people[:MOST_PEOPLE]),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        source, others = data.get("source"), data.get("employee")
        if "employee" not in self.errors and not others:
            self.add_error("employee", "Choose at least an employee.")
        if source and others == {source.public_id}:
            self.add_error("employee", "Choose somebody else than the person to copy from.")
        return data

    def wish(self) -> Copy:
        data = self.cleaned_data
        source = data["source"].public_id
        return Copy(source=source, employees=data["employee"] - {source}, exactly=data["exactly"])
