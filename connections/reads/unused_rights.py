"""Rights that nobody used for a while: what the reports of both sides list (X4).

Never used counts from the day it was granted, or assigned. Only roles whose pages stand in
PartnerHub can be known about; see rights/uses.py.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DateField, Exists, Max, OuterRef, Q, Subquery

from accounts.models import Organization
from connections.models import Assignment, RightUse, RoleGrant
from connections.rights.uses import observed
from connections.states import LIVE_CONNECTION
from core import clock

DAYS = (30, 90)


def unused_grants(days: int, **party: Any) -> Any:
    """Live grants of this `seller` or `provider` that nobody used for so many days of theirs.

    `last_used` is the newest day on which anybody did, None for never.
    """
    since, last = _ago(days, **party)
    used = RightUse.objects.filter(connection=OuterRef("connection"), role=OuterRef("role"))
    rows = _live(RoleGrant.objects.active(), "").filter(granted_at__lt=since, **party)
    return (
        rows.filter(~Exists(used.filter(last_used_on__gt=last)))
        .annotate(last_used=_newest(used, "role"))
        .select_related("connection__seller", "connection__provider", "role")
    )


def unused_assignments(days: int, **party: Any) -> Any:
    """The same for employees' assignments: those their person did not use for so many days."""
    since, last = _ago(days, **party)
    used = RightUse.objects.filter(
        connection=OuterRef("content_object__connection"),
        role=OuterRef("content_object__role"),
        user=OuterRef("user"),
    )
    lookup = {f"content_object__{name}": value for name, value in party.items()}
    return (
        _live(Assignment.objects.filter(content_object__status="active"), "content_object__")
        .filter(Q(assigned_at=None) | Q(assigned_at__lt=since), **lookup)
        .filter(~Exists(used.filter(last_used_on__gt=last)))
        .filter(content_object__granted_at__lt=since)
        .annotate(last_used=_newest(used, "user"))
        .select_related(
            "user",
            "permission",
            "content_object__role",
            "content_object__connection__seller",
            "content_object__connection__provider",
        )
    )


def _ago(days: int, **party: Organization) -> tuple[datetime, date]:
    """So many days ago, as a moment and as the day it was for the reading side."""
    zone = next(iter(party.values())).zone
    return clock.now() - timedelta(days=days), clock.today(zone) - timedelta(days=days)


def last_uses(connection: Any) -> dict[int, tuple[date, int]]:
    """Role id -> the newest day on which anybody used it, and by how many people ever; a query."""
    rows = RightUse.objects.filter(connection=connection).values("role")
    rows = rows.annotate(last=Max("last_used_on"), people=Count("user"))
    return {row["role"]: (row["last"], row["people"]) for row in rows}


def _live(rows: Any, prefix: str) -> Any:
    """Those of roles that are known about, over connections that are in force."""
    return rows.filter(
        **{
            f"{prefix}role__code__in": observed(),
            f"{prefix}connection__status__in": LIVE_CONNECTION,
            f"{prefix}connection__ends_at__gt": clock.now(),
        }
    )


def _newest(used: Any, group: str) -> Subquery:
    newest = used.order_by().values(group).annotate(last=Max("last_used_on")).values("last")
    return Subquery(newest, output_field=DateField())
