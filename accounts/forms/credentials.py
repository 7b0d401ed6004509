"""The sign-in library's forms with our rules: one spelling of an address, invitations, takeover."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.models import EmailAddress
from allauth.core import context
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts.addresses import AddressField
from accounts.invitations import opening
from accounts.models import User
from accounts.passwords import normal
from accounts.sessions import remember_sign_up
from core.errors import Conflict


def invited_person(request: HttpRequest) -> tuple[str, str]:
    """Address and name, as the inviter typed them, of the invitation that this browser opened;
    empty without one to an address."""
    opened = opening.from_cookie(request)
    if opened is None or not opened.is_open:
        return "", ""
    return str(opened.kind.address(opened.row)), str(getattr(opened.row, "name", ""))


def unproved_account(address: str) -> User | None:
    """The account at this address when nobody has ever proved any of its addresses (I17)."""
    user = User.objects.filter(email=address, is_active=True).first()
    if user is None or EmailAddress.objects.filter(user=user, verified=True).exists():
        return None
    return user


def _address_field() -> AddressField:
    """Canonical from the first step on: the library's own field folds look-alikes first (I16)."""
    widget = forms.TextInput(attrs={"autocomplete": "email"})
    return AddressField(label="E-mail address", widget=widget)


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _address_field()
        self.fields["login"].initial = invited_person(context.request)[0]
        self.order_fields(["login", "password"])


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """A code by mail, sent to the stored spelling of the address only."""

    email = _address_field()


class AddEmailForm(allauth_forms.AddEmailForm):
    email = _address_field()


class SignupForm(allauth_forms.SignupForm):
    """Sign-up. With an opened invitation the address is the invited one, whatever is sent."""

    email = _address_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.unproved: User | None = None
        invited, name = invited_person(context.request)
        if invited:
            self.fields["email"].initial = invited
            self.fields["name"].initial = name
            self.fields["email"].disabled = True
            self.fields["email"].help_text = "Your invitation was sent to this address."

    def validate_unique_email(self, value: str) -> str:
        """An address that nobody has proved is free: whoever gets the code has it."""
        self.unproved = unproved_account(value)
        return value if self.unproved else str(super().validate_unique_email(value))

    def try_save(self, request: HttpRequest) -> Any:
        """Save, taking equally long for addresses that have an account already (A12)."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def save(self, request: HttpRequest) -> Any:
        """What was typed counts only in the browser that enters the mailed code."""
        user = self.unproved or self._create(request)
        typed = self.cleaned_data
        password = make_password(normal(typed["password1"])) if self.unproved else user.password
        remember_sign_up(
            request,
            user,
            password=password,
            name=typed["name"],
            time_zone=typed["time_zone"],
        )
        return user

    def _create(self, request: HttpRequest) -> User:
        try:
            with transaction.atomic():
                return super().save(request)
        except IntegrityError as error:
            self.unproved = unproved_account(self.cleaned_data["email"])
            if self.unproved is None:
                raise Conflict("Somebody has just signed up with this address.") from error
            return self.unproved
