"""Who of a provider's employees can be assigned, and what is assigned."""

from collections.abc import Iterable
from typing import Any

from accounts.models import Membership, Organization
from accounts.states import MembershipRole
from connections.models import Assignment, RoleGrant
from core.web.access import Level

CODENAMES = {level: f"assigned_{level.word}" for level in Level if level}
LEVELS = {codename: level for level, codename in CODENAMES.items()}


def employees_of(provider: Organization) -> Any:
    """The provider's employees in force; administrators need no assignment."""
    rows = Membership.objects.active().filter(organization=provider, role=MembershipRole.EMPLOYEE)
    return rows.select_related("user")


def held(grants: Iterable[RoleGrant], users: Iterable[int]) -> dict[tuple[int, int], Level]:
    """(grant id, user id) -> assigned level; one query."""
    rows = Assignment.objects.filter(
        content_object__in=[grant.pk for grant in grants], user__in=list(users)
    ).values_list("content_object_id", "user_id", "permission__codename")
    return {(grant, user): LEVELS[codename] for grant, user, codename in rows}
