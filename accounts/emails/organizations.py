"""Mails about an account: it works, it was stopped, its business is taken."""

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django_countries import countries

from accounts.models import IdentityCheck, Organization, User
from accounts.portals import members_page, page, portal_of
from accounts.tenancy import administrators
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import mail_ending

JOIN_ASKED = "accounts.organization_join_asked"


def _facts(organization: Organization) -> tuple[tuple[str, str], ...]:
    return (
        ("Account", inert(organization.name)),
        ("Kind", organization.get_kind_display()),
        ("Country", str(countries.name(organization.country))),
    )


def _state_mail(
    organization: Organization, state: str, *paragraphs: str, reason: str | None = None
) -> Mail:
    name = inert(organization.name)
    why = () if reason is None else (("Reason", inert(reason, 300)),)
    return Mail(
        subject=subject_line(name, "Account", state),
        heading=f"Your account {name} is {state}",
        paragraphs=paragraphs,
        facts=(*_facts(organization), *why),
        button=("Open the account", page(organization, "home")),
        organization=name,
    )


def _to_administrators(
    organization: Organization,
    event: str,
    mail: Mail,
    by: Any,
    path: str = "",
) -> None:
    """One mail to each administrator; `event` makes its key unique."""
    tell(
        Recipient.administrators(administrators(organization), organization),
        key=f"organization:{organization.public_id}:{event}",
        kind=f"accounts.organization_{event.partition(':')[0]}",
        mail=mail,
        path=path,
        organization=organization,
        caused_by=by,
    )


def organization_active(
    organization: Organization, *, verified: IdentityCheck | None = None
) -> None:
    """Where it waited for a check that was `verified` just now, one mail tells of both."""
    paragraphs = [portal_of(organization).next_step]
    if verified:
        person, until = inert(verified.user.name), mail_ending(verified.expires_at)
        paragraphs.insert(
            0, _("%(name)s is verified until %(until)s.") % {"name": person, "until": until}
        )
    mail = _state_mail(organization, "active", *paragraphs)
    _to_administrators(organization, "active", mail, None)


def organization_resumed(organization: Organization, *, by: User, event: str) -> None:
    text = "The suspension was lifted. Everything works as before."
    mail = _state_mail(organization, "active again", text)
    _to_administrators(organization, f"resumed:{event}", mail, by)


def organization_suspended(
    organization: Organization, reason: str, *, by: User, event: str
) -> None:
    mail = _state_mail(
        organization,
        "suspended",
        "You can still look, but nothing can be changed, and nobody acts for this account.",
        "Write to support when you have done what is asked, or when you disagree.",
        reason=reason,
    )
    _to_administrators(organization, f"suspended:{event}", mail, by)


def organization_closed(organization: Organization, reason: str, *, by: User | None) -> None:
    text = "It cannot be opened again. Its history stays readable for you and for its partners."
    mail = _state_mail(organization, "closed", text, reason=reason)
    mail = replace(mail, button=("Open the start page", "/"))
    _to_administrators(organization, "closed", mail, by, path=page(organization, "home"))


def join_asked(organization: Organization, asker: User) -> None:
    """Somebody of the same business asks to join; the administrators decide (X18)."""
    name = inert(organization.name)
    mail = Mail(
        subject=subject_line(name, "Account", "somebody asks to join"),
        heading=f"{inert(asker.name)} ({inert(asker.email, 254)}) asks to join your account",
        paragraphs=(
            "They tried to open an account with the registration number of your business.",
            "If you know them, invite them as an employee. If not, do nothing.",
        ),
        facts=(("Name", inert(asker.name)), ("E-mail address", inert(asker.email, 254))),
        button=("Open the page of your people", members_page(organization)),
        organization=name,
    )
    day = clock.today(organization.zone)
    event = f"join_asked:{asker.public_id}:{day}"
    _to_administrators(organization, event, mail, asker)


def organization_taken(organization: Organization, user: User) -> None:
    """The draft cannot become active: its business has an account already (S0.16)."""
    name = inert(organization.name)
    mail = Mail(
        subject=subject_line(name, "Account", "your company already has one"),
        heading=f"{name} could not become active: your company already has an account",
        paragraphs=(
            "A business has one solution provider account.",
            "Ask the administrators of the existing account to invite you as an employee.",
        ),
        facts=_facts(organization),
        button=("See what to do", reverse("provider-draft", args=[organization.public_id])),
        organization=name,
    )
    tell(
        [Recipient.of(user)],
        key=f"organization:{organization.public_id}:taken",
        kind="accounts.organization_taken",
        mail=mail,
        organization=organization,
    )
