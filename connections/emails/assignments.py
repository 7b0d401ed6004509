"""Mails to employees about what they may do for clients (U17)."""

from collections.abc import Mapping, Sequence

from accounts.models import Organization, User
from accounts.portals import page
from connections.emails.parts import MOST_ROLES, role_facts
from connections.models import Connection
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line
from core.web.access import Level


def assignments_changed(
    connection: Connection, person: User, levels: Mapping[str, Level], *, by: User
) -> None:
    seller = inert(connection.seller.name)
    _tell(
        connection.provider,
        person,
        key=f"{'assignment' if levels else 'unassigned'}:{connection.public_id}",
        ended=not levels,
        heading=f"You can act for {seller}" if levels else f"You no longer act for {seller}",
        text=f"{inert(by.name)} changed what you may do for this client.",
        facts=role_facts(levels),
        by=by,
    )


def many_assignments_changed(
    provider: Organization, person: User, changes: Sequence[tuple[str, str]], *, by: User
) -> None:
    """The same about many clients at once: (client, role and level) for each change."""
    more = len(changes) - MOST_ROLES
    facts = [(inert(client), words) for client, words in changes[:MOST_ROLES]]
    _tell(
        provider,
        person,
        key=f"assignments:{provider.public_id}",
        heading="What you may do for clients has changed",
        text=f"{inert(by.name)} changed what you may do for these clients.",
        facts=(*facts, *((("More changes", str(more)),) if more > 0 else ())),
        by=by,
    )


def _tell(
    provider: Organization,
    person: User,
    *,
    key: str,
    heading: str,
    text: str,
    facts: Sequence[tuple[str, str]],
    by: User,
    ended: bool = False,
) -> None:
    # Who is told of an end need not be in the firm any more when the mail leaves.
    tell(
        [Recipient.of(person, None if ended else provider)],
        key=f"{key}:{person.pk}:{clock.now().isoformat()}",
        kind="connections.assignment_changed",
        mail=Mail(
            subject=subject_line(provider.name, "Your rights", "changed"),
            heading=heading,
            paragraphs=(text,),
            facts=tuple(facts),
            button=("See your clients", page(provider, "clients")),
            organization=inert(provider.name),
        ),
        organization=provider,
        caused_by=by,
    )
