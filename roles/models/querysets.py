"""Reading roles, applications and approvals."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from roles.states import (
    OPEN_APPLICATION,
    ApplicationStatus,
    ApprovedRoleStatus,
)

REMIND_BEFORE = timedelta(days=7)


class RoleQuerySet(models.QuerySet[Any]):
    def in_catalogue_order(self) -> Self:
        return self.select_related("category").order_by("position")


class ApplicationQuerySet(models.QuerySet[Any]):
    def for_provider(self, provider: Any) -> Self:
        return self.filter(provider=provider)

    def open(self) -> Self:
        return self.filter(status__in=OPEN_APPLICATION)

    def submitted(self) -> Self:
        return self.filter(submitted_at__isnull=False)

    def unanswered(self, at: datetime) -> Self:
        return self.filter(status=ApplicationStatus.INFORMATION_REQUESTED, answer_due_at__lte=at)

    def to_remind(self, at: datetime) -> Self:
        """Those whose question is to be answered within a week, untold of it since it was asked."""
        return self.filter(
            status=ApplicationStatus.INFORMATION_REQUESTED,
            answer_due_at__gt=at,
            answer_due_at__lte=at + REMIND_BEFORE,
            reminded_at=None,
        )

    def with_list_data(self) -> Self:
        return self.select_related("provider", "category")


class ApprovedRoleQuerySet(models.QuerySet[Any]):
    def in_force(self, at: datetime) -> Self:
        return self.filter(status=ApprovedRoleStatus.ACTIVE, expires_at__gt=at)

    def for_provider(self, provider: Any) -> Self:
        return self.filter(provider=provider)

    def with_list_data(self) -> Self:
        return self.select_related("role__category", "line").order_by("role__position")

    def ended_by(self, at: datetime) -> Self:
        return self.filter(status=ApprovedRoleStatus.ACTIVE, expires_at__lte=at)

    def to_remind(self, days: int, at: datetime) -> Self:
        return self.in_force(at).filter(
            Q(reminded_days__isnull=True) | Q(reminded_days__gt=days),
            expires_at__lte=at + timedelta(days=days),
        )

    def renewable(self, soon: datetime) -> Self:
        """Ending before `soon`, or lapsed already (U25)."""
        return self.filter(
            Q(status=ApprovedRoleStatus.LAPSED)
            | Q(status=ApprovedRoleStatus.ACTIVE, expires_at__lte=soon)
        )
