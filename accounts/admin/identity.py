"""Identity checks on the desk: the queue, and the page where a reviewer decides."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.documents import (
    DocumentRefused,
    document_response,
    pages_of,
    picture_response,
)
from accounts.forms.identity import IdentityDecisionForm, OriginalForm
from accounts.models import IdentityCheck, Organization
from accounts.reads.searches import MOST, people_called
from accounts.reviewers import DECIDE_IDENTITIES, SUPERVISE, may, stake_in_person
from accounts.states import IdentityStatus
from accounts.transitions.identity import decide_identity, decided_sentence, note_view
from core import clock
from core.db import matching
from core.web.desk_pages import SHOWN, DeskAdmin, QueueFilter
from core.web.formats import count, short_minute
from core.web.forms import apply, status_of


class StatusFilter(QueueFilter):
    title = "state"
    parameter_name = "state"
    queue = (IdentityStatus.SUBMITTED,)
    queued = "Being reviewed"
    options = [pair for pair in IdentityStatus.choices if pair[0] != IdentityStatus.SUBMITTED]


class IdentityCheckAdmin(DeskAdmin):
    """Oldest first: whoever has waited longest comes next (X17)."""

    list_display = ("legal_name", "country", "sent", "age", "state")
    list_filter = (StatusFilter,)
    ordering: ClassVar = ("created_at", "id")
    search_fields = ("legal_name",)
    search_help_text = "Legal name, or the person's name or address"

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        named = list(matching(rows, term).order_by().values_list("pk", flat=True)[:MOST])
        return rows.filter(Q(pk__in=named) | Q(user__in=people_called(term)))

    @admin.display(description="Sent")
    def sent(self, check: IdentityCheck) -> str:
        return short_minute(check.created_at)

    @admin.display(description="Age")
    def age(self, check: IdentityCheck) -> str:
        days = ((check.decided_at or clock.now()) - check.created_at).days
        late = " (late)" if days > settings.REVIEW_PROMISE_DAYS else ""
        return f"{count(days, 'day')}{late}"

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        return [
            ("<int:pk>/change/", self.page, "change"),
            ("<int:pk>/decide/", self.decide, "decide"),
            ("<int:pk>/documents/<uuid:public_id>/", self.document, "document"),
            ("<int:pk>/documents/<uuid:public_id>/original/", self.original, "original"),
        ]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self.find(request, pk), IdentityDecisionForm())

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Verify or refuse, by POST only. The second decision reads who made the first (C8)."""
        check = self.find(request, pk)
        if request.method != "POST":
            return redirect("admin:accounts_identitycheck_change", pk)
        form = IdentityDecisionForm(request.POST)
        if form.is_valid() and _decide(request, check, form):
            messages.success(request, f"{check.legal_name}: decided.")
            return redirect("admin:accounts_identitycheck_changelist")
        return self._page(request, check, form)

    def document(self, request: HttpRequest, pk: int, public_id: UUID) -> HttpResponse:
        """One page as a picture, with who looks and when all over it. The first is the look."""
        check = self.find(request, pk)
        if not _may_see_documents(request.user, check):
            raise PermissionDenied
        document = get_object_or_404(check.documents, public_id=public_id)
        reviewer: Any = request.user
        page = request.GET.get("page", "0")
        number = int(page) if page.isdecimal() and len(page) < 4 else 0
        mark = f"{reviewer.email}  {short_minute(clock.now())}"
        try:
            response = picture_response(document, number, mark)
        except DocumentRefused as error:
            raise Http404(str(error)) from error
        if request.method == "GET" and number == 0:
            note_view(by=reviewer, document=document)
        return response

    def original(self, request: HttpRequest, pk: int, public_id: UUID) -> HttpResponseBase:
        """The file as it was uploaded, for a lead who says why."""
        check = self.find(request, pk)
        if not (_may_see_documents(request.user, check) and may(request.user, SUPERVISE)):
            raise PermissionDenied
        document = get_object_or_404(check.documents, public_id=public_id)
        form = OriginalForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            if request.method == "POST":
                messages.error(request, _("Say why the picture is not enough."))
            return redirect("admin:accounts_identitycheck_change", pk)
        response = document_response(document)
        lead: Any = request.user
        try:
            note_view(by=lead, document=document, reason=form.cleaned_data["reason"])
        except BaseException:
            document.file.close()
            raise
        return response

    def _page(self, request: HttpRequest, check: Any, form: IdentityDecisionForm) -> HttpResponse:
        stake = stake_in_person(request.user, check.user_id)
        may_decide = may(request.user, DECIDE_IDENTITIES) and not stake
        shown = _may_see_documents(request.user, check)
        waits = check.status == IdentityStatus.SUBMITTED
        return self.desk_page(
            request,
            "decide",
            check.legal_name,
            status=status_of(form),
            check=check,
            form=form,
            blocked=stake,
            may_decide=may_decide and waits,
            documents=[
                (document, pages_of(document)) for document in check.documents.order_by("kind")
            ]
            if shown
            else [],
            original_form=OriginalForm() if shown and may(request.user, SUPERVISE) else None,
            decided="" if waits else decided_sentence(check),
            earlier=_earlier(check),
            organizations=_organizations(check),
        )


def _may_see_documents(user: Any, check: IdentityCheck) -> bool:
    """Reviewers those of what waits and of what they have decided themselves, leads all."""
    if not may(user, DECIDE_IDENTITIES) or stake_in_person(user, check.user_id):
        return False
    own = check.status == IdentityStatus.SUBMITTED or check.decided_by_id == user.pk
    return own or may(user, SUPERVISE)


def _decide(
    request: HttpRequest, check: IdentityCheck, form: IdentityDecisionForm
) -> IdentityCheck | None:
    reviewer: Any = request.user
    verified, reason = form.cleaned_data["decision"] == "verify", form.cleaned_data["reason"]
    return apply(
        form, lambda: decide_identity(by=reviewer, check=check, verified=verified, reason=reason)
    )


def _earlier(check: IdentityCheck) -> list[IdentityCheck]:
    rows = IdentityCheck.objects.filter(user_id=check.user_id).exclude(pk=check.pk)
    return list(rows.order_by("-created_at", "-id")[:SHOWN])


def _organizations(check: IdentityCheck) -> list[Organization]:
    rows = Organization.objects.filter(
        memberships__user_id=check.user_id, memberships__status="active"
    )
    return list(rows.order_by("id")[:SHOWN])
