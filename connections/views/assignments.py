"""Who may use what for which client (U17, U18): per client, per employee, and all in one grid."""

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Membership
from connections.forms.connections import AssignmentForm
from connections.models import Assignment, Connection
from connections.reads.assignments import (
    Filters,
    cells,
    clients_of,
    granted_roles,
    grants_of,
    held,
    roles_of,
    unidentified,
)
from connections.rights.assignments import employees_of
from connections.transitions import assignments
from connections.transitions.rules import ChangedMeanwhile
from connections.views.clients import SEARCH, tabs
from connections.views.lookups import connection_for
from core import clock
from core.db import matching
from core.web.access import ADMINISTRATOR, Level, PortalRequest, require
from core.web.formats import count
from core.web.forms import apply, posted, status_of
from core.web.pagination import Page, paginate
from roles.models import Role

BY_NAME = ("user__search_key", "id")
# So many employees stand side by side with a choice for each role.
COLUMNS = 8
# Clients, and employees, of one page of the overview.
GRID = 25
LEVEL_CHOICES = [level for level in Level if level]


@require(ADMINISTRATOR)
def client_assignments(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    # Before what the form is merged with is read: whatever comes between is a conflict.
    state = assignments.state_of(row)
    grants, page = grants_of(row), _people_page(request, COLUMNS)
    form = AssignmentForm(grants, page.items, held(grants, page.items), posted(request))
    conflict = False
    try:
        if form.is_valid() and (changed := apply(form, lambda: _save(request, row, form, state))):
            messages.success(request, _saved(changed.pop()))
            return redirect(request.get_full_path())
    except ChangedMeanwhile:
        conflict = True
    context = {
        "connection": row,
        "form": form,
        "page": page,
        "people": _columns(page.items, request.organization.handle),
        "rows": form.rows(),
        "state": assignments.state_of(row),
        "conflict": conflict or status_of(form) == HTTPStatus.CONFLICT,
        "is_live": row.is_live,
        "search": _typed(request, "person"),
        "action": request.get_full_path(),
        "back": reverse("provider:client", args=[request.organization.handle, public_id]),
        "employees_url": reverse("provider:employees", args=[request.organization.handle]),
    }
    status = HTTPStatus.CONFLICT if conflict else status_of(form)
    return render(request, "connections/provider/client_assignments.html", context, status=status)


def _save(request: PortalRequest, row: Connection, form: AssignmentForm, state: str) -> list[int]:
    return [
        assignments.assign(
            connection=row,
            by=request.user,
            changes=form.changes(),
            state=form.cleaned_data["state"] if form.meant is None else state,
        )
    ]


def _saved(people: int) -> str:
    return f"Saved for {count(people, 'person', 'people')}." if people else "Nothing was changed."


def _typed(request: PortalRequest, name: str) -> str:
    return request.GET.get(name, "").strip()[:SEARCH]


def _people_page(request: PortalRequest, size: int) -> Page[Membership]:
    rows = employees_of(request.organization)
    only = request.GET.get("only", "")
    if only:
        try:
            rows = rows.filter(public_id=uuid.UUID(only))
        except ValueError:
            rows = rows.none()
    rows = matching(rows, _typed(request, "person"), "user")
    return paginate(rows, request, order=BY_NAME, size=size, parameter="people")


def _columns(members: list[Membership], handle: str) -> list[dict[str, Any]]:
    waiting = unidentified(members)
    return [
        {
            "id": member.public_id,
            "name": member.user.name,
            "waiting": member.pk in waiting,
            "url": reverse("provider:employee-clients", args=[handle, member.public_id]),
        }
        for member in members
    ]


@require_safe
@require(ADMINISTRATOR)
def employee_clients(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    provider = request.organization
    member = get_object_or_404(
        Membership.objects.for_organization(provider).select_related("user"), public_id=public_id
    )
    mine = Connection.objects.for_provider(provider).live(clock.now()).with_list_data()
    assigned = Assignment.objects.filter(user=member.user_id)
    mine = mine.filter(pk__in=assigned.values("content_object__connection_id"))
    page = paginate(mine, request, order=("-started_at", "-id"))
    roles = roles_of(member.user_id, page.items)
    handle = provider.handle
    context = {
        "member": member,
        "waiting": bool(unidentified([member])),
        "page": page,
        "rows": [
            {
                "name": row.seller.name,
                "roles": roles.get(row.pk, []),
                "url": _only(row, handle, member),
            }
            for row in page
        ],
        "back": reverse("provider:employees", args=[handle]),
        "assignments_url": reverse("provider:assignments", args=[handle]),
        "copy_url": f"{reverse('provider:assignments-copy', args=[handle])}?source={public_id}",
    }
    return render(request, "connections/provider/employee_clients.html", context)


def _only(connection: Connection, handle: str, member: Membership) -> str:
    url = reverse("provider:client-assignments", args=[handle, connection.public_id])
    return f"{url}?only={member.public_id}"


@require_safe
@require(ADMINISTRATOR)
def overview(request: PortalRequest) -> HttpResponse:
    provider = request.organization
    roles = granted_roles(provider)
    filters = _filters(request, roles)
    page = paginate(clients_of(provider, filters), request, order=("-started_at", "-id"), size=GRID)
    people = _people_page(request, GRID)
    args = [provider.handle]
    context = {
        "page": page,
        "people_page": people,
        "people": _columns(people.items, provider.handle),
        "rows": _grid_rows(page.items, people.items, filters, provider.handle),
        "filters": filters,
        "filtered": filters != Filters(),
        "roles": roles,
        "levels": LEVEL_CHOICES,
        "tabs": tabs(provider.handle, "assignments"),
        "employees_url": reverse("provider:employees", args=args),
        "bulk_url": reverse("provider:assignments-bulk", args=args),
        "copy_url": reverse("provider:assignments-copy", args=args),
    }
    return render(request, "connections/provider/assignments.html", context)


def _filters(request: PortalRequest, roles: list[Role]) -> Filters:
    """What the address asks for; a word we did not offer counts as none."""
    role, level = request.GET.get("role", ""), request.GET.get("level", "")
    return Filters(
        client=_typed(request, "client"),
        person=_typed(request, "person"),
        role=next((row for row in roles if row.code == role), None),
        level=next((one for one in LEVEL_CHOICES if one.word == level), Level.NONE),
        nobody=request.GET.get("show") == "nobody",
    )


def _grid_rows(
    connections: list[Connection], members: list[Membership], filters: Filters, handle: str
) -> list[dict[str, Any]]:
    words = cells(connections, members, filters)
    rows = []
    for connection in connections:
        url = reverse("provider:client-assignments", args=[handle, connection.public_id])
        name = connection.seller.name
        row = [
            {
                "person": member.user.name,
                "words": (found := words.get((connection.pk, member.user_id), "")) or "none",
                "empty": not found,
                "label": f"{found or 'none'}: {member.user.name} for {name}",
                "url": f"{url}?only={member.public_id}",
            }
            for member in members
        ]
        rows.append({"id": connection.public_id, "name": name, "url": url, "cells": row})
    return rows
