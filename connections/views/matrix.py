"""Every client and every employee in one grid, with filters (U17)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Membership
from connections.models import Connection
from connections.reads import assignments
from connections.reads.assignments import Filters
from connections.views.assignments import columns, people_page, text_of
from connections.views.clients import tabs
from core.web.access import ADMINISTRATOR, Level, PortalRequest, require
from core.web.pagination import paginate
from roles.models import Role

COLUMNS = 25
ROWS = 25
LEVEL_CHOICES = [level for level in Level if level]


@require_safe
@require(ADMINISTRATOR)
def overview(request: PortalRequest) -> HttpResponse:
    provider = request.organization
    roles = assignments.granted_roles(provider)
    filters = _filters(request, roles)
    page = paginate(
        assignments.clients_of(provider, filters),
        request,
        order=("-started_at", "-id"),
        size=ROWS,
    )
    people = people_page(request, COLUMNS)
    args = [provider.handle]
    context = {
        "page": page,
        "people_page": people,
        "people": columns(people.items, provider.handle),
        "rows": _rows(page.items, people.items, filters, provider.handle),
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
        client=text_of(request, "client"),
        person=text_of(request, "person"),
        role=next((row for row in roles if row.code == role), None),
        level=next((one for one in LEVEL_CHOICES if one.word == level), Level.NONE),
        nobody=request.GET.get("show") == "nobody",
    )


def _rows(
    connections: list[Connection], members: list[Membership], filters: Filters, handle: str
) -> list[dict[str, Any]]:
    words = assignments.cells(connections, members, filters)
    rows = []
    for connection in connections:
        url = reverse("provider:client-assignments", args=[handle, connection.public_id])
        name = connection.seller.name
        cells = [
            {
                "person": member.user.name,
                "words": (found := words.get((connection.pk, member.user_id), "")) or "none",
                "empty": not found,
                "label": f"{found or 'none'}: {member.user.name} for {name}",
                "url": f"{url}?only={member.public_id}",
            }
            for member in members
        ]
        rows.append({"id": connection.public_id, "name": name, "url": url, "cells": cells})
    return rows
