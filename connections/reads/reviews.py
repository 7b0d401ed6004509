"""What a review of a partner shows, and whether one waits (U42)."""

from typing import Any

from accounts.models import Organization
from connections.models import Connection, ConnectionReview
from connections.reads import people
from connections.reads.unused_rights import last_uses
from connections.rights.uses import observed
from connections.states import ReviewStatus
from core import clock
from core.web.formats import count, day

UNKNOWN = "used outside of PartnerHub: not known"


def open_review(connection: Connection) -> ConnectionReview | None:
    return ConnectionReview.objects.open().filter(connection=connection).first()


def last_reviewed(connection: Connection) -> str:
    rows = ConnectionReview.objects.filter(connection=connection, status=ReviewStatus.CONFIRMED)
    newest = rows.order_by("-closed_at").first()
    return day(newest.closed_at) if newest else ""


def roles_with_use(connection: Connection) -> list[dict[str, Any]]:
    """people.granted_roles() with `used`, when and by how many people; three queries."""
    uses = last_uses(connection)
    rows = people.granted_roles(connection)
    for row in rows:
        row["used"] = _used(row["role"], uses)
    return rows


def _used(role: Any, uses: dict[int, Any]) -> str:
    if role.code not in observed():
        return UNKNOWN
    if role.pk not in uses:
        return "never"
    last, number = uses[role.pk]
    return f"{day(last)}, by {count(number, 'person', 'people')} so far"


def waiting_reviews(seller: Organization) -> tuple[int, int, ConnectionReview | None]:
    """How many reviews wait, how many of them are overdue, and the first; one query.

    Counted up to a hundred.
    """
    rows = ConnectionReview.objects.open().filter(connection__seller=seller)
    found = list(rows.select_related("connection__provider").order_by("due_at", "id")[:100])
    now = clock.now()
    return len(found), sum(row.due_at <= now for row in found), next(iter(found), None)
