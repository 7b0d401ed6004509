"""Filters of the review desk's lists. Each knows its own values; nothing else reaches a query."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest

from core import clock
from core.web.desk_pages import QueueFilter
from roles.models import ApplicationLine, ServiceCategory
from roles.permissions import decidable_categories, own_organizations
from roles.states import (
    IN_QUEUE,
    ApplicationStatus,
    ApprovedRoleStatus,
    LineDecision,
)


class WaitingFilter(QueueFilter):
    title = "state"
    parameter_name = "status"
    queue = IN_QUEUE
    queued = "Waiting for review"
    options = [pair for pair in ApplicationStatus.choices if pair[0] != ApplicationStatus.DRAFT]


class CategoryFilter(admin.SimpleListFilter):
    title = "category"
    parameter_name = "category"
    path = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return list(ServiceCategory.objects.values_list("slug", "title"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(**{f"{self.path}__slug": self.value()})


class RoleCategoryFilter(CategoryFilter):
    path = "role__category"


class AgeFilter(admin.SimpleListFilter):
    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [
            ("late", "Past the promised date"),
            ("week", "Due within 7 days"),
            ("later", "Due later"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        week = now + timedelta(days=7)
        bounds = {
            "late": {"review_due_at__lt": now},
            "week": {"review_due_at__gte": now, "review_due_at__lt": week},
            "later": {"review_due_at__gte": week},
        }
        return queryset.filter(**bounds.get(self.value() or "", {}))


class MineFilter(admin.SimpleListFilter):
    title = "for me"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("decide", "What I may decide"), ("second", "Awaits a second reviewer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("decide", "second"):
            return queryset
        rows = queryset.filter(category__in=decidable_categories(request.user)).exclude(
            provider__in=own_organizations(request.user)
        )
        if self.value() == "decide":
            return rows
        awaiting = ApplicationLine.objects.filter(
            application=OuterRef("pk"), decision=LineDecision.AWAITING_SECOND
        )
        return rows.filter(Exists(awaiting.exclude(decided_by_id=request.user.pk)))


class ApprovalFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [
            ("force", "In force"),
            ("soon", "Ends within 60 days"),
            ("lowered", "Lowered"),
            ("revoked", "Revoked"),
            ("lapsed", "Lapsed"),
            ("asked", "Restoration to confirm"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        soon = now + timedelta(days=60)
        in_force = queryset.filter(status=ApprovedRoleStatus.ACTIVE, expires_at__gt=now)
        return {
            "force": in_force,
            "soon": in_force.filter(expires_at__lte=soon),
            "lowered": in_force.filter(level__lt=F("line__decided_level")),
            "revoked": queryset.filter(status=ApprovedRoleStatus.REVOKED),
            "asked": queryset.filter(restore_asked_at__isnull=False, expires_at__gt=now),
            "lapsed": queryset.exclude(status=ApprovedRoleStatus.REVOKED).filter(
                expires_at__lte=now
            ),
        }.get(self.value() or "", queryset)
