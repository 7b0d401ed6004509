"""Mails of the common pages of all kinds of invitations."""

from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.invitations import kinds
from accounts.invitations.transitions import wanting_mail, wants_mail
from accounts.models import OneTimeLink, Organization
from accounts.states import InvitationStatus
from accounts.tenancy import administrators
from core import clock
from core.notifications.services import Recipient, tell, tell_each, told
from core.outbox.rendering import Mail, inert, subject_line
from core.outbox.tokens import PLACEHOLDER
from core.time_zones import named
from core.web.formats import mail_ending


def renewal_asked(row: OneTimeLink) -> None:
    kind = kinds.of(row)
    organization = kind.inviter(row)
    firm, who = inert(organization.name), inert(kind.address(row)) or "The invited account"
    tell(
        Recipient.administrators(administrators(organization), organization),
        key=f"{row.about}:renewal_asked:{clock.now().isoformat()}",
        kind="accounts.renewal_asked",
        mail=Mail(
            subject=subject_line(firm, "Invitation", "a new one is asked for"),
            heading=f"{who} asks for a new invitation",
            paragraphs=("The last one has ended. You can send it again, or leave it be.",),
            button=("See the invitations", kind.manage_url(row)),
            organization=firm,
        ),
        organization=organization,
    )


def invitation_ending(row: OneTimeLink, *, inviter: bool = True) -> None:
    """To whom it invites, with the link once more, and to the administrators who invited."""
    kind = kinds.of(row)
    organization, end = kind.inviter(row), mail_ending(row.expires_at)
    firm, who = inert(organization.name), inert(kind.recipient(row)[0], 254)
    ends = _("It ends on %(day)s.") % {"day": end}
    if kind.mailed(row) and row.status != InvitationStatus.UNDELIVERABLE and wants_mail(row):
        tell(
            _invited(row),
            key=f"{row.about}:{row.generation}:ending",
            kind="accounts.invitation_ending",
            mail=Mail(
                subject=subject_line(firm, _("Invitation"), _("about to end")),
                heading=inert(kind.headline(row), 160),
                paragraphs=(
                    f"{ends} {_('After that the link works no more, and you need a new one.')}",
                ),
                button=(_("Look at the invitation"), PLACEHOLDER),
                not_you=_("Not expected? Leave it be: it ends by itself."),
                organization=firm,
            ),
            path=reverse("invitation-current"),
            link=row.claim,
            about=row.about,
            organization=organization,
        )
    if inviter:
        tell(
            Recipient.administrators(administrators(organization), organization),
            key=f"{row.about}:{row.generation}:unanswered",
            kind="accounts.invitation_unanswered",
            mail=Mail(
                subject=subject_line(firm, _("Invitation"), _("about to end")),
                heading=_("The invitation to %(who)s is about to end") % {"who": who},
                paragraphs=(f"{ends} {_('Sending it again makes a new link and a later end.')}",),
                button=(_("See the invitations"), kind.manage_url(row)),
                organization=firm,
            ),
            organization=organization,
        )


def _invited(row: OneTimeLink) -> list[Recipient]:
    """Who can answer: the owner of the address, or the administrators of the invited account."""
    if address := kinds.of(row).address(row):
        owned = EmailAddress.objects.filter(email=address, verified=True).select_related("user")
        owner = owned.first()
        return (
            [Recipient(address, owner.user_id, zone=owner.user.zone)]
            if owner
            else [Recipient(address)]
        )
    account = Organization.objects.filter(pk=kinds.of(row).invited(row) or 0).first()
    if account is None:
        return []
    return Recipient.administrators(administrators(account), account)


def send_links(
    invitations: Iterable[Any], *, event: str, kind: str, mail: Callable[[Any], Mail], page: str
) -> None:
    """They are one organization's and take few statements. `page` is where the invited answers."""
    rows = wanting_mail(invitations)
    accounts = EmailAddress.objects.filter(
        email__in=[row.address for row in rows], verified=True
    ).values_list("email", "user_id", "user__time_zone")
    owners = {
        email: Recipient(email, user_id, zone=named(zone)) for email, user_id, zone in accounts
    }
    tell_each(
        [
            told(
                owners.get(row.address) or Recipient(row.address),
                key=f"{row.about}:{row.generation}:{event}",
                kind=kind,
                mail=mail(row),
                path=reverse(page, args=[row.public_id]),
                link=row.claim,
                about=row.about,
                organization=row.organization,
                caused_by=row.invited_by_id,
            )
            for row in rows
        ]
    )
