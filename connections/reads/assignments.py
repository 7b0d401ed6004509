"""Who may use what, client by client: what the assignment pages read (U17)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.models import IdentityCheck, Membership, Organization
from connections.models import Assignment, Connection, RoleGrant
from connections.rights import assignments
from connections.rights.assignments import CODENAMES, LEVELS, employees_of
from connections.states import GrantStatus
from core import clock
from core.db import matching
from core.web.access import Level
from core.web.formats import count
from roles.models import Role


@dataclass(frozen=True)
class Filters:
    client: str = ""
    person: str = ""
    role: Role | None = None
    level: Level = Level.NONE
    nobody: bool = False

    def assignments(self) -> Any:
        rows = Assignment.objects.all()
        if self.role:
            rows = rows.filter(content_object__role=self.role)
        if self.level:
            rows = rows.filter(permission__codename=CODENAMES[self.level])
        return rows


def grants_of(connection: Connection) -> list[RoleGrant]:
    """The granted roles in catalogue order; one query."""
    rows = RoleGrant.objects.in_force(clock.now()).filter(connection=connection).with_list_data()
    return list(rows.order_by("role__position"))


def clients_of(provider: Organization, filters: Filters) -> Any:
    """The live connections under these filters: those of that name who granted that role, with
    somebody assigned at that level, or with nobody assigned.
    """
    now = clock.now()
    rows = Connection.objects.for_provider(provider).live(now).with_list_data()
    rows = matching(rows, filters.client, "seller")
    if filters.role:
        granted = RoleGrant.objects.in_force(now).filter(role=filters.role)
        rows = rows.filter(Exists(granted.filter(connection=OuterRef("pk"))))
    working = employees_of(provider).order_by().values("user_id")
    somebody = filters.assignments().filter(
        Q(content_object__ends_at=None) | Q(content_object__ends_at__gt=now),
        content_object__provider=provider,
        content_object__connection=OuterRef("pk"),
        content_object__status=GrantStatus.ACTIVE,
        user__in=working,
    )
    if filters.nobody:
        return rows.filter(~Exists(somebody))
    return rows.filter(Exists(somebody)) if filters.level else rows


def granted_roles(provider: Organization) -> list[Role]:
    """The roles that any client has granted, in catalogue order; one query."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(provider=provider, role=OuterRef("pk"))
    return list(Role.objects.filter(Exists(grants)).order_by("position"))


def held(
    grants: Sequence[RoleGrant], members: Sequence[Membership]
) -> dict[tuple[int, int], Level]:
    """(grant id, membership id) -> assigned level; one query."""
    of_user = {member.user_id: member.pk for member in members}
    found = assignments.held(grants, of_user)
    return {(grant, of_user[user]): level for (grant, user), level in found.items()}


def unidentified(members: Sequence[Membership]) -> set[int]:
    """Memberships of people whose identity is not verified now: assigned, they cannot act yet."""
    users = [member.user_id for member in members]
    known = set(
        IdentityCheck.objects.in_force(clock.now())
        .filter(user__in=users)
        .values_list("user_id", flat=True)
    )
    return {member.pk for member in members if member.user_id not in known}


def cells(
    connections: Iterable[Connection], members: Iterable[Membership], filters: Filters
) -> dict[tuple[int, int], str]:
    """(connection id, user id) -> "2 roles", or the level where one role is looked for; one query.

    Says nothing of pairs without an assignment that counts under the filters.
    """
    rows = filters.assignments().filter(
        content_object__in=RoleGrant.objects.in_force(clock.now()).filter(
            connection__in=connections
        ),
        user__in=[member.user_id for member in members],
    )
    found: dict[tuple[int, int], list[str]] = {}
    names = ("content_object__connection_id", "user_id", "permission__codename")
    for connection, user, codename in rows.values_list(*names):
        found.setdefault((connection, user), []).append(LEVELS[codename].word)
    if filters.role:
        return {pair: words[0] for pair, words in found.items()}
    return {pair: count(len(words), "role") for pair, words in found.items()}


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
