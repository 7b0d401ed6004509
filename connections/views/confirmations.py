"""Asking before something is done: with a form, or because a grant form takes something away."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from connections.forms.connections import GrantForm
from connections.models import Connection
from connections.reads import impact
from connections.transitions.rules import ChangedMeanwhile
from core.web.access import PortalRequest
from core.web.forms import REVISE, apply, carried, is_confirmed, status_of


def confirm(
    request: PortalRequest,
    form: Form,
    action: Callable[[], Any],
    *,
    done: str,
    to: str,
    **page: Any,
) -> HttpResponse:
    """Ask with this form, then run `action`, say `done` and go on to `to`.

    `page` is the title and what components/confirm.html reads; Cancel leads to `to`, too, where
    no `cancel_url` is given.
    """
    if form.is_valid() and apply(form, action):
        messages.success(request, done)
        return HttpResponseRedirect(to)
    context = {"form": form, "cancel_url": to} | page
    return render(request, "connections/confirm.html", context, status=status_of(form))


def edit_grants(
    request: PortalRequest,
    row: Connection,
    form: GrantForm,
    change: Callable[[], Any],
    *,
    said: str,
    done: str,
    template: str,
    **page: Any,
) -> HttpResponse:
    """The page of a grant form, and what posting it leads to.

    `change` is done at once where nobody loses anything by it, or once that was confirmed; then
    `said` is told at `done`. Otherwise the answer is the page that lists who loses what and
    carries what was typed; nothing has changed then.
    """
    conflict = False
    try:
        if form.is_bound and REVISE not in request.POST and form.is_valid():
            if form.takes_away() and not is_confirmed(request):
                if found := apply(form, lambda: impact.of_change(row, change)):
                    return _ask(request, row, form, found, done)
            elif apply(form, change):
                messages.success(request, said)
                return HttpResponseRedirect(done)
    except ChangedMeanwhile:
        conflict = True
    row.refresh_from_db(fields=["version"])
    page |= {
        "groups": form.groups(),
        "connection": row,
        "form": form,
        "version": row.version,
        "is_live": row.is_live,
        "back": done,
    }
    status = HTTPStatus.CONFLICT if conflict else status_of(form)
    page["conflict"] = status == HTTPStatus.CONFLICT
    return render(request, template, page, status=status)


def version_of(row: Connection, form: GrantForm) -> int:
    """The version that the form rests on: what stands, where it says what it showed and was merged
    with that."""
    return row.version if form.meant is not None else form.cleaned_data["version"] or 0


def _ask(
    request: PortalRequest, row: Connection, form: GrantForm, found: impact.Impact, done: str
) -> HttpResponse:
    seller = request.organization.pk == row.seller_id
    context = {
        "title": "Save these roles?" if seller else "Give these roles back?",
        "text": "What is lowered stops at once, for everybody. Nothing has been saved yet.",
        "submit": "Save the roles" if seller else "Give them back",
        "consequences": [
            *(f"{role}: {before.word} → {after.word}." for role, before, after in form.changes()),
            "Both sides are told by e-mail.",
        ],
        "impact": found,
        "carried": carried(request),
        "cancel_url": done,
    }
    return render(request, "connections/confirm.html", context)
