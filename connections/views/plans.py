"""Assigning many at once: choose, look at what would change, save (U17, U18)."""

import uuid
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from connections.forms.assignments import CopyForm, SetLevelForm
from connections.models import Connection
from connections.reads import assignments
from connections.rights.assignments import employees_of
from connections.transitions import plans
from connections.transitions.plans import Line
from connections.transitions.rules import ChangedMeanwhile
from connections.views.clients import SEARCH
from core import clock
from core.db import matching
from core.spellings import search_key
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.forms import apply, status_of

SHOWN = 200
# What the preview does not send again: the buttons, the word for what was seen, the search.
NOT_KEPT = ("csrfmiddlewaretoken", "step", "seen", "find_client", "find_person")
MakeForm = Callable[..., SetLevelForm | CopyForm]


@require(ADMINISTRATOR)
def assign_many(request: PortalRequest) -> HttpResponse:
    roles = assignments.granted_roles(request.organization)
    return _page(
        request,
        lambda **options: SetLevelForm(roles, request.organization, **options),
        title="Assign many at once",
        url_name="assignments-bulk",
    )


@require(ADMINISTRATOR)
def copy_assignments(request: PortalRequest) -> HttpResponse:
    return _page(
        request,
        lambda **options: CopyForm(request.organization, **options),
        title="Copy assignments",
        url_name="assignments-copy",
    )


def _page(request: PortalRequest, make: MakeForm, *, title: str, url_name: str) -> HttpResponse:
    args = [request.organization.handle]
    frame = {
        "title": title,
        "action": reverse(f"provider:{url_name}", args=args),
        "back": reverse("provider:assignments", args=args),
    }
    step = request.POST.get("step", "")
    if step not in ("preview", "save"):
        form = make(initial=_chosen(request))
        return render(request, _template(form), frame | _choices(request, form))
    form = make(data=request.POST)
    if form.is_valid():
        answer = apply(form, lambda: _answer(request, form, frame, save=step == "save"))
        if answer is not None:
            return answer
    context = frame | _choices(request, form)
    return render(request, _template(form), context, status=status_of(form))


def _template(form: SetLevelForm | CopyForm) -> str:
    name = "assign_many" if isinstance(form, SetLevelForm) else "copy_assignments"
    return f"connections/provider/{name}.html"


def _answer(
    request: PortalRequest, form: SetLevelForm | CopyForm, frame: dict[str, Any], *, save: bool
) -> HttpResponse:
    """The lines before they are written or, with `save`, as they were written."""
    provider, wish = request.organization, form.wish()
    saved = conflict = False
    if save:
        seen = form.cleaned_data["seen"]
        try:
            lines = plans.assign_many(provider=provider, by=request.user, wish=wish, seen=seen)
            saved = True
        except ChangedMeanwhile:
            conflict = True
    if not saved:
        lines = plans.lines_of(provider, wish)
    context = frame | {
        "rows": [_row(line, saved=saved) for line in lines],
        "counts": Counter(line.outcome for line in lines),
        "saved": saved,
        "conflict": conflict,
        "seen": plans.digest(lines),
        "kept": [
            (name, value)
            for name in request.POST
            if name not in NOT_KEPT
            for value in request.POST.getlist(name)
        ],
    }
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.OK
    return render(request, "connections/provider/assign_preview.html", context, status=status)


def _row(line: Line, *, saved: bool) -> dict[str, Any]:
    words = {
        "refused": ("refused", f"Refused: {line.refusal}"),
        "same": ("quiet", "As it is"),
        "change": ("approved", "Saved") if saved else ("pending", "Will change"),
    }
    state, label = words[line.outcome]
    return {
        "client": line.connection.seller.name,
        "person": line.member.user.name,
        "role": line.role.name,
        "before": line.before.word,
        "after": line.after.word,
        "state": state,
        "label": label,
    }


def _chosen(request: PortalRequest) -> dict[str, Any]:
    """What was ticked before: in the grid, or here before a search."""
    sent = request.POST if request.method == "POST" else request.GET
    names = ("role", "level", "source", "every_client", "every_employee", "exactly")
    return {name: sent.get(name, "") for name in names if sent.get(name)}


def _choices(request: PortalRequest, form: SetLevelForm | CopyForm) -> dict[str, Any]:
    provider = request.organization
    sent = request.POST if request.method == "POST" else request.GET
    who, whom = (_words(sent, name) for name in ("find_person", "find_client"))
    people = employees_of(provider).order_by("user__search_key", "id")
    found = matching(people, who, "user")
    ticks = _ticks(people, found, sent.getlist("employee"), lambda row: row.user.name)
    context = {"form": form, "find_person": who, "people": ticks}
    if isinstance(form, CopyForm):
        return context
    clients = Connection.objects.for_provider(provider).live(clock.now()).with_list_data()
    clients = clients.order_by("-started_at", "-id")
    found = matching(clients, whom, "seller")
    ticks = _ticks(clients, found, sent.getlist("client"), lambda row: row.seller.name)
    return context | {"find_client": whom, "clients": ticks}


def _words(sent: QueryDict, name: str) -> str:
    return str(sent.get(name, "")).replace("\0", "").strip()[:SEARCH]


def _ticks(rows: Any, found: Any, ticked: list[str], name: Callable[[Any], str]) -> dict[str, Any]:
    """What is ticked, then up to SHOWN others that were found, each by name; two queries."""
    ids = [value for value in map(_uuid, ticked) if value]
    on = list(rows.filter(public_id__in=ids)) if ids else []
    others = list(found.exclude(public_id__in=ids)[: SHOWN + 1])
    parts = ((on, True), (others[:SHOWN], False))
    return {
        "more": len(others) > SHOWN,
        "rows": [
            {"id": row.public_id, "name": name(row), "on": ticked}
            for part, ticked in parts
            for row in sorted(part, key=lambda row: search_key(name(row)))
        ],
    }


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None
