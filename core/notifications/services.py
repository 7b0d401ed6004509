"""Telling people: one call writes the mail and the line in the notification centre."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from core.notifications.models import Choice, Notification
from core.notifications.preferences import choices_of
from core.outbox import kinds
from core.outbox import services as outbox
from core.outbox.links import Claim
from core.outbox.rendering import Mail


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
    "app.event", registered in the app's mail_kinds. `path` is where the notification leads inside
    the portal. News with the same `mail_key` are one mail, while each has its line. The body of a
    `secret` one is blanked once it is sent.
    """

    key: str
    kind: str
    mail: Mail
    path: str = ""
    link: Claim | None = None
    about: str = ""
    organization: Any = None
    caused_by: Any = None
    mail_key: str = ""
    secret: bool = False


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
    secret: bool = False,
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
        secret=secret,
    )
    people = {recipient.address: recipient for recipient in recipients}.values()
    tell_each((person, news) for person in people)


def tell_each(pairs: Iterable[tuple[Recipient, News]]) -> None:
    """The same for news that differ from one recipient to the next, in as many statements.

    The line stands whatever the reader chose; mail is left out, or held for the daily one (U29).
    Raises LookupError for a kind that is not registered.
    """
    told = list(pairs)
    kinds.check({news.kind for _, news in told})
    chosen = _choices(told)

    def held(person: Recipient, news: News) -> bool:
        wanted = chosen.get((kinds.get(news.kind).group.name, person))
        return wanted == Choice.DAILY and not kinds.get(news.kind).urgent

    def mailed(person: Recipient, news: News) -> bool:
        wanted = chosen.get((kinds.get(news.kind).group.name, person))
        return wanted != Choice.PORTAL and not held(person, news)

    outbox.queue(_draft(person, news) for person, news in told if mailed(person, news))
    Notification.objects.bulk_create(
        [
            _line(user_id, news, held(person, news))
            for person, news in told
            if (user_id := person.user_id)
        ],
        ignore_conflicts=True,
    )


def _choices(told: Iterable[tuple[Recipient, News]]) -> dict[tuple[str, Recipient], str]:
    """What each reader chose for the groups of these news; one query for each group."""
    readers: dict[str, tuple[kinds.Group, set[Recipient]]] = {}
    for person, news in told:
        group = kinds.get(news.kind).group
        readers.setdefault(group.name, (group, set()))[1].add(person)
    return {
        (name, Recipient(address, user_id)): choice
        for name, (group, people) in readers.items()
        for (user_id, address), choice in choices_of(
            [(person.user_id, person.address) for person in people], group
        ).items()
    }


def _draft(person: Recipient, news: News) -> outbox.Draft:
    group = kinds.get(news.kind).group
    settings = bool(person.user_id) and not group.locked
    return outbox.Draft(
        key=news.mail_key or news.key,
        kind=news.kind,
        to=person.address,
        mail=replace(news.mail, settings=settings, repeating=group.repeating),
        recipient_id=person.user_id,
        link=news.link,
        about=news.about,
        organization_id=getattr(news.organization, "pk", news.organization),
        caused_by_id=getattr(news.caused_by, "pk", news.caused_by),
        secret=news.secret,
    )


def _line(user_id: int, news: News, held: bool) -> Notification:
    return Notification(
        key=f"{news.key}:{user_id}"[:250],
        user_id=user_id,
        kind=news.kind,
        title=news.mail.heading[:200],
        path=news.path,
        organization_id=getattr(news.organization, "pk", news.organization),
        held=held,
    )
