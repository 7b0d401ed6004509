"""Mails about a lost second factor."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import FactorReset, Membership, Organization, User
from accounts.portals import page
from accounts.states import ResetStatus
from accounts.tenancy import administrators, verified_addresses
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert

CODE = "accounts.factor_reset_code"
WHY = gettext_noop("You get this because it concerns the safety of your account.")


def code(person: User, digits: str, *, minutes: int) -> None:
    """To the person: what shows that they read their mail."""
    now = clock.now()
    tell(
        [Recipient.of(person)],
        key=f"factor-reset:{person.public_id}:code:{clock.real_now().isoformat()}",
        kind=CODE,
        mail=Mail(
            subject=_("[PartnerHub] Second factor: your code"),
            heading=_("Your code"),
            paragraphs=(_("Type it where you asked for it. It works once."),),
            facts=(
                (_("Code"), digits),
                (_("Works for"), _("%(minutes)s minutes") % {"minutes": minutes}),
            ),
            not_you=_("Did not ask for it? Somebody knows your password: choose a new one now."),
            why=_(WHY),
        ),
        secret=True,
        until=now + timedelta(minutes=minutes),
    )


def asked(reset: FactorReset) -> None:
    """To every proved address of the person."""
    person, days = reset.user, settings.FACTOR_RESET_DAYS
    tell(
        [Recipient(address, person.pk) for address in verified_addresses(person)],
        key=f"factor-reset:{reset.public_id}:asked",
        kind="accounts.factor_reset_asked",
        mail=Mail(
            subject=_("[PartnerHub] Second factor: reset asked for"),
            heading=_("Somebody asked to reset your second factor"),
            paragraphs=(
                _("They knew your password and read your mail. Two people look at it."),
                _(
                    "Without an identity check another administrator of your account has to say "
                    "that it is you, or %(days)s days pass."
                )
                % {"days": days},
            ),
            button=(_("It was not me: stop it"), reverse("second-factor-lost")),
            not_you=_("Not you? Sign in with your second factor, stop it, change your password."),
            why=_(WHY),
        ),
    )


def asked_of_administrators(reset: FactorReset, organization: Organization) -> None:
    """To the other administrators of an account of the person, who may know more."""
    others = [user for user in administrators(organization) if user.pk != reset.user_id]
    row = Membership.objects.active().get(user=reset.user, organization=organization)
    name = inert(reset.user.name)
    tell(
        Recipient.administrators(others, organization),
        key=f"factor-reset:{reset.public_id}:asked:{organization.public_id}",
        kind="accounts.factor_reset_of_member",
        mail=Mail(
            subject=_("[PartnerHub] Second factor: a colleague lost theirs"),
            heading=_("%(name)s asked to reset their second factor") % {"name": name},
            paragraphs=(
                _("Ask %(name)s in person or on the phone, and say whether it is them.")
                % {"name": name},
                _("If it is not, their password and mailbox are in other hands."),
            ),
            facts=((_("Account"), inert(organization.name)),),
            button=(_("Say whether it is them"), page(organization, "member", row.public_id)),
            why=_("You get this because you administer this account."),
        ),
        organization=organization,
    )


_ENDED = {
    ResetStatus.DONE: (
        gettext_lazy("Your second factor was reset"),
        gettext_lazy("Every session was ended. Sign in and set up a new second factor first."),
    ),
    ResetStatus.REFUSED: (
        gettext_lazy("Your second factor was not reset"),
        gettext_lazy("We could not be sure that it was you. Write to us if it was."),
    ),
    ResetStatus.WITHDRAWN: (
        gettext_lazy("Your second factor stays as it is"),
        gettext_lazy("The wish to reset it was taken back."),
    ),
}


def ended(reset: FactorReset) -> None:
    person, (heading, text) = reset.user, _ENDED[ResetStatus(reset.status)]
    tell(
        [Recipient(address, person.pk) for address in verified_addresses(person)],
        key=f"factor-reset:{reset.public_id}:{reset.status}",
        kind="accounts.factor_reset_ended",
        mail=Mail(
            subject=_("[PartnerHub] Second factor: %(what)s")
            % {"what": ResetStatus(reset.status).label.lower()},
            heading=str(heading),
            paragraphs=(str(text),),
            button=(_("Sign in"), reverse("account_login")),
            not_you=_("Not you? Choose a new password at once, then tell us."),
            why=_(WHY),
        ),
    )
