"""Service categories on the desk: a lead reviewer says which group decides which."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect

from core.errors import Conflict
from core.web.desk_pages import DeskRequest
from core.web.formats import count
from core.web.forms import apply, status_of
from roles.admin.pages import ReviewAdmin
from roles.forms import CategoriesForm
from roles.models import ServiceCategory
from roles.permissions import category_ids, may_assign, reviewer_groups
from roles.transitions.categories import assign_categories, state_of


@admin.register(ServiceCategory)
class ServiceCategoryAdmin(ReviewAdmin):
    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        """One page instead of a list: every reviewer reads it, a lead reviewer changes it there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, _form(stands=category_ids()))
        if not may_assign(request.user):
            raise PermissionDenied
        stands = category_ids()
        form = _form(request.POST, stands)
        try:
            if form.is_valid() and (done := apply(form, lambda: _save(request, form, stands))):
                groups = done.pop()
                text = f"Saved for {count(groups, 'group')}." if groups else "Nothing was changed."
                messages.success(request, text)
                return redirect("admin:roles_servicecategory_changelist")
        except Conflict as error:
            return self._page(
                request, _form(stands=category_ids()), alert=error.message, status=error.status
            )
        return self._page(request, form, status=status_of(form))

    def _page(self, request: DeskRequest, form: CategoriesForm, **context: Any) -> HttpResponse:
        stands = category_ids()
        return self.desk_page(
            request,
            "groups",
            "Who decides which category",
            form=form,
            seen=state_of(stands),
            may_change=may_assign(request.user),
            groups=form.groups.values(),
            rows=[
                {"category": category, "cells": _cells(form, category, stands)}
                for category in ServiceCategory.objects.all()
            ],
            **context,
        )


def _save(
    request: DeskRequest, form: CategoriesForm, stands: dict[int, frozenset[int]]
) -> list[int]:
    choice = form.choice()
    seen = form.cleaned_data["seen"] if form.meant is None else state_of(stands)
    return [assign_categories(by=request.user, choice=choice, seen=seen)]


def _form(data: Any = None, stands: dict[int, frozenset[int]] | None = None) -> CategoriesForm:
    people = Count("user", filter=Q(user__is_active=True, user__is_staff=True), distinct=True)
    groups = reviewer_groups().annotate(people=people)
    shown = {f"group-{pk}": [*map(str, sorted(ids))] for pk, ids in (stands or {}).items()}
    return CategoriesForm(groups, ServiceCategory.objects.all(), data, initial=shown)


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
