"""A later end date by agreement: the same pages for both sides (U16)."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from connections.forms.connections import ReasonForm, RenewalForm
from connections.models import Connection, Renewal
from connections.reads import requests
from connections.states import Side
from connections.transitions import renewals
from connections.transitions.endings import side_of
from connections.transitions.rules import AlreadyThere
from connections.views.confirmations import confirm
from connections.views.lookups import connection_for, connection_page, require_seen
from core import clock
from core.errors import Ended
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import day, ending
from core.web.forms import apply, posted, status_of


@require(ADMINISTRATOR)
def renewal(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row, reader = connection_for(request, public_id), request.organization
    standing, side = requests.open_renewal(row), side_of(row, reader)
    other, form = row.other(reader), RenewalForm(posted(request), zone=reader.zone)

    def propose() -> Renewal:
        return renewals.propose(
            connection=row, by=request.user, organization=reader, ends_at=form.ends_at()
        )

    try:
        if form.is_valid() and apply(form, propose) is not None:
            messages.success(request, f"{other.name} has been asked to agree.")
            return redirect(connection_page(reader, row))
    except AlreadyThere as error:
        messages.info(request, error.message)
        return redirect(request.path)
    context = {
        "other": other,
        "facts": _facts(row, standing),
        "standing": standing,
        "ours": standing is not None and standing.side == side,
        "form": form,
        "is_live": row.is_live,
        "opens": renewals.opens_at(row) <= clock.now(),
        "not_yet": f"A later end date can be proposed from {renewals.OPENS} days before the end: "
        f"from {day(renewals.opens_at(row))} on.",
        "most_days": renewals.AGREED_DAYS,
        "roles_url": connection_page(reader, row, "roles") if side == Side.SELLER else "",
        "back": connection_page(reader, row),
        "agree_url": connection_page(reader, row, "renewal-agree"),
        "decline_url": connection_page(reader, row, "renewal-decline"),
        "withdraw_url": connection_page(reader, row, "renewal-withdraw"),
        "seen": [("seen", standing.public_id)] if standing else [],
    }
    return render(request, "connections/renewal.html", context, status=status_of(form))


@require_POST
@require(ADMINISTRATOR)
def renewal_agree(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    agreed = renewals.agree(
        renewal=_standing(request, row), by=request.user, organization=request.organization
    )
    messages.success(request, f"Agreed: you stay connected until {ending(agreed.ends_at)}.")
    return redirect(connection_page(request.organization, row))


@require(ADMINISTRATOR)
def renewal_decline(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    standing, other = _standing(request, row), row.other(request.organization)
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
        text=f"The connection then ends on {ending(row.ends_at)}, as it stands.",
        submit="Decline",
        fields=[("seen", standing.public_id)],
        cancel_url=connection_page(request.organization, row, "renewal"),
    )


@require_POST
@require(ADMINISTRATOR)
def renewal_withdraw(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    renewals.withdraw(
        renewal=_standing(request, row), by=request.user, organization=request.organization
    )
    messages.success(request, f"Taken back. {row.other(request.organization).name} has been told.")
    return redirect(connection_page(request.organization, row))


def _standing(request: PortalRequest, row: Connection) -> Renewal:
    found = requests.open_renewal(row)
    if found is None:
        raise Ended("There is no open proposal here: it was answered or taken back.")
    require_seen(request, found)
    return found


def _facts(row: Connection, standing: Renewal | None) -> list[tuple[str, str]]:
    facts = [("Connected since", day(row.started_at)), ("Ends on now", ending(row.ends_at))]
    if standing:
        person = standing.proposed_by.name if standing.proposed_by else "Somebody who left"
        facts += [("Proposed", ending(standing.ends_at)), ("Proposed by", person)]
    return facts
