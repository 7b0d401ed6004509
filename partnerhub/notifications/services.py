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


@dataclass(frozen=True, kw_only=True)
class News:
    """What is told to whom.

    `key` names the event ("connection:<uuid>:ended"): the same key never tells twice. `kind` is
    "app.event". `path` is where the notification leads inside the portal.
    """

    key: str
    kind: str
    mail: Mail
    path: str = ""
    link: Claim | None = None
    about: str = ""
    organization: Any = None
    caused_by: Any = None


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

    The other arguments are those of News. Must run in the transaction of the change; raises
    RuntimeError otherwise.
    """
    news = News(
        key=key,
        kind=kind,
        mail=mail,
        path=path,
        link=link,
        about=about,
        organization=organization,
        caused_by=caused_by,
    )
    people = {recipient.address: recipient for recipient in recipients}.values()
    tell_each((person, news) for person in people)


def tell_each(pairs: Iterable[tuple[Recipient, News]]) -> None:
    """The same for news that differ from one recipient to the next, in as many statements."""
    told = list(pairs)
    outbox.queue(
        outbox.Draft(
            key=news.key,
            kind=news.kind,
            to=person.address,
            mail=news.mail,
            recipient_id=person.user_id,
            link=news.link,
            about=news.about,
            organization_id=getattr(news.organization, "pk", news.organization),
            caused_by_id=getattr(news.caused_by, "pk", news.caused_by),
        )
        for person, news in told
    )
    Notification.objects.bulk_create(
        [
            Notification(
                key=f"{news.key}:{person.user_id}"[:250],
                user_id=person.user_id,
                kind=news.kind,
                title=news.mail.heading[:200],
                path=news.path,
            )
            for person, news in told
            if person.user_id
        ],
        ignore_conflicts=True,
    )
