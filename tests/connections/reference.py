"""The access rule once more, slowly and in plain Python: the oracle for the SQL view.

Follows the words of the rule, not the query: person, memberships, organizations, identity,
connection, grant and approval in force, then the lowest of approved, granted and assigned.
"""

from datetime import datetime

from accounts.models import IdentityCheck, Membership, Organization, User
from connections.models import Assignment, Connection, RoleGrant
from roles.models import ApprovedRole, Role

ASSIGNED = {"assigned_view": 1, "assigned_edit": 2, "assigned_admin": 3}


class World:
    """Every row that the rule may look at, as plain lists."""

    def __init__(self) -> None:
        self.users = list(User.objects.all())
        self.organizations = {row.pk: row for row in Organization.objects.all()}
        self.memberships = list(Membership.objects.all())
        self.identities = list(IdentityCheck.objects.all())
        self.roles = {row.pk: row for row in Role.objects.all()}
        self.approvals = list(ApprovedRole.objects.all())
        self.connections = {row.pk: row for row in Connection.objects.all()}
        self.grants = list(RoleGrant.objects.all())
        self.assignments = list(Assignment.objects.select_related("permission"))

    def may_act(self, at: datetime) -> dict[tuple[int, int, str], int]:
        """(person, seller, role code) -> level, for every right above none at this moment."""
        rights: dict[tuple[int, int, str], int] = {}
        for grant in self.grants:
            connection = self.connections[grant.connection_id]
            for user in self.users:
                level = self._level(user, grant, connection, at)
                key = (user.pk, connection.seller_id, self.roles[grant.role_id].code)
                if level > rights.get(key, 0):
                    rights[key] = level
        return rights

    def clients(self, at: datetime) -> dict[tuple[int, int], set[int]]:
        """(person, provider) -> sellers for whom the person may act as one of its people."""
        found: dict[tuple[int, int], set[int]] = {}
        for grant in self.grants:
            connection = self.connections[grant.connection_id]
            for user in self.users:
                if self._level(user, grant, connection, at):
                    key = (user.pk, connection.provider_id)
                    found.setdefault(key, set()).add(connection.seller_id)
        return found

    def _level(self, user: User, grant: RoleGrant, connection: Connection, at: datetime) -> int:
        if not (user.is_active and self._identified(user, at)):
            return 0
        if not (self._connected(connection, at) and self._granted(grant, at)):
            return 0
        assigned = self._assigned(user, connection.provider_id, grant)
        return min(self._approved(connection.provider_id, grant.role_id, at), grant.level, assigned)

    def _identified(self, user: User, at: datetime) -> bool:
        return any(
            check.user_id == user.pk and check.status == "verified" and check.expires_at > at
            for check in self.identities
        )

    def _connected(self, connection: Connection, at: datetime) -> bool:
        for party in (connection.seller_id, connection.provider_id):
            if self.organizations[party].status != "active":
                return False
        if connection.ends_at <= at:
            return False
        if connection.status == "paused":
            return connection.paused_until is not None and connection.paused_until <= at
        return bool(connection.status == "active")

    def _granted(self, grant: RoleGrant, at: datetime) -> bool:
        return grant.status == "active" and (grant.ends_at is None or grant.ends_at > at)

    def _approved(self, provider_id: int, role_id: int, at: datetime) -> int:
        for row in self.approvals:
            if (row.provider_id, row.role_id) == (provider_id, role_id):
                in_force = row.status == "active" and row.expires_at > at
                return int(row.level) if in_force and self.roles[role_id].grantable else 0
        return 0

    def _assigned(self, user: User, provider_id: int, grant: RoleGrant) -> int:
        for row in self.memberships:
            if (row.user_id, row.organization_id, row.status) != (user.pk, provider_id, "active"):
                continue
            if row.role == "administrator":
                return int(grant.level)
            return max(
                (
                    ASSIGNED[a.permission.codename]
                    for a in self.assignments
                    if (a.user_id, a.content_object_id) == (user.pk, grant.pk)
                ),
                default=0,
            )
        return 0
