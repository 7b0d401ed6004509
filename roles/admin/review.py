"""The page on which reviewers decide an application, and each step on it (U24)."""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.errors import DomainError
from core.web.access import Level
from core.web.desk import DeskRequest
from core.web.formats import ago, day
from roles.admin import pages
from roles.forms import DecisionForm, MessageForm, RefusalForm, SeenForm
from roles.models import ApplicationLine, RoleApplication
from roles.permissions import why_not_decide
from roles.reads import applications
from roles.reads.availability import approved_levels
from roles.states import ApplicationStatus
from roles.transitions import review

UNPROCESSABLE, CONFLICT = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT
Bound = Mapping[tuple[int, str], Form]


def urls(admin: Any) -> list[tuple[str, Any, str]]:
    """Path, view and name of the application's page and its steps, for DeskAdmin."""
    steps: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
        "start": ("<int:pk>/start/", start),
        "ask": ("<int:pk>/ask/", ask),
        "finish": ("<int:pk>/finish/", finish),
        "decide": ("<int:pk>/lines/<int:line>/decide/", decide),
        "agree": ("<int:pk>/lines/<int:line>/agree/", agree),
        "refuse": ("<int:pk>/lines/<int:line>/refuse/", refuse),
        "reopen": ("<int:pk>/lines/<int:line>/reopen/", reopen),
    }
    return [
        ("<int:pk>/change/", require_safe(partial(page, admin)), "change"),
        *((path, require_POST(partial(view, admin)), name) for name, (path, view) in steps.items()),
    ]


def _application(admin: Any, request: DeskRequest, pk: int) -> RoleApplication:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    return get_object_or_404(RoleApplication.objects.submitted().with_list_data(), pk=pk)


def _line(admin: Any, request: DeskRequest, pk: int, line: int) -> ApplicationLine:
    application = _application(admin, request, pk)
    rows = ApplicationLine.objects.select_related("role").filter(application=application)
    found: ApplicationLine = get_object_or_404(rows, pk=line)
    found.application = application
    return found


def page(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """Everything a decision needs on one page."""
    return _page(admin, request, _application(admin, request, pk))


def _page(
    admin: Any,
    request: DeskRequest,
    application: RoleApplication,
    *,
    bound: Bound | None = None,
    question: Form | None = None,
    alert: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    application.refresh_from_db(fields=["status", "review_due_at", "answer_due_at", "decided_at"])
    provider = application.provider
    rows = application.lines.select_related("role", "decided_by", "seconded_by")
    lines = list(rows)
    blocked = why_not_decide(
        request.user, provider_id=provider.pk, category_id=application.category_id
    )
    in_review = application.status == ApplicationStatus.IN_REVIEW
    may_decide = in_review and not blocked
    held = approved_levels(provider, clock.now())
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": f"{provider.name}: {application.category.title}",
        "application": application,
        "alert": alert,
        "blocked": blocked,
        "late": applications.is_late(application),
        "dates": _dates(application),
        "facts": pages.provider_facts(provider),
        "warnings": pages.name_warnings(provider),
        "desks": pages.line_desks(
            lines, request.user, may_decide=may_decide, held=held, bound=bound or {}
        ),
        "thread": applications.thread(
            application.messages.select_related("author"), for_reviewers=True
        ),
        "question": question or _question_form(),
        "preview": pages.mail_preview(application, lines),
        "history": pages.history_of(application),
        "can_start": application.status == ApplicationStatus.SUBMITTED and not blocked,
        "may_decide": may_decide,
    }
    return render(request, "admin/roles/roleapplication/review.html", context, status=status)


def _dates(application: RoleApplication) -> list[tuple[str, str]]:
    dates = [
        (
            "Handed in",
            (f"{day(application.submitted_at)} ({ago(applications.start_of(application))})"),
        ),
        ("Promised by", applications.promised_by(application)),
        ("Answer due", day(application.answer_due_at)),
        ("Decided", day(application.decided_at)),
    ]
    return [(term, value) for term, value in dates if value]


def _question_form(data: Any = None) -> MessageForm:
    days = settings.APPLICATION_ANSWER_DAYS
    return MessageForm(
        data,
        label="Your question",
        help_text=f"Goes to the provider's administrators, who have {days} days. "
        "The review clock rests until they answer.",
    )


def _act(
    admin: Any,
    request: DeskRequest,
    application: RoleApplication,
    action: Callable[[], Any],
    *,
    success: str,
    form: Form | None = None,
    key: tuple[int, str] | None = None,
) -> HttpResponse:
    """Run a transition; a refusal shows the page as it stands now, with what was typed."""
    try:
        action()
    except DomainError as error:
        if error.status not in (UNPROCESSABLE, CONFLICT):
            raise
        if form is not None and error.status == UNPROCESSABLE:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return _refused(admin, request, application, form, key)
        return _page(admin, request, application, alert=error.message, status=error.status)
    messages.success(request, success)
    return redirect(_url(application))


def _refused(
    admin: Any,
    request: DeskRequest,
    application: RoleApplication,
    form: Form,
    key: tuple[int, str] | None,
) -> HttpResponse:
    if key is None:
        return _page(admin, request, application, question=form, status=UNPROCESSABLE)
    return _page(admin, request, application, bound={key: form}, status=UNPROCESSABLE)


def _url(application: RoleApplication) -> str:
    return reverse("admin:roles_roleapplication_change", args=[application.pk])


def start(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """Take the application into review."""
    row = _application(admin, request, pk)
    return _act(
        admin,
        request,
        row,
        lambda: review.start_review(application=row, by=request.user),
        success="The review has started.",
    )


def ask(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """Ask the provider something."""
    row = _application(admin, request, pk)
    form = _question_form(request.POST)
    if not form.is_valid():
        return _refused(admin, request, row, form, None)
    text = form.cleaned_data["text"]
    return _act(
        admin,
        request,
        row,
        lambda: review.request_information(application=row, text=text, by=request.user),
        success="The question is on its way.",
        form=form,
    )


def finish(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """Close the review: the decisions take effect and the mail goes out."""
    row = _application(admin, request, pk)
    return _act(
        admin,
        request,
        row,
        lambda: review.finish_application(application=row, by=request.user),
        success="Decided. The provider's administrators are told.",
    )


def decide(admin: Any, request: DeskRequest, pk: int, line: int) -> HttpResponse:
    """Approve one role at a level, or refuse it with a reason."""
    row = _line(admin, request, pk, line)
    form, key = DecisionForm(request.POST, line=row), (row.pk, "decide")
    if not form.is_valid():
        return _refused(admin, request, row.application, form, key)
    data = form.cleaned_data
    return _act(
        admin,
        request,
        row.application,
        lambda: review.decide_line(
            line=row,
            level=Level(data["level"]),
            reason=data["reason"],
            note=data["note"],
            by=request.user,
        ),
        success=f"{row.role.name}: recorded.",
        form=form,
        key=key,
    )


def agree(admin: Any, request: DeskRequest, pk: int, line: int) -> HttpResponse:
    """The second reviewer agrees to what they saw."""
    row = _line(admin, request, pk, line)
    return _act(
        admin,
        request,
        row.application,
        lambda: review.second_line(
            line=row, seen_level=_seen(request), agree=True, by=request.user
        ),
        success=f"{row.role.name}: approved by two reviewers.",
    )


def refuse(admin: Any, request: DeskRequest, pk: int, line: int) -> HttpResponse:
    """The second reviewer refuses, with a reason."""
    row = _line(admin, request, pk, line)
    form, key = RefusalForm(request.POST, line=row), (row.pk, "refuse")
    if not form.is_valid():
        return _refused(admin, request, row.application, form, key)
    data = form.cleaned_data
    return _act(
        admin,
        request,
        row.application,
        lambda: review.second_line(
            line=row,
            seen_level=_seen(request),
            agree=False,
            reason=data["reason"],
            note=data["note"],
            by=request.user,
        ),
        success=f"{row.role.name}: refused.",
        form=form,
        key=key,
    )


def reopen(admin: Any, request: DeskRequest, pk: int, line: int) -> HttpResponse:
    """Take one's own decision back."""
    row = _line(admin, request, pk, line)
    return _act(
        admin,
        request,
        row.application,
        lambda: review.reopen_line(line=row, by=request.user),
        success=f"{row.role.name}: open again.",
    )


def _seen(request: DeskRequest) -> int:
    form = SeenForm(request.POST)
    return form.cleaned_data["seen_level"] if form.is_valid() else 0
