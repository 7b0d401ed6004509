"""A provider asks for more, and the seller answers (U12, X2)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from connections.forms.connections import ConsentForm, RefusalForm, RequestForm
from connections.models import Connection, RoleRequest
from connections.reads import grants
from connections.reads.requests import difference, last_request, open_request
from connections.transitions import requests
from connections.transitions.rules import AlreadyThere
from connections.views.confirmations import confirm
from connections.views.lookups import connection_for, connection_page, require_seen, url_of
from core.errors import Ended
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import day, ending
from core.web.forms import apply, posted, status_of

NONE_OPEN = "There is no open request here: it was answered, withdrawn, or has lapsed."


@require(ADMINISTRATOR)
def client_request(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    standing = open_request(row)
    held = grants.held_levels(row)
    form = RequestForm(grants.requestable(row.provider, held), posted(request))
    back = reverse("provider:client", args=[request.organization.handle, public_id])

    def ask() -> RoleRequest:
        message = form.cleaned_data["message"]
        return requests.ask(connection=row, by=request.user, levels=form.levels(), message=message)

    try:
        if form.is_valid() and apply(form, ask) is not None:
            messages.success(request, f"{row.seller.name} has been asked. You hear the answer.")
            return redirect(back)
    except AlreadyThere as error:
        messages.info(request, error.message)
        return redirect(request.path)
    context = {
        "connection": row,
        "is_live": row.is_live,
        "standing": standing,
        "difference": difference(standing, held) if standing else [],
        "until": ending(standing.expires_at) if standing else "",
        "form": form,
        "groups": form.groups(),
        "seen": [("seen", standing.public_id)] if standing else [],
        "back": back,
        "withdraw_url": reverse(
            "provider:client-request-withdraw", args=[request.organization.handle, public_id]
        ),
        "applications_url": reverse("provider:applications", args=[request.organization.handle]),
    }
    template = "connections/provider/client_request.html"
    return render(request, template, context, status=status_of(form))


@require_POST
@require(ADMINISTRATOR)
def client_request_withdraw(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    requests.withdraw(request=_standing(request, row), by=request.user)
    messages.success(request, f"Withdrawn. {row.seller.name} has been told.")
    return redirect("provider:client", request.organization.handle, public_id)


@require(ADMINISTRATOR)
def connection_request(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    standing = _standing(request, row)
    lines = difference(standing, grants.held_levels(row))
    form, done = ConsentForm(lines, posted(request)), url_of(row, request.organization)
    if form.is_valid() and (
        answered := apply(
            form, lambda: requests.consent(request=standing, by=request.user, levels=form.levels())
        )
    ):
        said = "Granted" if answered.status == "consented" else "Granted in part"
        messages.success(request, f"{said}. {row.provider.name} has been told.")
        return HttpResponseRedirect(done)
    args = [request.organization.handle, public_id]
    context = {
        "connection": row,
        "standing": standing,
        "form": form,
        "rows": form.rows(),
        "open": any(not line.is_settled for line in lines),
        "facts": _facts(standing, row),
        "refuse_url": reverse("seller:connection-request-refuse", args=args),
        "back": done,
    }
    template = "connections/seller/connection_request.html"
    return render(request, template, context, status=status_of(form))


@require(ADMINISTRATOR)
def connection_request_refuse(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    standing = _standing(request, row)
    form = RefusalForm(posted(request))
    return confirm(
        request,
        form,
        lambda: requests.refuse(request=standing, by=request.user, **form.cleaned_data),
        done=f"Refused. {row.provider.name} has been told why.",
        to=connection_page(request.organization, row),
        title=f"Refuse what {row.provider.name} asks for?",
        text="What you granted stays as it is. They read your reason and can ask again.",
        submit="Refuse",
        fields=[("seen", standing.public_id)],
        cancel_url=connection_page(request.organization, row, "request"),
    )


def _standing(request: PortalRequest, row: Connection) -> RoleRequest:
    """The open request, or the newest one, so that its transition says how it ended."""
    found = last_request(row)
    if found is None or not found.is_open:
        raise Ended(NONE_OPEN)
    require_seen(request, found)
    return found


def _facts(standing: RoleRequest, row: Connection) -> list[tuple[str, Any]]:
    person = standing.requested_by
    return [
        ("Asked by", f"{person.name if person else 'Somebody who left'}, {row.provider.name}"),
        ("Asked on", day(standing.requested_at)),
        ("Answer until", ending(standing.expires_at)),
        ("Why", standing.message),
    ]
