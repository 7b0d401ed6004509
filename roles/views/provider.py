"""Provider portal: the list of applications, one application, and what can be done with it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.errors import Conflict
from core.web.access import ADMINISTRATOR, ANY_MEMBER, PortalRequest, require
from core.web.formats import day
from core.web.forms import apply, status_of
from core.web.pagination import paginate
from roles.forms import MessageForm
from roles.models import ApprovedRole, RoleApplication, ServiceCategory
from roles.reads import applications
from roles.states import (
    APPLICATION,
    DECIDED_APPLICATION,
    OPEN_APPLICATION,
    ApplicationStatus,
    LineDecision,
)
from roles.transitions.applications import (
    answer_question,
    apply_again,
    renew,
    withdraw_application,
)
from roles.views import drafts
from roles.views.applications import application_url, missing_step, own_application


@require(ANY_MEMBER)
@require_safe
def application_list(request: PortalRequest) -> HttpResponse:
    provider = request.access.organization
    rows = RoleApplication.objects.for_provider(provider).with_list_data()
    opened = list(rows.open().order_by("-created_at", "-id"))
    past = paginate(rows.exclude(status__in=OPEN_APPLICATION), request, size=20)
    approved = ApprovedRole.objects.for_provider(provider).with_list_data()
    context = {
        "opened": applications.application_cards(opened),
        "past": applications.application_cards(past),
        "page": past,
        "groups": applications.approved_groups(approved, {row.category_id for row in opened}),
        "missing": missing_step(request) if request.access.administrator else None,
        "administrator": request.access.administrator,
        "promise_days": settings.REVIEW_PROMISE_DAYS,
    }
    return render(request, "roles/provider/application_list.html", context)


@require(ADMINISTRATOR)
@require_safe
def application_detail(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    application = own_application(request, public_id)
    if application.status == ApplicationStatus.DRAFT:
        return drafts.editor(request, application)
    return _page(request, application, _answer_form())


def _answer_form(data: Any = None) -> MessageForm:
    return MessageForm(data, label="Your answer")


def _page(request: PortalRequest, application: RoleApplication, form: MessageForm) -> HttpResponse:
    decided = application.status in DECIDED_APPLICATION
    lines = list(application.lines.filter(level__gt=0).select_related("role"))
    refused = decided and any(line.decision == LineDecision.REFUSED for line in lines)
    asked = application.status == ApplicationStatus.INFORMATION_REQUESTED
    over = asked and (application.answer_due_at or clock.now()) <= clock.now()
    ended = application.status in (ApplicationStatus.WITHDRAWN, ApplicationStatus.LAPSED)
    messages = list(application.messages.select_related("author"))
    context = {
        "application": application,
        "lines": [applications.line_card(line, decided=decided) for line in lines],
        "thread": applications.thread(messages),
        "question": next((one.text for one in reversed(messages) if one.from_reviewer), ""),
        "next_step": applications.next_step(application),
        "late": applications.is_late(application),
        "facts": _facts(application),
        "form": form,
        "can_answer": asked and not over,
        "can_withdraw": APPLICATION.allows(application.status, ApplicationStatus.WITHDRAWN),
        "can_apply_again": bool(lines) and (refused or ended),
    }
    template = "roles/provider/application_detail.html"
    return render(request, template, context, status=status_of(form))


def _facts(application: RoleApplication) -> list[tuple[str, str]]:
    facts = [
        ("Submitted", day(application.submitted_at)),
        ("Promised by", applications.promised_by(application)),
        ("Decided", day(application.decided_at)),
    ]
    return [(term, value) for term, value in facts if value]


@require(ADMINISTRATOR)
@require_POST
def application_answer(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    application = own_application(request, public_id)
    form = _answer_form(request.POST)
    if not form.is_valid():
        return _page(request, application, form)
    text = form.cleaned_data["text"]
    answer = apply(
        form, lambda: answer_question(application=application, text=text, by=request.user)
    )
    if answer is None:
        return _page(request, application, form)
    messages.success(request, "Your answer is with the reviewer.")
    return redirect(application_url(application))


@require(ADMINISTRATOR)
def application_withdraw(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    application = own_application(request, public_id)
    if request.method == "POST":
        withdraw_application(application=application, by=request.user)
        messages.success(request, "The application is withdrawn.")
        return redirect("provider:applications", request.access.organization.handle)
    if not APPLICATION.allows(application.status, ApplicationStatus.WITHDRAWN):
        return redirect(application_url(application))
    context = {
        "application": application,
        "back_url": application_url(application),
        "is_draft": application.status == ApplicationStatus.DRAFT,
    }
    return render(request, "roles/provider/application_withdraw.html", context)


@require(ADMINISTRATOR)
@require_POST
def application_again(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    application = own_application(request, public_id)
    return _to_draft(
        request,
        application.category,
        lambda: apply_again(application=application, by=request.user),
    )


@require(ADMINISTRATOR)
@require_POST
def application_renew(request: PortalRequest, category: str) -> HttpResponse:
    found = get_object_or_404(ServiceCategory, slug=category)
    provider = request.access.organization
    return _to_draft(
        request, found, lambda: renew(provider=provider, category=found, by=request.user)
    )


def _to_draft(request: PortalRequest, category: ServiceCategory, action: Any) -> HttpResponse:
    try:
        draft = action()
    except Conflict as error:
        rows = RoleApplication.objects.for_provider(request.access.organization).open()
        if open_one := rows.filter(category=category).with_list_data().first():
            return drafts.already_open(request, open_one, error)
        raise
    messages.success(request, "A draft is ready: what you wrote before is taken over.")
    return redirect(application_url(draft))
