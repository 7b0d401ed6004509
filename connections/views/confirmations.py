"""Asking before something is done: with a form, or because a grant form takes something away."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from connections.forms.connections import GrantForm
from connections.models import Connection
from connections.reads import impact
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


def save(
    request: PortalRequest,
    row: Connection,
    form: GrantForm,
    change: Callable[[], Any],
    *,
    done: str,
    said: str,
) -> HttpResponse | None:
    """The answer to a posted grant form, or None when the form is to be shown (again).

    `change` is done at once where nobody loses anything by it, or once that was confirmed; it
    raises ChangedMeanwhile as ever. Otherwise the answer is the page that lists who loses what
    and carries what was typed; nothing has changed then.
    """
    if not form.is_bound or REVISE in request.POST or not form.is_valid():
        return None
    if form.takes_away() and not is_confirmed(request):
        found = apply(form, lambda: impact.of_change(row, change))
        return _ask(request, row, form, found, done) if found else None
    if not apply(form, change):
        return None
    messages.success(request, said)
    return HttpResponseRedirect(done)


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
