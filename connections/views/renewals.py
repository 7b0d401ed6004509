"""A later end date by agreement: the same pages for both sides (U16)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from connections.forms.connections import ReasonForm, RenewalForm
from connections.models import Connection, Renewal
from connections.reads import requests
from connections.states import Side
from connections.transitions import renewals
from connections.transitions.rules import AlreadyThere
from connections.views.confirmations import confirm
from connections.views.lookups import connection_for, connection_page
from core import clock
from core.errors import Ended
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import day
from core.web.forms import apply, posted, status_of


@require(ADMINISTRATOR)
def renewal(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    standing, side = requests.open_renewal(row), _side(request, row)
    form = RenewalForm(posted(request))
    try:
        if form.is_valid() and _propose(request, row, form):
            messages.success(request, f"{_other(request, row).name} has been asked to agree.")
            return redirect(connection_page(request.organization, row))
    except AlreadyThere as error:
        messages.info(request, error.message)
        return redirect(request.path)
    context = {
        "other": _other(request, row),
        "facts": _facts(row, standing),
        "standing": standing,
        "ours": standing is not None and standing.side == side,
        "form": form,
        "is_live": row.is_live,
        "opens": renewals.opens_at(row) <= clock.now(),
        "not_yet": f"A later end date can be proposed from {renewals.OPENS} days before the end: "
        f"from {day(renewals.opens_at(row))} on.",
        "most_days": renewals.AGREED_DAYS,
        "roles_url": connection_page(request.organization, row, "roles")
        if side == Side.SELLER
        else "",
        "back": connection_page(request.organization, row),
        "agree_url": connection_page(request.organization, row, "renewal-agree"),
        "decline_url": connection_page(request.organization, row, "renewal-decline"),
        "withdraw_url": connection_page(request.organization, row, "renewal-withdraw"),
    }
    return render(request, "connections/renewal.html", context, status=status_of(form))


def _propose(request: PortalRequest, row: Connection, form: RenewalForm) -> Renewal | None:
    return apply(
        form,
        lambda: renewals.propose(
            connection=row,
            by=request.user,
            organization=request.organization,
            ends_at=form.ends_at(),
        ),
    )


@require_POST
@require(ADMINISTRATOR)
def renewal_agree(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    agreed = renewals.agree(
        renewal=_standing(row), by=request.user, organization=request.organization
    )
    messages.success(request, f"Agreed: you stay connected until {day(agreed.ends_at)}.")
    return redirect(connection_page(request.organization, row))


@require(ADMINISTRATOR)
def renewal_decline(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    standing, other = _standing(row), _other(request, row)
    form = ReasonForm(posted(request))
    return confirm(
        request,
        form,
        lambda: renewals.decline(
            renewal=standing,
            by=request.user,
            organization=request.organization,
            **form.cleaned_data,
        ),
        done=f"Declined. {other.name} has been told.",
        to=connection_page(request.organization, row),
        title=f"Decline the end date that {other.name} proposes?",
        text=f"The connection then ends on {day(row.ends_at)}, as it stands.",
        submit="Decline",
        cancel_url=connection_page(request.organization, row, "renewal"),
    )


@require_POST
@require(ADMINISTRATOR)
def renewal_withdraw(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    renewals.withdraw(renewal=_standing(row), by=request.user, organization=request.organization)
    messages.success(request, f"Taken back. {_other(request, row).name} has been told.")
    return redirect(connection_page(request.organization, row))


def _standing(row: Connection) -> Renewal:
    found = requests.open_renewal(row)
    if found is None:
        raise Ended("There is no open proposal here: it was answered or taken back.")
    return found


def _side(request: PortalRequest, row: Connection) -> Side:
    return Side.SELLER if request.organization.pk == row.seller_id else Side.PROVIDER


def _other(request: PortalRequest, row: Connection) -> Any:
    return row.provider if _side(request, row) == Side.SELLER else row.seller


def _facts(row: Connection, standing: Renewal | None) -> list[tuple[str, str]]:
    facts = [("Connected since", day(row.started_at)), ("Ends on now", day(row.ends_at))]
    if standing:
        person = standing.proposed_by.name if standing.proposed_by else "Somebody who left"
        facts += [("Proposed", day(standing.ends_at)), ("Proposed by", person)]
    return facts
