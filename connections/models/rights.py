"""What people may do through connections, could do until the end, and when they last did."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from accounts.models import Organization, User
from connections.models.connections import Connection, RoleGrant
from roles.models import LEVELS, Role


class EffectiveRightQuerySet(models.QuerySet[Any]):
    def in_force(self, at: datetime) -> Self:
        return self.standing(at).filter(Q(paused=False) | Q(paused_until__lte=at))

    def standing(self, at: datetime) -> Self:
        """The same, paused or not: what people have, or have again after the pause."""
        return self.filter(
            Q(grant_until=None) | Q(grant_until__gt=at),
            identity_until__gt=at,
            approval_until__gt=at,
            connection_until__gt=at,
        )


class EffectiveRight(models.Model):
    """A row of the SQL view: what a person may do for a seller, if the dates are in force.

    The one place where min(approved, granted, assigned) is computed; see
    connections/rights/effective_rights.py.
    """

    grant = models.OneToOneField(
        RoleGrant, primary_key=True, on_delete=models.DO_NOTHING, related_name="+"
    )
    user = models.ForeignKey(User, on_delete=models.DO_NOTHING, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.DO_NOTHING, related_name="+")
    provider = models.ForeignKey(Organization, on_delete=models.DO_NOTHING, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.DO_NOTHING, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.DO_NOTHING, related_name="+")
    role_code = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField()
    administrator = models.BooleanField()
    identity_until = models.DateTimeField()
    approval_until = models.DateTimeField()
    grant_until = models.DateTimeField(null=True)
    connection_until = models.DateTimeField()
    paused = models.BooleanField()
    paused_until = models.DateTimeField(null=True)

    objects = EffectiveRightQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "connections_effectiveright"

    def __str__(self) -> str:
        return f"{self.user_id} may {self.role_code} {self.level} for {self.organization_id}"


class FormerRight(models.Model):
    """What one person could do until the connection ended: written once, then history (X19)."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="former_rights"
    )
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    administrator = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.role} ({self.get_level_display()})"


class RightUse(models.Model):
    """When a person last used a role for a client; a counter of days, not history (X4)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    last_used_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "role", "user"], name="connections_rightuse_one_row"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} used {self.role_id} on {self.last_used_on}"
