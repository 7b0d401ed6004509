"""Stopping what rests on a connection: for a while, or for good (X6, U13), with who loses what."""

import uuid
from functools import partial

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from connections.forms.connections import PauseForm, PauseMoveForm, ReasonForm
from connections.reads import impact
from connections.states import ConnectionStatus
from connections.transitions import endings, pauses
from connections.views.confirmations import confirm
from connections.views.lookups import connection_for, connection_page
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.forms import posted


@require(ADMINISTRATOR)
def connection_pause(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    form = PauseForm(posted(request), zone=request.organization.zone)
    page = connection_page(request.organization, row)
    if request.method != "POST" and not row.may_become(ConnectionStatus.PAUSED):
        return redirect(page)

    return confirm(
        request,
        form,
        lambda: pauses.pause(
            connection=row,
            by=request.user,
            until=form.resumes_at(),
            reason=form.cleaned_data["reason"],
        ),
        done=f"Paused. {row.provider.name} has been told.",
        to=page,
        title=f"Pause {row.provider.name}?",
        text="Nobody of the provider can act for you while the connection is paused. You can "
        "let them go on at any time.",
        submit="Pause",
        consequences=[
            "Roles and assignments stay as they are, and count again afterwards.",
            "Both sides are told by e-mail.",
        ],
        impact=partial(impact.of_ending, row),
    )


@require(ADMINISTRATOR)
def connection_pause_day(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    page = connection_page(request.organization, row)
    form = PauseMoveForm(
        posted(request), zone=request.organization.zone, initial={"until": row.paused_until}
    )
    if request.method != "POST" and not row.is_paused:
        return redirect(page)
    return confirm(
        request,
        form,
        lambda: pauses.set_day(connection=row, by=request.user, until=form.resumes_at()),
        done=f"Changed. {row.provider.name} has been told.",
        to=page,
        title=f"How long is {row.provider.name} paused?",
        text="The pause goes on: nobody of the provider can act for you before it ends.",
        submit="Change the day",
        tone="primary",
        consequences=["Both sides are told by e-mail."],
    )


@require_POST
@require(ADMINISTRATOR)
def connection_resume(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    pauses.resume(connection=row, by=request.user)
    messages.success(request, f"{row.provider.name} can go on, and has been told.")
    return HttpResponseRedirect(connection_page(request.organization, row))


@require(ADMINISTRATOR)
def connection_end(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    reader = request.organization
    other = row.other(reader)
    form, page = ReasonForm(posted(request)), connection_page(reader, row)
    if not form.is_valid() and not row.may_become(ConnectionStatus.TERMINATED):
        return redirect(page)
    return confirm(
        request,
        form,
        lambda: endings.terminate(
            connection=row, by=request.user, organization=reader, **form.cleaned_data
        ),
        done=f"Ended. {other.name} has been told.",
        to=page,
        title=f"End the connection with {other.name}?",
        text="This cannot be taken back. To work together again, the seller adds the partner "
        "anew and grants roles afresh.",
        submit="End the connection",
        consequences=[
            "All roles and assignments end at once.",
            "Both sides are told by e-mail, and the history stays for both.",
        ],
        impact=partial(impact.of_ending, row),
    )
