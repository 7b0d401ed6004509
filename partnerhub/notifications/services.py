"""Telling people: one call writes the mail and the line in the notification centre."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from partnerhub.notifications.models import Notification
from partnerhub.outbox import services as outbox
from partnerhub.outbox.links import Claim
from partnerhub.outbox.rendering import Mail


@dataclass(frozen=True)
class Recipient:
    """A canonical address, and the account behind it when it is known."""

    address: str
    user_id: int | None = None

    @classmethod
    def of(cls, user: Any) -> "Recipient":
        """The account `user` at its primary address."""
        return cls(user.email, user.pk)


def tell(
    recipients: Iterable[Recipient],
    *,
    key: str,
    kind: str,
    mail: Mail,
    path: str = "",
    link: Claim | None = None,
    about: str = "",
    organization: Any = None,
    caused_by: Any = None,
) -> None:
    """Queue `mail` to each recipient once and note it in their notification centre.

    `key` names the event ("connection:<uuid>:ended"): the same key never tells twice. `kind` is
    "app.event". `path` is where the notification leads inside the portal. Must run in the
    transaction of the change; raises RuntimeError otherwise.
    """
    people = {recipient.address: recipient for recipient in recipients}.values()
    outbox.queue(
        outbox.Draft(
            key=key,
            kind=kind,
            to=person.address,
            mail=mail,
            recipient_id=person.user_id,
            link=link,
            about=about,
            organization_id=getattr(organization, "pk", organization),
            caused_by_id=getattr(caused_by, "pk", caused_by),
        )
        for person in people
    )
    Notification.objects.bulk_create(
        [
            Notification(
                key=f"{key}:{person.user_id}"[:250],
                user_id=person.user_id,
                kind=kind,
                title=mail.heading[:200],
                path=path,
            )
            for person in people
            if person.user_id
        ],
        ignore_conflicts=True,
    )
