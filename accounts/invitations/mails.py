"""The mail that carries an invitation's link; every kind says its words, this sends them."""

from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.urls import reverse

from accounts.invitations.transitions import wanting_mail
from core.notifications.services import News, Recipient, tell_each
from core.outbox.rendering import Mail


def send_links(
    invitations: Iterable[Any], *, event: str, kind: str, mail: Callable[[Any], Mail], page: str
) -> None:
    """Mail each invitation of one organization to its address, in a fixed number of statements.

    `page` names the address where the invited answers. Who said "never again" gets none (I18).
    """
    rows = wanting_mail(invitations)
    owners = dict(
        EmailAddress.objects.filter(
            email__in=[row.address for row in rows], verified=True
        ).values_list("email", "user_id")
    )
    tell_each(
        (
            Recipient(row.address, owners.get(row.address)),
            News(
                key=f"{row.about}:{row.generation}:{event}",
                kind=kind,
                mail=mail(row),
                path=reverse(page, args=[row.public_id]),
                link=row.claim,
                about=row.about,
                organization=row.organization_id,
                caused_by=row.invited_by_id,
            ),
        )
        for row in rows
    )
