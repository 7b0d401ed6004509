"""For whom a person may act: the provider's list of clients, and the switcher (U30).

On PostgreSQL the walks are functions that keep their plans (see effective_rights.py); a search, and
SQLite, ask the view.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Organization, User
from connections.models import Assignment, Connection, EffectiveRight
from core import clock
from core.db import matching
from core.spellings import search_key
from core.web.access import Level
from core.web.pagination import Page, paginate_by

SWITCHER = 20
SIZE = 50

_Row = tuple[int, str, str, str, int]


def rights_of(user: User, search: str = "") -> Any:
    """The rights in force of this person for any seller whose name holds `search`."""
    rows = EffectiveRight.objects.in_force(clock.now()).filter(user=user)
    return matching(rows, search, "organization")


def clients_of(
    user: User, provider: Organization, request: HttpRequest, *, search: str = "", size: int = SIZE
) -> Page[dict[str, Any]]:
    """One page of the sellers for whom `user` may act as one of `provider`'s people.

    Each row has id, name, url and roles: (role name, level word) pairs. The page walks by seller
    id, so that its cost does not grow with the number of clients. One statement on PostgreSQL,
    two for a search.
    """

    def fetch(start: Sequence[Any] | None, backwards: bool, limit: int) -> list[dict[str, Any]]:
        after = int(start[0]) if start else 0
        if connection.vendor == "postgresql" and not search:
            rows = _walk(user, provider, after, backwards, limit)
        else:
            rows = _search(user, provider, search, after if start else None, backwards, limit)
        return _clients(rows)[:limit]

    return paginate_by(fetch, request, order=("id",), size=size)


def paused_clients(user: User, provider: Organization) -> list[Connection]:
    """Clients this employee is assigned to, but cannot enter while they are paused; one query."""
    rows = Connection.objects.for_provider(provider).paused(clock.now()).with_list_data()
    mine = Assignment.objects.filter(user=user).values("content_object__connection_id")
    return list(rows.filter(pk__in=mine).order_by("seller__search_key", "pk")[:SWITCHER])


def may_enter(user: User, provider: Organization, sellers: list[int]) -> set[int]:
    """Which of these sellers `user` may act for as one of `provider`'s people; one query."""
    rows = rights_of(user).filter(provider=provider, organization_id__in=sellers)
    return set(rows.values_list("organization_id", flat=True))


def sellers_for(user: User, *, search: str = "", limit: int = SWITCHER) -> list[dict[str, Any]]:
    """Up to `limit` sellers for whom the person may act, for the switcher; one statement.

    Each has seller_name, provider_name (the acting firm) and url.
    """
    if connection.vendor == "postgresql" and not search:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM connections_sellers(%s, %s, %s)", [user.pk, clock.now(), limit]
            )
            rows = cursor.fetchall()
    else:
        columns = ("organization_id", "organization__name", "organization__handle")
        distinct = rights_of(user, search).values_list(*columns, "provider__name").distinct()
        rows = list(distinct.order_by("organization_id")[:limit])
    home = _home()
    found = [
        {"seller_name": name, "provider_name": provider, "url": home % handle}
        for _, name, handle, provider in rows[:limit]
    ]
    return sorted(found, key=lambda row: search_key(row["seller_name"]))


def _walk(
    user: User, provider: Organization, after: int, backwards: bool, limit: int
) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM connections_clients(%s, %s, %s, %s, %s, %s)",
            [user.pk, provider.pk, clock.now(), after, backwards, limit],
        )
        return cursor.fetchall()


def _search(
    user: User, provider: Organization, search: str, after: int | None, backwards: bool, limit: int
) -> list[_Row]:
    rights = rights_of(user, search).filter(provider=provider)
    if not _administers(user, provider):
        mine = Assignment.objects.filter(user=user).values("content_object_id")
        rights = rights.filter(grant_id__in=mine)
    page = rights
    if after is not None:
        step = "organization_id__lt" if backwards else "organization_id__gt"
        page = page.filter(**{step: after})
    order = "-organization_id" if backwards else "organization_id"
    ids = list(page.values_list("organization_id", flat=True).distinct().order_by(order)[:limit])
    return list(
        rights.filter(organization_id__in=ids)
        .order_by(order, "role_id")
        .values_list(
            "organization_id", "organization__name", "organization__handle", "role__name", "level"
        )
    )


def _home() -> str:
    return reverse("seller:home", args=["handle"]).replace("/handle/", "/%s/")


def _administers(user: User, provider: Organization) -> bool:
    return bool(provider.memberships.administrators(provider).filter(user=user).exists())


def _clients(rows: list[_Row]) -> list[dict[str, Any]]:
    found, home = [], _home()
    for (seller, name, handle), group in groupby(rows, key=lambda row: row[:3]):
        found.append(
            {
                "id": seller,
                "name": name,
                "url": home % handle,
                "roles": [(role, Level(level).word) for *_, role, level in group],
            }
        )
    return found
