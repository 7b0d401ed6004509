"""Who may use what, client by client: what the assignment pages read (U17)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count

from accounts.models import IdentityCheck, Membership
from accounts.states import MembershipRole
from connections.models import Assignment, Connection, RoleGrant
from connections.transitions.assignments import LEVELS
from partnerhub import clock
from partnerhub.web.access import Level

COLUMNS = 8
ROWS = 25


def employees_of(provider: Any) -> Any:
    """The provider's employees in force; administrators need no assignment."""
    rows = Membership.objects.active().filter(organization=provider, role=MembershipRole.EMPLOYEE)
    return rows.select_related("user")


def grants_of(connection: Connection) -> list[RoleGrant]:
    """The granted roles in catalogue order; one query."""
    rows = RoleGrant.objects.in_force(clock.now()).filter(connection=connection).with_list_data()
    return list(rows.order_by("role__position"))


def held(
    grants: Sequence[RoleGrant], members: Sequence[Membership]
) -> dict[tuple[int, int], Level]:
    """(grant id, membership id) -> assigned level; one query."""
    of_user = {member.user_id: member.pk for member in members}
    rows = Assignment.objects.filter(
        content_object__in=[grant.pk for grant in grants], user__in=list(of_user)
    ).values_list("content_object_id", "user_id", "permission__codename")
    return {(grant, of_user[user]): LEVELS[codename] for grant, user, codename in rows}


def unidentified(members: Sequence[Membership]) -> set[int]:
    """Memberships of people whose identity is not verified now: assigned, they cannot act yet."""
    users = [member.user_id for member in members]
    known = set(
        IdentityCheck.objects.in_force(clock.now())
        .filter(user__in=users)
        .values_list("user_id", flat=True)
    )
    return {member.pk for member in members if member.user_id not in known}


def counts(
    connections: Sequence[Connection], members: Sequence[Membership]
) -> dict[tuple[int, int], int]:
    """(connection id, user id) -> how many granted roles the person is assigned to; one query."""
    rows = (
        Assignment.objects.filter(
            content_object__in=RoleGrant.objects.in_force(clock.now()).filter(
                connection__in=connections
            ),
            user__in=[member.user_id for member in members],
        )
        .values_list("content_object__connection_id", "user_id")
        .annotate(number=Count("id"))
    )
    return {(connection, user): number for connection, user, number in rows}


def roles_of(user_id: int, connections: Sequence[Connection]) -> dict[int, list[tuple[str, str]]]:
    """Connection id -> (role name, level word) pairs of one person; one query.

    The level is the lower one of assigned and granted.
    """
    rows = (
        Assignment.objects.filter(
            user=user_id,
            content_object__in=RoleGrant.objects.in_force(clock.now()).filter(
                connection__in=connections
            ),
        )
        .order_by("content_object__role__position")
        .values_list(
            "content_object__connection_id",
            "content_object__role__name",
            "content_object__level",
            "permission__codename",
        )
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for connection, role, granted, codename in rows:
        level = min(LEVELS[codename], Level(granted))
        found.setdefault(connection, []).append((role, level.word))
    return found
