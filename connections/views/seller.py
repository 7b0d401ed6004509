"""The seller's side of connections: accept, reject, look, change what is granted."""

import uuid
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.invitations import opening, pages
from accounts.models import Organization
from connections.forms.connections import AcceptForm, DeclineForm
from connections.models import Connection, ConnectionInvitation
from connections.reads import people, requests, reviews
from connections.reads.connections import connection_row, connection_state
from connections.reads.grants import at_least_view, held_levels, offers, own_ends
from connections.reads.receipts import behind
from connections.states import ConnectionStatus
from connections.transitions import grants, invitations, renewals
from connections.transitions.rules import MAX_DAYS, AlreadyThere
from connections.views import confirmations
from connections.views.confirmations import confirm
from connections.views.lookups import (
    connection_for,
    connection_page,
    invitation_for,
    timeline,
    url_of,
)
from core import clock
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import country, day, ending
from core.web.forms import apply, posted, status_of
from core.web.pagination import paginate


@require_safe
@require(ADMINISTRATOR)
def partners(request: PortalRequest) -> HttpResponse:
    rows = Connection.objects.for_seller(request.organization).with_list_data()
    rows = rows.with_role_count().with_asked(clock.now())
    page = paginate(rows, request, order=("-started_at", "-id"))
    context = {
        "page": page,
        "rows": [connection_row(row, request.organization) for row in page],
        "back": reverse("seller:permissions", args=[request.organization.handle]),
    }
    return render(request, "connections/seller/partners.html", context)


@require(ADMINISTRATOR)
def connection_accept(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    invitation = invitation_for(request, public_id)
    if not invitation.is_open:
        return _over(request, invitation)
    form = _accept_form(request, invitation)
    try:
        if form.is_valid() and (row := apply(form, lambda: _accept(request, invitation, form))):
            messages.success(request, f"{row.provider.name} is now an authorized partner.")
            response = HttpResponseRedirect(url_of(row, request.organization))
            opening.forget(response)
            return response
    except AlreadyThere as error:
        messages.info(request, error.message)
        return HttpResponseRedirect(url_of(error.row, request.organization))
    return _accept_page(request, invitation, form)


def _over(request: PortalRequest, invitation: ConnectionInvitation) -> HttpResponse:
    connection = Connection.objects.filter(invitation=invitation).first()
    if connection and request.method != "POST":
        return HttpResponseRedirect(url_of(connection, request.organization))
    return pages.ended(request, opening.newest(invitation))


def _accept_form(request: PortalRequest, invitation: ConnectionInvitation) -> AcceptForm:
    offered = offers(invitation.organization)
    zone = request.organization.zone
    usual = clock.end_after(settings.CONNECTION_DAYS, zone)
    if request.GET.get("choose") == "view":
        offered = [at_least_view(offer) for offer in offered]
    return AcceptForm(offered, posted(request), zone=zone, initial={"until": usual})


def _accept(
    request: PortalRequest, invitation: ConnectionInvitation, form: AcceptForm
) -> Connection:
    return invitations.accept(
        invitation=invitation,
        by=request.user,
        levels=form.levels(),
        ends_at=form.ends_at(),
        until=form.role_ends(),
    )


def _accept_page(
    request: PortalRequest, invitation: ConnectionInvitation, form: AcceptForm
) -> HttpResponse:
    firm, seller = invitation.organization, request.organization
    args = [seller.handle, invitation.public_id]
    context = {
        "invitation": invitation,
        "form": form,
        "groups": form.groups(),
        "open": sum(not offer.is_locked for offer in form.offers),
        "facts": [
            ("Solution provider", f"{firm.name} ({firm.handle})"),
            ("Country", country(firm)),
            ("Invited by", invitation.invited_by.name if invitation.invited_by else "Somebody"),
            ("Accept until", ending(invitation.expires_at)),
        ],
        "most_days": MAX_DAYS,
        "reject_url": reverse("seller:connection-reject", args=args),
        "back": reverse("seller:permissions", args=[seller.handle]),
    }
    return render(
        request, "connections/seller/connection_accept.html", context, status=status_of(form)
    )


@require(ADMINISTRATOR)
def connection_reject(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    invitation = invitation_for(request, public_id)
    form = DeclineForm(posted(request))
    answer = confirm(
        request,
        form,
        lambda: invitations.reject(invitation=invitation, by=request.user, **form.cleaned_data),
        done=f"Rejected. {invitation.organization.name} has been told.",
        to=reverse("seller:permissions", args=[request.organization.handle]),
        title=f"Reject the invitation of {invitation.organization.name}?",
        text="They are told, with your reason. You can add them again at any time.",
        submit="Reject",
        cancel_url=url_of(invitation, request.organization),
    )
    if answer.status_code == HTTPStatus.FOUND:
        opening.forget(answer)
    return answer


@require_safe
@require(ADMINISTRATOR)
def connection(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    args = [request.organization.handle, row.public_id]
    context = connection_context(request, row) | {
        "pause_url": _offered(row, ConnectionStatus.PAUSED, "seller:connection-pause", args),
        "pause_day_url": reverse("seller:connection-pause-day", args=args),
        "resume_url": _offered(row, ConnectionStatus.ACTIVE, "seller:connection-resume", args),
        "back": reverse("seller:permissions", args=args[:1]),
        "review_url": reverse("seller:connection-review", args=args) if row.is_live else "",
    }
    return render(request, "connections/seller/connection.html", context)


def connection_context(request: PortalRequest, row: Connection) -> dict[str, Any]:
    """What the pages of both sides show of a connection."""
    reader = request.organization
    state, label = connection_state(row)
    pages = ("roles", "end", "renewal", "request", "receipt")
    return {
        "connection": row,
        "state": state,
        "label": label,
        "is_live": row.is_live,
        "facts": _facts(row, row.other(reader)),
        "roles": people.granted_roles(row),
        "people": people.acting_people(row),
        "role_request": requests.open_request(row),
        "renewal": requests.open_renewal(row),
        "may_renew": row.is_live and renewals.opens_at(row) <= clock.now(),
        "events": timeline(request, *behind(row)),
        "offboarding_url": "" if row.is_live else connection_page(reader, row, "offboarding"),
        **{f"{name}_url": connection_page(reader, row, name) for name in pages},
    }


def _offered(row: Connection, status: str, name: str, args: list[Any]) -> str:
    """The address of the step to `status`, where the state table has an arrow to it."""
    return reverse(name, args=args) if row.may_become(status) else ""


def _facts(row: Connection, other: Organization) -> list[tuple[str, str]]:
    facts = [
        (other.get_kind_display(), f"{other.name} ({other.handle}), {country(other)}"),
        ("Connected since", day(row.started_at)),
    ]
    if row.ended_at:
        facts.append(("Ended on", f"{day(row.ended_at)}, by {row.get_ended_side_display()}"))
    else:
        facts.append(("Connected until", ending(row.ends_at)))
    if row.is_paused:
        facts.append(("Paused", _pause_words(row)))
    if row.reason and (row.is_paused or row.ended_at):
        facts.append(("Reason given", row.reason))
    if reviewed := reviews.last_reviewed(row):
        facts.append(("Last reviewed", reviewed))
    return facts


def _pause_words(row: Connection) -> str:
    until = (
        f"until {ending(row.paused_until)}" if row.paused_until else "until the seller resumes it"
    )
    return f"since {day(row.paused_at)}, {until}"


@require(ADMINISTRATOR)
def connection_roles(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    form = AcceptForm(
        offers(row.provider, held_levels(row), own_ends(row)),
        posted(request),
        zone=request.organization.zone,
        initial={"until": row.ends_at},
    )
    return confirmations.edit_grants(
        request,
        row,
        form,
        lambda: grants.change(
            connection=row,
            by=request.user,
            levels=form.levels(),
            version=confirmations.version_of(row, form),
            ends_at=form.ends_at(),
            until=form.role_ends(),
        ),
        said="Saved. The change counts at once; both sides are told.",
        done=url_of(row, request.organization),
        template="connections/seller/connection_roles.html",
        most_days=MAX_DAYS,
    )
