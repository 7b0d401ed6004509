"""django-guardian with its generic tables: a row for each person and one for each firm's group."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection
from guardian.backends import ObjectPermissionBackend
from guardian.shortcuts import get_objects_for_user, remove_perm

from accounts.models import User
from benchmarks.peers.models import Shop

PERMISSION = "peers.act"

_FILL = """
INSERT INTO peers_shop (id, name)
  SELECT id, name FROM accounts_organization WHERE kind = 'seller';
INSERT INTO auth_group (name)
  SELECT 'firm ' || id FROM accounts_organization WHERE kind = 'provider';
INSERT INTO accounts_user_groups (user_id, group_id)
  SELECT m.user_id, g.id FROM accounts_membership m
  JOIN auth_group g ON g.name = 'firm ' || m.organization_id;
INSERT INTO guardian_userobjectpermission (user_id, permission_id, content_type_id, object_pk)
  SELECT m.user_id, p.id, p.content_type_id, g.seller_id FROM connections_rolegrant g
  JOIN accounts_membership m ON m.organization_id = g.provider_id AND m.role = 'administrator'
  JOIN auth_permission p ON p.id = %(permission)s;
INSERT INTO guardian_groupobjectpermission (group_id, permission_id, content_type_id, object_pk)
  SELECT f.id, p.id, p.content_type_id, g.seller_id FROM connections_rolegrant g
  JOIN auth_group f ON f.name = 'firm ' || g.provider_id
  JOIN auth_permission p ON p.id = %(permission)s;
VACUUM ANALYZE;
"""

_ASSIGN = """
INSERT INTO guardian_userobjectpermission (user_id, permission_id, content_type_id, object_pk)
  SELECT DISTINCT a.user_id, p.id, p.content_type_id, g.seller_id::text
  FROM connections_assignment a JOIN connections_rolegrant g ON g.id = a.content_object_id
  JOIN auth_permission p ON p.id = %(permission)s ON CONFLICT DO NOTHING
"""


def _run(script: str) -> None:
    permission = Permission.objects.get(content_type__app_label="peers", codename="act")
    with connection.cursor() as cursor:
        for statement in script.split(";"):
            if statement.strip():
                cursor.execute(statement, {"permission": permission.pk})


def fill() -> None:
    """What guardian would store for the grants that the database holds."""
    if not Group.objects.filter(name__startswith="firm ").exists():
        _run(_FILL)


def assign() -> None:
    """A row for each employee and shop that the employee is assigned to."""
    fill()
    _run(_ASSIGN)


def may(user: User, shop: Shop) -> bool:
    """Whether the person may act for the shop, as `user.has_perm` asks; it remembers nothing."""
    return bool(ObjectPermissionBackend().has_perm(user, PERMISSION, shop))


def shops_of(user_id: int, size: int = 50) -> list[Any]:
    user = User(pk=user_id, is_active=True)
    return list(get_objects_for_user(user, PERMISSION, klass=Shop).order_by("pk")[:size])


def take_away(users: list[User], shops: Any) -> None:
    """Remove the right of these people on these shops, in bulk for each person."""
    for user in users:
        remove_perm(PERMISSION, user, shops)
