"""The page on which a lead reviewer says which group decides which service category."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render

from core.errors import Conflict
from core.web.desk import DeskRequest
from core.web.forms import apply, status_of
from roles.forms import CategoriesForm
from roles.models import ServiceCategory
from roles.permissions import category_ids, may_assign, reviewer_groups
from roles.transitions.categories import assign_categories, state_of


def page(admin: Any, request: DeskRequest) -> HttpResponse:
    """Categories by group; every reviewer reads it, a lead reviewer changes it by POST."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return _page(admin, request, _form())
    if not may_assign(request.user):
        raise PermissionDenied
    form = _form(request.POST)
    try:
        if form.is_valid() and (done := apply(form, lambda: _save(request, form))):
            messages.success(request, _words(done.pop()))
            return redirect("admin:roles_servicecategory_changelist")
    except Conflict as error:
        return _page(admin, request, _form(), alert=error.message, status=error.status)
    return _page(admin, request, form, status=status_of(form))


def _save(request: DeskRequest, form: CategoriesForm) -> list[int]:
    choice, seen = form.choice(), form.cleaned_data["seen"]
    return [assign_categories(by=request.user, choice=choice, seen=seen)]


def _words(groups: int) -> str:
    if not groups:
        return "Nothing was changed."
    return "Saved for 1 group." if groups == 1 else f"Saved for {groups} groups."


def _form(data: Any = None) -> CategoriesForm:
    people = Count("user", filter=Q(user__is_active=True, user__is_staff=True), distinct=True)
    groups = reviewer_groups().annotate(people=people)
    return CategoriesForm(groups, ServiceCategory.objects.all(), data)


def _page(
    admin: Any, request: DeskRequest, form: CategoriesForm, *, alert: str = "", status: int = 200
) -> HttpResponse:
    stands = category_ids()
    may_change = may_assign(request.user)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Who decides which category",
        "alert": alert,
        "form": form,
        "seen": state_of(stands),
        "may_change": may_change,
        "groups": form.groups.values(),
        "rows": [
            {"category": category, "cells": _cells(form, category, stands)}
            for category in ServiceCategory.objects.all()
        ],
    }
    template = "admin/roles/servicecategory/groups.html"
    return render(request, template, context, status=status)


def _cells(
    form: CategoriesForm, category: ServiceCategory, stands: dict[int, frozenset[int]]
) -> list[dict[str, Any]]:
    cells = []
    for name, group in form.groups.items():
        on = category.pk in stands.get(group.pk, frozenset())
        if form.is_bound:
            on = str(category.pk) in form[name].value()
        cells.append({"name": name, "on": on, "label": f"{group.name}: {category.title}"})
    return cells
