"""The consent receipt: who granted what to whom, on which approvals, with its seals (X8).

The same for both sides: it holds both chains' hashes and nothing that only one of them may know,
and no date but those of what happened. The same state gives the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.models import Organization
from accounts.reads import history
from connections.models import Connection, RoleGrant
from connections.states import GrantStatus
from connections.verbs import DOWNLOADED
from core.audit.models import Event, Seal
from core.web.access import Level
from core.web.formats import country, day, ending, minute
from roles.models import ApprovedRole

MOST_ENTRIES = 2000
Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Entry:
    """One event of the connection, numbered in the order in which it happened."""

    number: int
    when: str
    who: str
    what: str
    detail: str
    event: str
    seals: Facts
    codes: frozenset[str]


def behind(connection: Connection) -> list[Any]:
    if connection.invitation is None:
        return [connection]
    return [connection, connection.invitation, connection.invitation.partner_link]


def _facts(connection: Connection) -> Facts:
    facts = [
        ("Granted by", _party(connection.seller)),
        ("Granted to", _party(connection.provider)),
        ("On", settings.MARKETPLACE_NAME),
        ("Connection", str(connection.public_id)),
        ("Connected since", minute(connection.started_at)),
        ("Agreed until", ending(connection.ends_at)),
    ]
    if connection.ended_at:
        side = connection.get_ended_side_display()
        facts.append(("Ended", f"{minute(connection.ended_at)}, by {side}"))
    return tuple(facts)


def _party(organization: Organization) -> str:
    return f"{organization.name} ({organization.handle}), {country(organization)}"


def _grants(connection: Connection, entries: Sequence[Entry]) -> Iterator[tuple[str, Facts]]:
    """Each role with its level, and what is said of it."""
    rows = RoleGrant.objects.filter(connection=connection).select_related("role", "granted_by")
    approvals = {
        row.role_id: row
        for row in ApprovedRole.objects.filter(
            provider_id=connection.provider_id, role__in=rows.values("role")
        )
    }
    for row in rows.order_by("role__position", "granted_at", "pk"):
        facts = _grant_facts(connection, row, approvals.get(row.role_id), entries)
        yield f"{row.role.name}: {Level(row.level).word}", facts


def _grant_facts(
    connection: Connection, row: RoleGrant, approval: Any, entries: Sequence[Entry]
) -> Facts:
    by = f" by {row.granted_by.name}" if row.granted_by else ""
    until = ending(row.ends_at or connection.ends_at)
    numbers = ", ".join(str(entry.number) for entry in entries if row.role.code in entry.codes)
    ended = row.status == GrantStatus.ENDED
    return (
        ("From", f"{minute(row.granted_at)}{by}"),
        ("Until", f"ended {minute(row.ended_at)}" if ended else until),
        ("Rests on", _approval(approval)),
        *((("Entries below", numbers),) if numbers else ()),
    )


def _approval(row: Any) -> str:
    if row is None:
        return "no approval on record any more"
    said = (
        f"approval by {settings.MARKETPLACE_NAME} up to {Level(row.level).word}, "
        f"{day(row.approved_at)} to {ending(row.expires_at)}"
    )
    ended = f"; {row.get_status_display().lower()} since {day(row.ended_at)}"
    return said + ended if row.ended_at else said


def _entries(connection: Connection) -> tuple[Entry, ...]:
    about = Q()
    for row in behind(connection):
        about |= Q(object_type=row._meta.label_lower, object_id=str(row.public_id))
    # Downloading the receipt is no change of what it says.
    events = list(
        Event.objects.filter(about).exclude(verb=DOWNLOADED).order_by("at", "pk")[:MOST_ENTRIES]
    )
    parties = {connection.seller_id: connection.seller, connection.provider_id: connection.provider}
    seals = _seals(events, parties)
    rows = history.entries(events, connection.seller)
    return tuple(
        Entry(
            number=number,
            when=row["when"],
            who=_who(row["who"], parties.get(event.organization_id or 0), event),
            what=row["text"],
            detail=row["detail"],
            event=str(event.uid),
            seals=seals.get(event.pk, ()),
            codes=frozenset({*event.before, *event.after}),
        )
        for number, (event, row) in enumerate(zip(events, rows, strict=True), start=1)
    )


def _who(name: str, firm: Any, event: Event) -> str:
    return f"{name}, {firm.name}" if firm and event.actor_ref else name


def _seals(events: Sequence[Event], parties: dict[int, Any]) -> dict[int, Facts]:
    """Event key -> (party, hash) of both chains, the seller's first; one query."""
    rows = Seal.objects.filter(
        event_id__in=[event.pk for event in events], organization_id__in=list(parties)
    )
    hashes = {(row.event_id, row.organization_id): row.hash for row in rows}
    return {
        event.pk: tuple(
            (parties[pk].name, hashes[event.pk, pk]) for pk in parties if (event.pk, pk) in hashes
        )
        for event in events
    }


def receipt_pdf(connection: Connection) -> bytes:
    """The receipt as it stands now; a fixed number of queries."""
    from core.pdf.letters import Letter  # reportlab: only who asks for a PDF pays for it

    entries = _entries(connection)
    grants = list(_grants(connection, entries))
    title = f"Consent receipt: {connection.seller.name} and {connection.provider.name}"
    out = BytesIO()
    letter = Letter(out, title, footer=title)
    letter.heading("Consent receipt", size=18)
    letter.facts(_facts(connection))
    letter.heading("Roles")
    if not grants:
        letter.paragraph("No role was granted.")
    for role, facts in grants:
        letter.paragraph(role, size=10.5)
        letter.facts(facts, indent=12)
        letter.gap()
    letter.heading("What happened, and its seals")
    letter.paragraph(
        "Each event is sealed into the history of both sides. Either can look a hash up under "
        "History > Verify the chain, or compute it again from an export."
    )
    for entry in entries:
        letter.gap()
        letter.paragraph(f"{entry.number}. {entry.what} ({entry.who}, {entry.when})")
        details = [("Changed", entry.detail)] if entry.detail else []
        seals = [("Seal", f"{digest} ({name})") for name, digest in entry.seals]
        waiting = [] if seals else [("Seal", "not sealed yet")]
        letter.facts([*details, ("Event", entry.event), *seals, *waiting], indent=12)
    letter.close()
    return out.getvalue()
