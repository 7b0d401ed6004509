"""Background work that fails, on the desk: what, why, and the button to try again."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from core.failures.models import Failure
from core.web.desk import DeskAdmin
from core.web.formats import desk_minute
from core.web.templatetags.ui import status_pill

# Who looks after mail looks after the scheduler, too.
LOOK, RETRY = "outbox.view_message", "outbox.change_message"


@admin.register(Failure)
class FailureAdmin(DeskAdmin):
    """What is tried again later, and what was given up."""

    list_display = ("task", "subject", "row", "state", "attempts", "since", "error")
    ordering: ClassVar = ("-id",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the desk's start page shows it."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For those who see the outbox."""
        user: Any = request.user
        return bool(user.has_perm(LOOK))

    @admin.display(description="State")
    def state(self, failure: Failure) -> str:
        """Whether it is still tried."""
        if failure.given_up_at:
            return status_pill("failed", "Given up")
        return status_pill("waiting", "Tried again later")

    @admin.display(description="Since (UTC)")
    def since(self, failure: Failure) -> str:
        """When it failed first."""
        return desk_minute(failure.first_at)

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        """The page of one failure, and trying again."""
        return [
            ("<int:pk>/change/", self.page, "change"),
            ("<int:pk>/try-again/", self.try_again, "try_again"),
        ]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What fails and why."""
        failure = self._find(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(failure),
            "subtitle": None,
            "alert": "",
            "blocked": "",
            "failure": failure,
            "can_retry": request.user.has_perm(RETRY),
        }
        return TemplateResponse(request, "admin/chores/failure/detail.html", context)

    def try_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Forget the failures, by POST: the scheduler's next round takes it up."""
        failure = self._find(request, pk)
        if not request.user.has_perm(RETRY):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:chores_failure_change", pk)
        failure.delete()
        messages.success(request, "It is tried again in the next minute.")
        return redirect("admin:chores_failure_changelist")

    def _find(self, request: HttpRequest, pk: int) -> Failure:
        failure = Failure.objects.filter(pk=pk).first()
        if failure is None or not self.has_view_permission(request, failure):
            raise Http404
        return failure
