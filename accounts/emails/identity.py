"""Mails about a person's identity check. They never carry what was checked."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import IdentityCheck, Organization
from accounts.portals import members_page
from accounts.tenancy import administrators
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import mail_ending

WHY = "You get this because an identity check was asked for with your account."
NOT_YOU = "Not you? Change your password at once, then write to support."


def _to_person(check: IdentityCheck, event: str, *, by: Any = None, **words: Any) -> None:
    label, until = words.pop("label"), words.pop("until", None)
    mail = Mail(button=(label, reverse("identity")), why=WHY, not_you=NOT_YOU, **words)
    tell(
        [Recipient.of(check.user)],
        key=f"identity:{check.public_id}:{event}",
        kind=f"accounts.identity_{event.partition(':')[0]}",
        mail=mail,
        caused_by=by,
        until=until,
    )


def identity_submitted(check: IdentityCheck) -> None:
    _to_person(
        check,
        "submitted",
        label="See its state",
        subject="[PartnerHub] Identity check: received",
        heading="We have your documents",
        paragraphs=("A reviewer looks at them, and you get a mail as soon as it is decided.",),
    )


def identity_verified(check: IdentityCheck) -> None:
    _to_person(
        check,
        "verified",
        by=check.decided_by,
        label="Go on",
        subject="[PartnerHub] Identity check: verified",
        heading="Your identity is verified",
        paragraphs=("What was waiting for it goes on by itself.",),
        facts=(("Valid until", mail_ending(check.expires_at)),),
        after=("Your documents are deleted soon after this decision.",),
    )


def employee_verified(check: IdentityCheck, provider: Organization) -> None:
    """To the administrators of a provider: the employee can be assigned now, or act for clients."""
    name = inert(check.user.name)
    tell(
        Recipient.administrators(administrators(provider), provider),
        key=f"identity:{check.public_id}:employee:{provider.public_id}",
        kind="accounts.employee_verified",
        mail=Mail(
            subject=subject_line(provider.name, _("Identity"), _("an employee is verified")),
            heading=_("%(name)s is verified") % {"name": name},
            paragraphs=(_("They can act for the clients that you assign them to."),),
            button=(_("Open the page of your people"), members_page(provider)),
            organization=inert(provider.name),
        ),
        organization=provider,
    )


def identity_failed(check: IdentityCheck) -> None:
    _to_person(
        check,
        "failed",
        by=check.decided_by,
        label="Try again",
        subject="[PartnerHub] Identity check: not accepted",
        heading="Your identity check was not accepted",
        paragraphs=("Put this right and send it again. Nothing else is lost.",),
        facts=(("What to fix", check.get_reason_display()),),
    )


def identity_expiring(check: IdentityCheck, days: int) -> None:
    _to_person(
        check,
        f"expiring:{days}",
        label="Renew it",
        subject="[PartnerHub] Identity check: ends soon",
        heading="Your identity check ends soon",
        paragraphs=(
            "After this day you can no longer act for sellers until a new check is verified.",
        ),
        facts=(("Valid until", mail_ending(check.expires_at)),),
        until=check.expires_at,
    )


def identity_expired(check: IdentityCheck) -> None:
    _to_person(
        check,
        "expired",
        label="Start a new check",
        subject="[PartnerHub] Identity check: expired",
        heading="Your identity check has expired",
        paragraphs=("You cannot act for sellers until a new check is verified.",),
        facts=(("Was valid until", mail_ending(check.expires_at)),),
    )
