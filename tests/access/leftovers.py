"""Permission rows that should be gone: what people assigned by hand must not outlive its ground."""

from typing import Any

from django.db.models import Count, Exists, OuterRef
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.models import Membership, MembershipRight, User
from accounts.states import OrganizationKind
from connections.models import Assignment
from connections.states import LIVE_CONNECTION, GrantStatus


def _live(organization: str) -> Any:
    """Whether the row's person is a member, suspended or not, of this organization."""
    rows = Membership.objects.live().filter(user_id=OuterRef("user_id"))
    return Exists(rows.filter(organization_id=OuterRef(organization)))


def leftovers() -> list[str]:
    """What is wrong with the permission rows (N8, A11); [] when each stands on its ground.

    No row without a membership, on an ended grant or connection, on another kind of organization;
    one level for each person and grant; nothing in the library's generic tables, nothing for an
    anonymous person.
    """
    assigned, rights = Assignment.objects.all(), MembershipRight.objects.all()
    twice = assigned.values("user", "content_object").annotate(n=Count("pk")).filter(n__gt=1)
    found = {
        "assignments without membership": assigned.exclude(_live("content_object__provider_id")),
        "assignments to ended grants": assigned.exclude(content_object__status=GrantStatus.ACTIVE),
        "assignments to ended connections": assigned.exclude(
            content_object__connection__status__in=LIVE_CONNECTION
        ),
        "rights without membership": rights.exclude(_live("content_object_id")),
        "rights in providers": rights.filter(content_object__kind=OrganizationKind.PROVIDER),
        "two levels of one person": twice,
        "generic rows": UserObjectPermission.objects.all(),
        "generic rows of groups": GroupObjectPermission.objects.all(),
        "anonymous people": User.objects.filter(email__icontains="anonymous"),
    }
    return [name for name, rows in found.items() if rows.exists()]
