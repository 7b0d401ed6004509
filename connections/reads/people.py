"""Who acts through a connection, and what is granted through it: what both sides' pages read."""

from typing import Any

from django.db.models import Count, Max

from connections.models import Connection, EffectiveRight, RoleGrant
from core import clock
from core.web.access import Level
from core.web.formats import ending
from roles.reads.availability import approved_levels

MOST_PEOPLE = 50


def acting_people(connection: Connection) -> list[dict[str, Any]]:
    """The provider's people who can act for the seller now: name, administrator, roles, level.

    Administrators first, by name, at most fifty; one query.
    """
    rows = (
        EffectiveRight.objects.in_force(clock.now())
        .filter(connection=connection, provider_id=connection.provider_id)
        .values("user_id", "user__name", "administrator")
        .annotate(roles=Count("role_id"), highest=Max("level"))
        .order_by("-administrator", "user__search_key", "user_id")[:MOST_PEOPLE]
    )
    return [
        {
            "name": row["user__name"],
            "administrator": row["administrator"],
            "roles": row["roles"],
            "highest": Level(row["highest"]).word,
        }
        for row in rows
    ]


def granted_roles(connection: Connection) -> list[dict[str, Any]]:
    """The granted roles in catalogue order: role, granted level, and what it counts for now.

    `note` says why it counts for less than granted; `people` how many employees are assigned.
    Two queries.
    """
    grants = (
        RoleGrant.objects.in_force(clock.now())
        .filter(connection=connection)
        .with_list_data()
        .annotate(people=Count("assignments"))
        .order_by("role__position")
    )
    approved = approved_levels(connection.provider_id, clock.now())
    rows = []
    for grant in grants:
        counts = min(Level(grant.level), approved.get(grant.role_id, Level.NONE))
        rows.append(
            {
                "grant": grant,
                "role": grant.role,
                "granted": Level(grant.level).word,
                "until": ending(grant.ends_at),
                "counts": counts.word,
                "note": _note(counts, grant),
                "people": grant.people,
            }
        )
    return rows


def _note(counts: Level, grant: RoleGrant) -> str:
    if counts == Level(grant.level):
        return ""
    if counts:
        return f"Approved up to {counts.word} only at the moment."
    return "Not approved at the moment: nobody can use it."
