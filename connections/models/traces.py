"""What connections leave behind: rights that ended, when a right was last used, reviews."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from connections.states import ReviewStatus
from core import clock
from core.db import BaseModel
from roles.models import LEVELS, Role


class FormerRight(models.Model):
    """What one person could do until the connection ended: written once, then history (X19)."""

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="former_rights"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    administrator = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.role} ({self.get_level_display()})"


class RightUse(models.Model):
    """When a person last used a role for a client; a counter of days, not history (X4)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="+"
    )
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


class ReviewQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(status=ReviewStatus.OPEN)

    def to_remind(self, at: datetime, days: int) -> Self:
        untold = Q(reminded=None) | Q(reminded__gt=days)
        return self.open().filter(untold, due_at__lte=at + timedelta(days=days))


class ConnectionReview(BaseModel):
    """The yearly question to the seller: does this partner still need what it has (U42)?"""

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="reviews"
    )
    status = models.CharField(max_length=9, choices=ReviewStatus.choices, default=ReviewStatus.OPEN)
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
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
