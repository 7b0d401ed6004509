"""The other side of Supply Chain Connect: invite, answer, remove. One for both portals."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from accounts import portals
from accounts.invitations.batches import overviews
from accounts.invitations.listing import listing
from accounts.invitations.views import Acts
from accounts.states import OrganizationKind
from accounts.tenancy import owns_address
from core.errors import NotRelated
from core.spellings import shown
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import count
from core.web.forms import act, apply, posted, status_of
from supplychain.forms.invitations import (
    DeclineForm,
    InviteSellerForm,
    InviteSupplierForm,
    RemoveForm,
)
from supplychain.invitation_kinds import SUPPLIER
from supplychain.models import Share, SupplierConnection, SupplierInvitation
from supplychain.reads.connections import Side, connected, received, side_of
from supplychain.states import OPEN_SHARE
from supplychain.transitions import connections, invitations
from supplychain.transitions.invitations import InvitedAlready


@require(SUPPLIER.need)
def partners_page(request: PortalRequest) -> HttpResponse:
    form = _invite_form(request, posted(request))
    crossing = ""
    if form.is_valid():
        try:
            if invitation := apply(form, lambda: _invite(request, form.cleaned_data)):
                messages.success(request, f"Invitation sent to {shown(invitation.address)}.")
                return HttpResponseRedirect(_home(request))
        except InvitedAlready as error:
            form.add_error(None, error.message)
            to = error.invitation.public_id
            crossing = _side(request).url(request.organization, "accept", to)
    return _page(request, status=status_of(form), form=form, crossing=crossing)


def _invite(request: PortalRequest, data: dict[str, Any]) -> SupplierInvitation:
    return invitations.invite(by=request.user, organization=request.organization, **data)


def _invite_form(request: PortalRequest, data: QueryDict | None = None) -> forms.Form:
    seller = request.organization.kind == OrganizationKind.SELLER
    return (InviteSupplierForm if seller else InviteSellerForm)(data)


def supplier_context(
    request: PortalRequest, *, sent: dict[str, str] | None = None, **extra: Any
) -> dict[str, Any]:
    """Everything that supplychain/seller/_connect_permissions.html reads, under `connect`.

    `sent` is what an act on the sent invitations led to: problem, copied, link. `extra` overrides
    single parts: a form with refusals, a problem.
    """
    organization, side = request.organization, _side(request)
    home = side.url(organization)
    connect = {
        "side": side,
        "action": home,
        "form": _invite_form(request),
        "queued": overviews.queued(organization, SupplierInvitation.purpose, request),
        "several_url": overviews.url(organization, "start", SupplierInvitation.purpose),
        "sent": listing(SUPPLIER, organization, request, home=home, **(sent or {})),
        "refusals": portals.page(organization, "refusals"),
        "received": received(organization, request.user),
        "connected": connected(organization, request),
        "problem": "",
        "crossing": "",
    }
    return {"connect": connect | extra}


class PartnerActs(Acts[SupplierInvitation]):
    kind = SUPPLIER

    def page(
        self, request: PortalRequest, row: SupplierInvitation, *, status: int = 200, **shown: str
    ) -> HttpResponse:
        return _page(request, status=status, sent=shown)


@require_POST
@require(ADMINISTRATOR)
def accept(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _received(request, public_id)
    done = f"You are connected with {row.organization.name}."
    return _do(
        request,
        lambda: invitations.accept(
            by=request.user, public_id=row.public_id, organization=request.organization
        ),
        done,
    )


@require(ADMINISTRATOR)
def decline(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _received(request, public_id)
    form = DeclineForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        return _do(
            request,
            lambda: invitations.decline(
                by=request.user, public_id=row.public_id, organization=request.organization, **data
            ),
            f"You have declined. {row.organization.name} is told.",
        )
    context = _around(request, name=row.organization.name, form=form, action=request.path)
    return render(request, "supplychain/decline_invitation.html", context, status=status_of(form))


@require(ADMINISTRATOR)
def remove(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _connection(request, public_id)
    seller = request.organization.kind == OrganizationKind.SELLER
    other = row.supplier if seller else row.seller
    form = RemoveForm(posted(request))
    if form.is_valid():
        return _do(
            request,
            lambda: connections.remove_connection(
                by=request.user,
                connection=row,
                organization=request.organization,
                block=form.cleaned_data["block"],
            ),
            f"You are no longer connected with {other.name}.",
        )
    context = _around(
        request,
        name=other.name,
        form=form,
        action=request.path,
        consequences=_consequences(row, seller),
    )
    return render(request, "supplychain/remove_connection.html", context, status=status_of(form))


def _consequences(row: SupplierConnection, seller: bool) -> list[str]:
    shares = Share.objects.filter(connection=row, status__in=OPEN_SHARE).count()
    ends = f"{count(shares, 'shared shipment')} not yet shipped {'ends' if shares == 1 else 'end'}"
    whose = "They see nothing of yours" if seller else "You see nothing of theirs"
    return [
        f"{ends}: labels must not be used any more." if shares else "No shared shipment is open.",
        f"{whose} any more, at once.",
        "Both sides are told by mail.",
        "A new invitation from either side starts anew; what was shared does not come back.",
    ]


def _side(request: PortalRequest) -> Side:
    return side_of(request.organization)


def _home(request: PortalRequest) -> str:
    return _side(request).home_url(request.organization)


def _received(request: PortalRequest, public_id: uuid.UUID) -> SupplierInvitation:
    """One that this person may see, for this account, also once it has ended."""
    rows = SupplierInvitation.objects.with_list_data().filter(direction=_side(request).receives)
    row = get_object_or_404(rows, public_id=public_id)
    named = row.counterparty_id == request.organization.pk
    if not named and not owns_address(request.user, row.address):
        raise NotRelated
    return row


def _connection(request: PortalRequest, public_id: uuid.UUID) -> SupplierConnection:
    rows = SupplierConnection.objects.with_list_data()
    seller = request.organization.kind == OrganizationKind.SELLER
    mine = rows.for_seller if seller else rows.for_supplier
    return get_object_or_404(mine(request.organization), public_id=public_id)


def _do(request: PortalRequest, action: Callable[[], Any], done: str) -> HttpResponse:
    """Do it and go back to the lists; a refusal is told there, with its status."""
    return act(request, action, done=done, to=_home(request), refused=partial(_page, request))


def _page(request: PortalRequest, *, status: int = 200, **extra: Any) -> HttpResponse:
    context = _around(request) | supplier_context(request, **extra)
    template = f"supplychain/{portals.portal_of(request.organization).namespace}/partners.html"
    return render(request, template, context, status=status)


def _around(request: PortalRequest, **extra: Any) -> dict[str, Any]:
    return {"side": _side(request), "home": _home(request)} | extra
