"""Mails of the common pages of all kinds of invitations."""

from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.urls import reverse

from accounts.invitations import kinds
from accounts.invitations.transitions import wanting_mail
from accounts.models import OneTimeLink
from accounts.tenancy import administrators
from core import clock
from core.notifications.services import Recipient, tell, tell_each, told
from core.outbox.rendering import Mail, inert, subject_line
from core.time_zones import named


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
