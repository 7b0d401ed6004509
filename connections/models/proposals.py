"""What one side of a live connection asks of the other: more roles (X2), a later end date (U16)."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from connections.states import RenewalStatus, RoleRequestStatus, Side
from core import clock
from core.db import BaseModel
from roles.models import LEVELS, Role


class RoleRequestQuerySet(models.QuerySet[Any]):
    def open(self, at: datetime) -> Self:
        return self.filter(
            status=RoleRequestStatus.OPEN, expires_at__gt=at, connection__ends_at__gt=at
        )

    def overdue(self, at: datetime) -> Self:
        """Past their end, but still stored as open."""
        return self.filter(status=RoleRequestStatus.OPEN, expires_at__lte=at)


class RoleRequest(BaseModel):
    """The provider asks for more on a live connection; the seller consents to the difference.

    One is open at a time; what is granted stays in force whatever is answered.
    """

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="role_requests"
    )
    status = models.CharField(
        max_length=16, choices=RoleRequestStatus.choices, default=RoleRequestStatus.OPEN
    )
    message = models.CharField(max_length=500)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = RoleRequestQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(status=RoleRequestStatus.OPEN),
                name="connections_rolerequest_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status=RoleRequestStatus.OPEN, decided_at__isnull=True)
                | (~Q(status=RoleRequestStatus.OPEN) & Q(decided_at__isnull=False)),
                name="connections_rolerequest_decided_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=Q(status=RoleRequestStatus.OPEN),
                name="connections_request_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection}: asks for more ({self.status})"

    @property
    def is_open(self) -> bool:
        return self.status == RoleRequestStatus.OPEN and self.expires_at > clock.now()


class RequestedRole(models.Model):
    request = models.ForeignKey(RoleRequest, on_delete=models.CASCADE, related_name="lines")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    consented = models.PositiveSmallIntegerField(choices=LEVELS, null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request", "role"], name="connections_requestedrole_once"
            ),
            models.CheckConstraint(
                condition=Q(consented=None) | Q(consented__lte=F("level")),
                name="connections_requestedrole_not_above",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.get_level_display()})"


class RenewalQuerySet(models.QuerySet[Any]):
    def open(self, at: datetime) -> Self:
        return self.filter(status=RenewalStatus.PROPOSED, connection__ends_at__gt=at)


class Renewal(BaseModel):
    """One side proposes a later end date; the other side's yes moves it."""

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="renewals"
    )
    side = models.CharField(max_length=10, choices=Side.choices)
    ends_at = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=RenewalStatus.choices, default=RenewalStatus.PROPOSED
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    proposed_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = RenewalQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(status=RenewalStatus.PROPOSED),
                name="connections_renewal_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status=RenewalStatus.PROPOSED, decided_at__isnull=True)
                | (~Q(status=RenewalStatus.PROPOSED) & Q(decided_at__isnull=False)),
                name="connections_renewal_decided_has_time",
            ),
            models.CheckConstraint(
                condition=Q(side__in=[Side.SELLER, Side.PROVIDER]),
                name="connections_renewal_by_a_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection}: until {self.ends_at:%Y-%m-%d} ({self.status})"
