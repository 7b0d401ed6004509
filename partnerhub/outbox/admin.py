"""The outbox on the desk: what was sent, what could not be, and the button to send it again."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import date as date_format
from django.template.response import TemplateResponse

from partnerhub.outbox.models import Message
from partnerhub.outbox.services import send_again
from partnerhub.outbox.states import MessageStatus
from partnerhub.web.desk import DeskAdmin
from partnerhub.web.templatetags.ui import status_pill

RESEND = "outbox.change_message"


class StatusFilter(admin.SimpleListFilter):
    """By state."""

    title = "state"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, str]]:
        """Every state of a message."""
        return MessageStatus.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The messages in the chosen state."""
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(DeskAdmin):
    """Messages, newest first. Codes and one-time links never stand here (I6)."""

    list_display = ("written", "kind", "to", "subject", "state", "attempts", "error")
    list_filter = (StatusFilter,)
    ordering: ClassVar = ("-id",)
    search_fields = ("to",)
    search_help_text = "The whole address."

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """By the whole address."""
        term = search_term.strip().lower()
        return (queryset.filter(to=term) if term else queryset), False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists need no bodies."""
        return Message.objects.defer("html", "text")

    @admin.display(description="Written (UTC)")
    def written(self, message: Message) -> str:
        """When it was put into the outbox."""
        return date_format(message.created_at, "j M Y, H:i")

    @admin.display(description="State")
    def state(self, message: Message) -> str:
        """The state as a pill."""
        return status_pill(message.status, message.get_status_display())

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        """The page of one message, and sending it again."""
        return [
            ("<int:pk>/change/", self.page, "change"),
            ("<int:pk>/send-again/", self.send_again, "send_again"),
        ]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The message as far as it may be read: a secret body stays secret."""
        message = self._find(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": message.subject,
            "subtitle": None,
            "alert": "",
            "blocked": "",
            "message": message,
            "body": "" if message.secret else message.text,
            "can_resend": message.status == MessageStatus.FAILED and request.user.has_perm(RESEND),
        }
        return TemplateResponse(request, "admin/outbox/message/detail.html", context)

    def send_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a failed message back into the queue, by POST, with the same Message-ID."""
        message = self._find(request, pk)
        if not request.user.has_perm(RESEND):
            raise PermissionDenied
        if request.method == "POST":
            if message.status == MessageStatus.FAILED:
                send_again(message)
                messages.success(request, "The message waits to be sent again.")
            else:
                messages.warning(request, "Only a message that failed can be sent again.")
        return redirect("admin:outbox_message_change", pk)

    def _find(self, request: HttpRequest, pk: int) -> Message:
        message = Message.objects.filter(pk=pk).first()
        if message is None or not self.has_view_permission(request, message):
            raise Http404
        return message
