"""What the mails of this app share: facts in words, and whom to tell with which page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from accounts import portals
from accounts.models import Organization, User
from accounts.tenancy import administrators
from connections.models import Connection, PartnerLink
from core.audit.presenters import Values, said
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert
from core.web.access import Level
from core.web.formats import mail_ending
from roles.models import Role

MOST_ROLES = 20


def reason_facts(reason: str) -> tuple[tuple[str, str], ...]:
    return (("Reason", inert(reason, 300)),) if reason else ()


def role_names(codes: Iterable[str]) -> dict[str, str]:
    return dict(Role.objects.filter(code__in=list(codes)).values_list("code", "name"))


def role_facts(levels: Mapping[str, Level]) -> tuple[tuple[str, str], ...]:
    """Each role with its level, in the order of names; the rest of a long list as a number."""
    names = role_names(levels)
    facts = sorted((names[code], level.word) for code, level in levels.items())
    more = len(facts) - MOST_ROLES
    return (*facts[:MOST_ROLES], *((("More roles", str(more)),) if more > 0 else ()))


def difference(before: Values, after: Values) -> tuple[tuple[str, str], ...]:
    names = role_names([*before, *after])

    def words(code: str) -> str:
        was, is_now = (said(side.get(code, "none"), mail_ending) for side in (before, after))
        return f"{was} → {is_now}"

    shown = sorted(names, key=names.__getitem__)[:MOST_ROLES]
    return tuple((names[code], words(code)) for code in shown)


def partner_name(link: PartnerLink) -> str:
    return inert(link.provider.name if link.provider else link.address)


def tell_administrators(organization: Organization, **message: Any) -> None:
    """One message to every administrator of the organization; arguments as for tell()."""
    recipients = Recipient.administrators(administrators(organization), organization)
    tell(recipients, organization=organization, **message)


def tell_side(
    connection: Connection,
    reader: Organization,
    mail: Mail,
    *,
    key: str,
    kind: str,
    page: str = "",
    label: str = "Look at the connection",
    by: User | None = None,
    until: datetime | None = None,
) -> None:
    """One message to the administrators of one side, of use `until` then.

    Behind the button is a page of the connection that both portals have, such as "renewal", in
    the reader's own.
    """
    word = portals.portal_of(reader).connection
    path = portals.page(reader, f"{word}-{page}" if page else word, connection.public_id)
    mail = replace(mail, button=(label, path))
    tell_administrators(reader, key=key, kind=kind, mail=mail, caused_by=by, until=until)


def tell_both(
    connection: Connection, event: str, mail: Callable[[Organization], Mail], **options: Any
) -> None:
    """What `mail` says of the other side, to each side; options as for tell_side()."""
    seller, provider = connection.seller, connection.provider
    for reader, other in ((provider, seller), (seller, provider)):
        tell_side(
            connection,
            reader,
            mail(other),
            key=f"connection:{connection.public_id}:{event}:{reader.kind}",
            kind=f"connections.connection_{event.partition(':')[0]}",
            **options,
        )
