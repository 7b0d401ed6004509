"""The outbox on the desk: what was sent, what could not be, and the button to send it again."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.outbox import kinds
from core.outbox.bounces import clear_by_desk
from core.outbox.models import BLANK, MarkedAddress, Message
from core.outbox.services import send_again
from core.outbox.states import MarkReason, MessageStatus, plain_reason
from core.web.desk_pages import ChoiceFilter, DeskAdmin
from core.web.formats import short_minute
from core.web.mail_frames import framed, mail_frame, mail_page, sample_of

LOOK, LOOK_AT_OWN = "outbox.view_message", "outbox.view_own_message"
RESEND = "outbox.change_message"
CLEAR = "outbox.change_markedaddress"


class StatusFilter(ChoiceFilter):
    title = "state"
    parameter_name = "status"
    options = MessageStatus.choices


class ByAddress(DeskAdmin):
    """A list that is searched by the whole address in its first search field."""

    search_help_text = "The whole address."

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(**{self.search_fields[0]: term.lower()})


@admin.register(Message)
class MessageAdmin(ByAddress):
    """Messages, newest first. Codes and one-time links never stand here (I6)."""

    list_display = ("written", "kind", "to", "said", "state", "attempts", "error")
    list_filter = (StatusFilter,)
    ordering: ClassVar = ("-id",)
    search_fields = ("to",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm(LOOK) or user.has_perm(LOOK_AT_OWN))

    def get_queryset(self, request: HttpRequest) -> Any:
        return self._visible(request).defer(*BLANK)

    def _visible(self, request: HttpRequest) -> QuerySet[Any]:
        """All messages, or those that failed of what the person has decided."""
        user: Any = request.user
        if user.has_perm(LOOK):
            return Message.objects.all()
        return Message.objects.filter(caused_by=user, status=MessageStatus.FAILED)

    @admin.display(description="Subject")
    def said(self, message: Message) -> str:
        """A code may stand in a subject."""
        return "" if message.secret else message.subject

    @admin.display(description="Written")
    def written(self, message: Message) -> str:
        return short_minute(message.created_at)

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        return [
            ("<int:pk>/change/", self.page, "change"),
            ("<int:pk>/send-again/", self.send_again, "send_again"),
            ("kinds/", require_safe(self.kind_list), "kinds"),
            ("kinds/<str:name>/", mail_page(require_safe(self.kind)), "kind"),
            ("kinds/<str:name>/body/", mail_frame(require_safe(self.kind_body)), "kind_body"),
        ]

    def kind_list(self, request: HttpRequest) -> HttpResponse:
        groups = kinds.links_to("admin:outbox_message_kind")
        return self.desk_page(request, "kinds", "Every kind of mail", groups=groups)

    def kind(self, request: HttpRequest, name: str) -> HttpResponse:
        sample = sample_of(name)
        return self.desk_page(
            request,
            "kind",
            sample.label,
            sample=sample,
            body_url=reverse("admin:outbox_message_kind_body", args=[name]),
            all_url=reverse("admin:outbox_message_kinds"),
        )

    def kind_body(self, request: HttpRequest, name: str) -> HttpResponse:
        return framed(sample_of(name).html)

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The message as far as it may be read: a secret body stays secret."""
        message = self.find(request, pk, self._visible(request))
        user: Any = request.user
        may_read = user.has_perm(RESEND) or message.caused_by_id == user.pk
        return self.desk_page(
            request,
            "detail",
            self.said(message) or message.kind,
            message=message,
            reason=plain_reason(message.error),
            may_read=may_read,
            body=message.text if may_read and not message.secret else "",
            can_resend=_resendable(message) and user.has_perm(RESEND),
        )

    def send_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = self.find(request, pk, self._visible(request))
        if not request.user.has_perm(RESEND):
            raise PermissionDenied
        if request.method == "POST":
            if _resendable(message):
                send_again(message)
                messages.success(request, "The message waits to be sent again.")
            else:
                messages.warning(
                    request, "Only a message that failed, and holds no code, can be sent again."
                )
        return redirect("admin:outbox_message_change", pk)


class ReasonFilter(ChoiceFilter):
    title = "reason"
    parameter_name = "reason"
    options = MarkReason.choices


@admin.register(MarkedAddress)
class MarkedAddressAdmin(ByAddress):
    list_display = ("address", "why", "detail", "marked")
    list_filter = (ReasonFilter,)
    ordering: ClassVar = ("-id",)
    search_fields = ("address",)

    @admin.display(description="Why")
    def why(self, mark: MarkedAddress) -> str:
        return str(mark.get_reason_display())

    @admin.display(description="Marked")
    def marked(self, mark: MarkedAddress) -> str:
        return short_minute(mark.marked_at)

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        return [("<int:pk>/change/", self.page, "change")]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        mark = self.find(request, pk)
        may_clear = request.user.has_perm(CLEAR)
        if request.method == "POST":
            if not may_clear:
                raise PermissionDenied
            clear_by_desk(mark, by=request.user)
            messages.success(request, "Mail goes to this address again.")
            return redirect("admin:outbox_markedaddress_changelist")
        facts = [("Why", self.why(mark)), ("Marked", self.marked(mark))]
        facts += [("The provider said", mark.detail)] if mark.detail else []
        return self.desk_page(request, "detail", mark.address, facts=facts, may_clear=may_clear)


def _resendable(message: Message) -> bool:
    return message.status == MessageStatus.FAILED and not message.secret
