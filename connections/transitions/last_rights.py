"""What is written down before a connection's rights go: afterwards nobody could tell (X19)."""

from accounts.tenancy import administrators
from connections.models import Assignment, Connection, FormerRight, RoleGrant
from connections.rights.assigned import LEVELS
from core.web.access import Level


def keep_rights(connection: Connection) -> None:
    """Keep who could do what until now; the caller has locked the connection and ends it.

    Administrators of the provider could use every granted role at its level, employees what they
    were assigned. Four statements.
    """
    grants = list(RoleGrant.objects.active().filter(connection=connection).order_by("role_id"))
    levels = {grant.pk: Level(grant.level) for grant in grants}
    admins = [user.pk for user in administrators(connection.provider)]
    rows = [
        FormerRight(
            connection=connection,
            user_id=user_id,
            role_id=grant.role_id,
            level=grant.level,
            administrator=True,
        )
        for user_id in admins
        for grant in grants
    ]
    assigned = (
        Assignment.objects.filter(content_object__in=grants)
        .exclude(user__in=admins)
        .select_related("permission", "content_object")
        .order_by("user_id", "content_object__role_id")
    )
    rows += [
        FormerRight(
            connection=connection,
            user_id=row.user_id,
            role_id=row.content_object.role_id,
            level=min(LEVELS[row.permission.codename], levels[row.content_object_id]),
            administrator=False,
        )
        for row in assigned
    ]
    FormerRight.objects.bulk_create(rows)
