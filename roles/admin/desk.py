"""What the review desk's lists and pages have in common: who sees them, and the firm's column."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from core.web.desk_pages import DeskAdmin
from roles.permissions import is_reviewer


class ReviewAdmin(DeskAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reviewers; superusers only with the same permission (A7)."""
        return is_reviewer(request.user)

    def find(self, request: HttpRequest, pk: int, rows: QuerySet[Any] | None = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().find(request, pk, rows)

    @admin.display(description="Solution provider")
    def firm(self, row: Any) -> str:
        return format_html("<bdi>{}</bdi><br>{}", row.provider.name, row.provider.handle)
