"""What an ended connection took away, what it left open, and who still sees what (X19)."""

from itertools import groupby
from typing import Any

from accounts.models import Organization
from connections.models import Connection, FormerRight
from core import hooks
from core.hooks import Work
from core.web.access import Level
from core.web.pagination import Page, paginate

SIZE = 200


def rights_removed(connection: Connection, request: Any) -> tuple[Page[Any], list[dict[str, Any]]]:
    """A page of what people could do until the end, grouped by person; one query."""
    rows = FormerRight.objects.filter(connection=connection).select_related("user", "role")
    page = paginate(rows, request, order=("id",), size=SIZE)
    people = []
    for _, group in groupby(page, key=lambda row: (row.user_id, row.administrator)):
        rights = list(group)
        first = rights[0]
        people.append(
            {
                "name": first.user.name if first.user else "Somebody",
                "administrator": first.administrator,
                "rights": [(row.role.name, Level(row.level).word) for row in rights],
            }
        )
    return page, people


def work_left_open(connection: Connection) -> list[Work]:
    seller = connection.seller
    found = hooks.work_left_open(
        seller.pk, seller.handle, connection.provider_id, connection.started_at
    )
    return [work for work in found if work.rows]


def who_sees_what(connection: Connection, reader: Organization) -> list[str]:
    if reader.pk == connection.seller_id:
        firm = connection.provider.name
        return [
            f"{firm} sees none of this account's pages any more.",
            "Everything its people prepared belongs to this account and stays here.",
            "Suppliers go on with what was shared with them; nobody of the firm can answer them.",
            "Both sides keep the history of what happened between them.",
            f"{firm} keeps the names and dates of what it did, not the contents.",
        ]
    seller = connection.seller.name
    return [
        f"Your people see none of {seller}'s pages any more.",
        f"What they prepared belongs to {seller} and stays there.",
        "Both sides keep the history of what happened between them, and this page.",
    ]
