"""Mails about signing in: what changed, and how to stop it when it was somebody else."""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.urls import reverse

from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail
from core.web.formats import mail_minute
from core.web.templatetags.ui import browser as browser_in_words

NOT_YOU = "Not you? Choose a new password at once with “Forgot your password?”, then tell us."
WHY = "You get this because it concerns the safety of your account."

# What the sign-in library reports -> kind, subject, heading.
CHANGES = {
    "account/email/password_changed": ("password_changed", "Password: changed"),
    "account/email/password_set": ("password_changed", "Password: set"),
    "account/email/password_reset": ("password_changed", "Password: changed with a mailed code"),
    "account/email/email_changed": ("address_changed", "E-mail address: changed"),
    "account/email/email_deleted": ("address_changed", "E-mail address: removed"),
    "mfa/email/totp_activated": ("second_factor_changed", "Second factor: app added"),
    "mfa/email/totp_deactivated": ("second_factor_changed", "Second factor: app removed"),
    "mfa/email/webauthn_added": ("second_factor_changed", "Second factor: passkey added"),
    "mfa/email/webauthn_removed": ("second_factor_changed", "Second factor: passkey removed"),
    "mfa/email/recovery_codes_generated": (
        "second_factor_changed",
        "Second factor: new recovery codes",
    ),
}


def security_changed(user: Any, change: str, browser: str, *, old: str = "", new: str = "") -> None:
    """`change` is a key of CHANGES. A changed address is told to the old and the new one."""
    kind, title = CHANGES[change]
    addresses = [old, new] if old and new else [user.email]
    mail = Mail(
        subject=f"[PartnerHub] {title}",
        heading=title.replace(": ", " "),
        paragraphs=("All other sessions of your account were ended.",),
        facts=_circumstances(browser),
        button=("Look at your sign-in settings", reverse("mfa_index")),
        not_you=NOT_YOU,
        why=WHY,
    )
    _tell([Recipient(address, user.pk, zone=user.zone) for address in addresses], kind, mail)


def account_exists(address: str) -> None:
    """Somebody signed up with an address that has an account: its owner reads what to do."""
    mail = Mail(
        subject="[PartnerHub] Sign-up: you have an account already",
        heading="You have an account already",
        paragraphs=(
            "Somebody, probably you, signed up with this address. Nothing was changed.",
            "Sign in with your password. If you have forgotten it, choose a new one.",
        ),
        button=("Choose a new password", reverse("account_reset_password")),
        why=WHY,
    )
    key = f"security:{uuid4()}"
    with transaction.atomic():
        tell([Recipient(address)], key=key, kind="accounts.account_exists", mail=mail)


def new_sign_in(user: Any, browser: str) -> None:
    mail = Mail(
        subject="[PartnerHub] Sign-in: new browser",
        heading="Your account was used from a new browser",
        facts=_circumstances(browser),
        button=("Look at your sessions", reverse("usersessions_list")),
        not_you=NOT_YOU,
        why=WHY,
    )
    _tell([Recipient.of(user)], "new_sign_in", mail)


def _circumstances(browser: str) -> tuple[tuple[str, str], ...]:
    when = mail_minute(clock.real_now())
    return ("When", when), ("Browser", browser_in_words(browser))


@transaction.atomic
def _tell(recipients: list[Recipient], kind: str, mail: Mail) -> None:
    tell(
        recipients,
        key=f"security:{uuid4()}",
        kind=f"accounts.{kind}",
        mail=mail,
        path=reverse("usersessions_list"),
    )
