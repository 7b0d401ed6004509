"""The review desk: the queue of applications, and the list of approved roles."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from core.web.access import Level
from core.web.desk import DeskAdmin
from core.web.formats import ago, day
from core.web.templatetags.ui import status_pill
from roles.admin import approvals, categories, review
from roles.admin.filters import (
    AgeFilter,
    ApprovalFilter,
    CategoryFilter,
    MineFilter,
    RoleCategoryFilter,
    WaitingFilter,
)
from roles.models import ApplicationLine, ApprovedRole, RoleApplication, ServiceCategory
from roles.permissions import is_reviewer
from roles.reads import applications
from roles.states import LineDecision


def _lines(**lookup: Any) -> Coalesce:
    """How many lines of an application match, as a subquery: filters on lines multiply nothing."""
    rows = ApplicationLine.objects.filter(application=OuterRef("pk"), **lookup).order_by()
    return Coalesce(Subquery(rows.values("application").annotate(n=Count("pk")).values("n")), 0)


def _firm(provider: Any) -> str:
    return format_html("<bdi>{}</bdi><br>{}", provider.name, provider.handle)


class ReviewAdmin(DeskAdmin):
    """For people with the permission to decide role applications."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reviewers; superusers only with the same permission (A7)."""
        return is_reviewer(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the desk's start page lists it."""
        return is_reviewer(request.user)


@admin.register(RoleApplication)
class RoleApplicationAdmin(ReviewAdmin):
    """The queue (U24): oldest first, with what makes it urgent or slow."""

    list_display = ("firm", "category", "state", "age", "promised", "restricted")
    list_display_links = ("firm",)
    list_filter = (WaitingFilter, MineFilter, AgeFilter, CategoryFilter)
    search_fields = ("provider__name", "provider__handle")
    search_help_text = "Name or handle of the solution provider"
    ordering: ClassVar = ("submitted_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What was handed in; drafts are their provider's alone."""
        return (
            RoleApplication.objects.submitted()
            .with_list_data()
            .annotate(
                restricted_lines=_lines(role__restricted_because__gt=""),
                awaiting_lines=_lines(decision=LineDecision.AWAITING_SECOND),
            )
        )

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        """The application's page and each step on it."""
        return review.urls(self)

    @admin.display(description="Solution provider")
    def firm(self, row: RoleApplication) -> str:
        """Name and handle."""
        return _firm(row.provider)

    @admin.display(description="State")
    def state(self, row: RoleApplication) -> str:
        """The state as a pill."""
        return status_pill(row.status, row.get_status_display())

    @admin.display(description="Age")
    def age(self, row: RoleApplication) -> str:
        """Since it was handed in."""
        return format_html('<span class="nowrap">{}</span>', ago(applications.start_of(row)))

    @admin.display(description="Promised by")
    def promised(self, row: RoleApplication) -> str:
        """The promised date, flagged once it has passed."""
        due = format_html('<span class="nowrap">{}</span>', applications.promised_by(row))
        late = applications.is_late(row)
        return format_html("{} {}", due, status_pill("failed", "Late")) if late else due

    @admin.display(description="Restricted")
    def restricted(self, row: Any) -> str:
        """How many lines need a second reviewer, and how many wait for one now."""
        if not row.awaiting_lines:
            return str(row.restricted_lines or "")
        pill = status_pill("waiting", f"{row.awaiting_lines} awaits second")
        return format_html("{} {}", row.restricted_lines, pill)


@admin.register(ApprovedRole)
class ApprovedRoleAdmin(ReviewAdmin):
    """Who holds which role, up to which level, until when."""

    list_display = ("firm", "role", "highest", "state", "until")
    list_display_links = ("firm",)
    list_filter = (ApprovalFilter, RoleCategoryFilter)
    search_fields = ("provider__name", "provider__handle", "role__name", "role__code")
    search_help_text = "Solution provider or role"
    list_select_related = ("provider", "role", "line")
    ordering: ClassVar = ("-id",)

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        """The approved role's page and what can be done with it."""
        return approvals.urls(self)

    @admin.display(description="Solution provider")
    def firm(self, row: ApprovedRole) -> str:
        """Name and handle."""
        return _firm(row.provider)

    @admin.display(description="Highest level")
    def highest(self, row: ApprovedRole) -> str:
        """The level in words."""
        return Level(row.level).word

    @admin.display(description="State")
    def state(self, row: ApprovedRole) -> str:
        """The state at this moment, as a pill."""
        return status_pill(*applications.approval_state(row))

    @admin.display(description="Until")
    def until(self, row: ApprovedRole) -> str:
        """Its yearly end."""
        return format_html('<span class="nowrap">{}</span>', day(row.expires_at))


@admin.register(ServiceCategory)
class ServiceCategoryAdmin(ReviewAdmin):
    """Which group of reviewers decides which service category."""

    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        """One page instead of a list; a lead reviewer changes it there."""
        return categories.page(self, request)
