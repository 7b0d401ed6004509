"""What sign-up asks beyond address and password."""

from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.names import NameField


class SignupNameForm(forms.Form):
    """The person's name; allauth's sign-up form extends this one."""

    name = NameField(label="Your name", help_text="As colleagues and partners will see it.")

    field_order = ("name", "email", "password1", "password2")

    def signup(self, request: HttpRequest, user: Any) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
