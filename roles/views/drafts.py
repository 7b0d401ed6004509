"""Provider portal: choosing a category and writing the draft."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Organization
from core import clock
from core.edits import Overtaken
from core.errors import Conflict, DomainError, NotRelated
from core.web.access import ADMINISTRATOR, Level, PortalRequest, require
from core.web.forms import posted, status_of
from roles.catalogue import CATEGORIES
from roles.forms import DraftForm
from roles.models import Role, RoleApplication, ServiceCategory
from roles.reads.applications import restrictions_of
from roles.reads.availability import approved_levels
from roles.transitions.applications import create_draft, save_lines, submit_application
from roles.views.applications import application_url, missing_step, own_application

OK, UNPROCESSABLE = HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY
NEVER = "Never given to a provider: whoever has it controls the seller's account itself."


class CategoryForm(forms.Form):
    category = forms.ChoiceField(choices=[(each.slug, each.title) for each in CATEGORIES])


@dataclass
class CategoryCard:
    category: ServiceCategory
    roles: list[dict[str, Any]] = field(default_factory=list)
    restricted: int = 0
    open_url: str = ""
    open_state: str = ""


def _category_cards(provider: Organization) -> list[CategoryCard]:
    opened = {row.category_id: row for row in _open_applications(provider)}
    held = approved_levels(provider, clock.now())
    found: dict[int, CategoryCard] = {}
    for role in Role.objects.in_catalogue_order():
        card = found.setdefault(role.category_id, CategoryCard(role.category))
        if application := opened.get(role.category_id):
            card.open_url = application_url(application)
            card.open_state = application.get_status_display().lower()
        card.restricted += role.restricted and role.grantable
        card.roles.append(
            {
                "role": role,
                "highest": Level(role.highest_level).word,
                "restrictions": restrictions_of(role) if role.grantable else [],
                "held": held[role.pk].word if role.pk in held else "",
            }
        )
    return list(found.values())


def _open_applications(provider: Organization) -> Any:
    return RoleApplication.objects.for_provider(provider).open().with_list_data()


@require(ADMINISTRATOR)
def application_new(request: PortalRequest) -> HttpResponse:
    form = CategoryForm(posted(request))
    if form.is_valid():
        return _create(request, form.cleaned_data["category"])
    context = {
        "cards": _category_cards(request.access.organization),
        "form": form,
        "missing": missing_step(request),
        "never": NEVER,
    }
    template = "roles/provider/application_new.html"
    return render(request, template, context, status=status_of(form))


def _create(request: PortalRequest, slug: str) -> HttpResponse:
    provider, category = request.access.organization, ServiceCategory.objects.get(slug=slug)
    try:
        draft = create_draft(provider=provider, category=category, by=request.user)
    except Conflict as error:
        opened = _open_applications(provider).filter(category=category).first()
        if opened is None:
            raise
        return already_open(request, opened, error)
    return redirect(application_url(draft))


def already_open(
    request: PortalRequest, application: RoleApplication, error: Conflict
) -> HttpResponse:
    """The page for a second application in one category: says so and links to the open one."""
    context = {
        "application": application,
        "message": error.message,
        "url": application_url(application),
    }
    return render(
        request, "roles/provider/application_already_open.html", context, status=error.status
    )


def editor(
    request: PortalRequest,
    application: RoleApplication,
    form: DraftForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "application": application,
        "form": form or _form(application),
        "missing": missing_step(request),
        "promise_days": settings.REVIEW_PROMISE_DAYS,
        "back": application.provider.handle,
    }
    return render(request, "roles/provider/application_edit.html", context, status=status)


def _form(application: RoleApplication, data: Any = None) -> DraftForm:
    roles = Role.objects.filter(category_id=application.category_id, grantable=True)
    held = approved_levels(application.provider, clock.now())
    return DraftForm(
        data,
        roles=roles.order_by("position"),
        lines=application.lines.all(),
        held={role_id: level.word for role_id, level in held.items()},
    )


@require(ADMINISTRATOR)
@require_POST
def application_save(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    application = own_application(request, public_id)
    form = _form(application, request.POST)
    status = _save(request, application, form) if form.is_valid() else UNPROCESSABLE
    if status != OK:
        return editor(request, application, form, status)
    messages.success(request, "The draft is saved.")
    return redirect(application_url(application))


@require(ADMINISTRATOR)
@require_POST
def application_submit(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    application = own_application(request, public_id)
    form = _form(application, request.POST)
    status = _save(request, application, form) if form.is_valid() else UNPROCESSABLE
    if status == OK:
        submit = partial(submit_application, application=application, by=request.user)
        status = UNPROCESSABLE if form.add_gaps() else _attempt(form, submit)
    if status != OK:
        return editor(request, application, form, status)
    messages.success(
        request, f"Submitted. It is decided within {settings.REVIEW_PROMISE_DAYS} days."
    )
    return redirect(application_url(application))


def _save(request: PortalRequest, application: RoleApplication, form: DraftForm) -> int:
    said = {"entries": form.entries(), "shown": form.cleaned_data["shown"]}
    status = _attempt(form, lambda: save_lines(application=application, by=request.user, **said))
    if status == OK:
        form.saved()
    return status


def _attempt(form: DraftForm, action: Callable[[], Any]) -> int:
    """Run `action` and return its status; a refusal goes onto the form: nothing typed is lost."""
    try:
        action()
    except NotRelated:
        raise
    except Overtaken as error:
        form.overtaken(error.now)
        return error.status
    except DomainError as error:
        form.add_error(None, error.message)
        return error.status
    return OK
