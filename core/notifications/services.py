"""Telling people: one call writes the mail and the line in the notification centre."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, TypedDict, Unpack

from core.notifications.models import Choice, Notification
from core.notifications.preferences import Reader, choices_of
from core.outbox import kinds
from core.outbox import services as outbox
from core.outbox.models import Message
from core.outbox.objections import ADMINISTRATOR
from core.outbox.rendering import Mail
from core.outbox.tokens import Claim
from core.web.formats import in_zone


@dataclass(frozen=True)
class Recipient:
    """A canonical address, and the person behind it when they are known, with the zone of their
    days: of an address without an account it is that of whoever acted. Who gets it as a member of
    an account has to be one when it leaves, with this right: objections.ADMINISTRATOR, the code of
    a member's right, or objections.DELEGATE."""

    address: str
    user_id: int | None = None
    account_id: int | None = None
    right: str = ""
    zone: tzinfo | None = None

    @classmethod
    def of(cls, user: Any, account: Any = None, right: str = "") -> "Recipient":
        return cls(user.email, user.pk, getattr(account, "pk", account), right, user.zone)

    @classmethod
    def administrators(cls, users: Iterable[Any], account: Any) -> list["Recipient"]:
        return [cls.of(user, account, ADMINISTRATOR) for user in users]


class Details(TypedDict, total=False):
    """What else there is to say about a mail. `path` is where the line in the notification centre
    leads when not to the page behind the button; `link` the one-time link behind the button;
    `about` ("invitation:<uuid>") what a failed delivery is reported to; `organization` and
    `caused_by`, rows or their keys, who acted. A `secret` body is blanked once it is sent. After
    `until` it is of no use, and does not leave."""

    path: str
    link: Claim | None
    about: str
    organization: Any
    caused_by: Any
    secret: bool
    until: datetime | None


# The mail, and the line of who has an account, neither of them stored yet.
Told = tuple[Message, Notification | None]


def tell(
    recipients: Iterable[Recipient], *, key: str, kind: str, mail: Mail, **details: Unpack[Details]
) -> None:
    """Queue `mail` to each recipient once, with a line in their notification centre. `key` names
    the event ("connection:<uuid>:ended"): the same key never tells twice. `kind` is "app.event",
    registered in the app's mail_kinds. Raises RuntimeError outside the transaction of the
    change."""
    people = {recipient.address: recipient for recipient in recipients}.values()
    tell_each([told(person, key=key, kind=kind, mail=mail, **details) for person in people])


def told(
    person: Recipient,
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
    until: datetime | None = None,
) -> Told:
    """What one person is told, for tell_each(); arguments as for tell()."""
    group = kinds.get(kind).group
    acted = getattr(organization, "pk", organization)
    actors: tzinfo = getattr(organization, "zone", UTC)
    zone = person.zone or actors
    message = outbox.draft(
        person.address,
        key=key,
        kind=kind,
        mail=replace(
            mail, settings=bool(person.user_id) and not group.locked, repeating=group.repeating
        ),
        zone=zone,
        recipient_id=person.user_id,
        claim=link,
        about=about,
        organization_id=acted,
        caused_by_id=getattr(caused_by, "pk", caused_by),
        secret=secret,
        account_id=person.account_id,
        account_right=person.right,
        useful_until=until,
    )
    if not person.user_id:
        return message, None
    line = Notification(
        key=f"{key}:{person.user_id}"[:250],
        user_id=person.user_id,
        kind=kind,
        title=in_zone(mail.heading, zone)[:200],
        path=path or _page(mail),
        organization_id=acted,
        account_id=person.account_id,
        account_right=person.right,
    )
    return message, line


def _page(mail: Mail) -> str:
    """The page behind the button; "" behind a one-time link."""
    url = mail.button[1] if mail.button else ""
    return url if url.startswith("/") else ""


def tell_each(rows: Sequence[Told]) -> None:
    """The same where the mail differs between recipients, in as many statements. The line stands
    whatever the reader chose; mail is left out, or held for the daily one (U29). Raises LookupError
    for a kind that is not registered."""
    kinds.check({message.kind for message, _ in rows})
    readers: dict[kinds.Group, set[Reader]] = {}
    for message, _ in rows:
        people = readers.setdefault(kinds.group_of(message.kind), set())
        people.add((message.recipient_id, message.to))
    # One query for each group.
    chosen = {group: choices_of(people, group) for group, people in readers.items()}
    mails = []
    for message, line in rows:
        kind = kinds.get(message.kind)
        wanted = chosen[kind.group].get((message.recipient_id, message.to))
        held = wanted == Choice.DAILY and not kind.urgent
        if line:
            line.held = held
        if wanted != Choice.PORTAL and not held:
            mails.append(message)
    outbox.queue(mails)
    lines = [line for _, line in rows if line]
    Notification.objects.bulk_create(lines, ignore_conflicts=True)
