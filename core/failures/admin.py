"""Background work that fails, on the desk: what, why, and the button to try again."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.failures.models import Failure
from core.web.desk_pages import DeskAdmin
from core.web.formats import short_minute
from core.web.templatetags.ui import status_pill

# Who looks after mail looks after the scheduler, too.
LOOK, RETRY = "outbox.view_message", "outbox.change_message"


@admin.register(Failure)
class FailureAdmin(DeskAdmin):
    list_display = ("task", "subject", "row", "state", "attempts", "since", "error")
    ordering: ClassVar = ("-id",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm(LOOK))

    @admin.display(description="State")
    def state(self, failure: Failure) -> str:
        if failure.given_up_at:
            return status_pill("failed", "Given up")
        return status_pill("waiting", "Tried again later")

    @admin.display(description="Since")
    def since(self, failure: Failure) -> str:
        return short_minute(failure.first_at)

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        return [
            ("<int:pk>/change/", self.page, "change"),
            ("<int:pk>/try-again/", self.try_again, "try_again"),
        ]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        failure = self.find(request, pk)
        may_retry = request.user.has_perm(RETRY)
        return self.desk_page(request, "detail", str(failure), failure=failure, can_retry=may_retry)

    def try_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Forget the failures, by POST: the scheduler's next round takes it up."""
        failure = self.find(request, pk)
        if not request.user.has_perm(RETRY):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:chores_failure_change", pk)
        failure.delete()
        messages.success(request, "It is tried again in the next minute.")
        return redirect("admin:chores_failure_changelist")
