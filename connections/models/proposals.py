"""What is asked on a live connection: more roles (X2), a later end (U16), a yearly review (U42)."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import REMIND_BEFORE, User
from connections.states import RenewalStatus, ReviewStatus, RoleRequestStatus, Side
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

    def to_remind(self, at: datetime) -> Self:
        """Those about to lapse of which the seller was not told so."""
        return self.open(at).filter(expires_at__lte=at + REMIND_BEFORE, reminded_at=None)


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
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    # When the seller was told that it is about to end.
    reminded_at = models.DateTimeField(null=True)
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
    proposed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
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
        return f"{self.connection}: until {self.ends_at.isoformat()} ({self.status})"


class ReviewQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(status=ReviewStatus.OPEN)

    def to_remind(self, at: datetime, days: int) -> Self:
        untold = Q(reminded=None) | Q(reminded__gt=days)
        return self.open().filter(untold, due_at__lte=at + timedelta(days=days))


class ConnectionReview(BaseModel):
    """The yearly question to the seller: does this partner still need what it has?"""

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="reviews"
    )
    status = models.CharField(max_length=9, choices=ReviewStatus.choices, default=ReviewStatus.OPEN)
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # Days before it is due that the last reminder spoke of; 0 once it was overdue.
    reminded = models.PositiveSmallIntegerField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(status=ReviewStatus.OPEN),
                name="connections_review_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status=ReviewStatus.OPEN, closed_at__isnull=True)
                | (~Q(status=ReviewStatus.OPEN) & Q(closed_at__isnull=False)),
                name="connections_review_closed_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(status=ReviewStatus.OPEN),
                name="connections_review_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection} ({self.status})"

    @property
    def is_overdue(self) -> bool:
        return self.status == ReviewStatus.OPEN and self.due_at <= clock.now()
