"""How the sign-in library meets our rules: canonical addresses, our mails, our second factor."""

from datetime import timedelta
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import secrets
from accounts.addresses import AddressError, canonical
from accounts.emails import security
from accounts.invitations import opening
from accounts.passwords import normal
from core import clock
from core.outbox.rendering import render_plain
from core.web.redirects import safe_next


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed, and a code that is not taken says what to do."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "This code is not right, or it has been used. Wait for the next one in your app."
        )
    }

    def encrypt(self, text: str) -> str:
        return secrets.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.unseal(encrypted_text)


def _code_seconds(template_prefix: str) -> int:
    """How long the code in this mail of the library's works."""
    if template_prefix == "account/email/login_code":
        return int(app_settings.LOGIN_BY_CODE_TIMEOUT)
    if template_prefix == "account/email/password_reset_code":
        return int(app_settings.PASSWORD_RESET_BY_CODE_TIMEOUT)
    return int(app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT)


class AccountAdapter(DefaultAccountAdapter):
    def clean_email(self, email: str) -> str:
        try:
            return canonical(email)
        except AddressError as error:
            raise ValidationError(str(error)) from error

    def clean_password(self, password: str, user: Any = None) -> str:
        """Judged in its normal form, by what is known of the person: also before the account."""
        if user is not None and user.pk is None:
            opened = opening.from_cookie(self.request)
            firm = opened.kind.inviter(opened.row).name if opened else ""
            user.password_hints = [self.request.POST.get("name", ""), firm]
        super().clean_password(normal(password), user=user)
        return password

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None
    ) -> EmailMultiAlternatives:
        seconds = _code_seconds(template_prefix)
        context = {**context, "minutes": seconds // 60}
        plain = super().render_mail(template_prefix, email, context, headers)
        text, html = render_plain(plain.subject, str(plain.body))
        message = EmailMultiAlternatives(
            plain.subject,
            text,
            plain.from_email,
            plain.to,
            headers={
                "X-PartnerHub-Kind": template_prefix.replace("/email/", "."),
                "X-PartnerHub-Until": (clock.now() + timedelta(seconds=seconds)).isoformat(),
            },
        )
        message.attach_alternative(html, "text/html")
        return message

    def send_account_already_exists_mail(self, email: str) -> None:
        """Whoever signs up a second time reads so in their mailbox, and nowhere else (A12)."""
        security.account_exists(email)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        browser = self.request.headers.get("User-Agent", "")
        old, new = (context or {}).get("from_email", ""), (context or {}).get("to_email", "")
        security.security_changed(user, template_prefix, browser, old=old, new=new)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in with what is stored now: proving an address may have changed it just before."""
        user.refresh_from_db(fields=["password", "session_epoch", "name"])
        super().login(request, user)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has a second factor confirms with it: a password alone adds and removes none."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"].startswith("mfa_")] or methods

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Back to an opened invitation first, else where the person wanted to go."""
        opened = opening.from_cookie(request)
        if opened is not None and opened.is_open:
            return "/invitations/"
        return safe_next(request, "/")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        return self.get_login_redirect_url(self.request)
