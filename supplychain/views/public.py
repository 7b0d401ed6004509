"""Where the invited answers, and the way from a mail to one's own page of a shared shipment."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import portals
from accounts.invitations import opening, pages
from accounts.middleware import has_second_factor, needs_second_factor
from accounts.models import Membership, Organization
from accounts.tenancy import answering_accounts, owns_address
from core.errors import NotRelated
from core.web.access import AuthenticatedRequest
from core.web.formats import short_ending
from core.web.forms import apply, status_of
from supplychain.forms.invitations import NEW, AnswerForm, DeclineForm
from supplychain.invitation_kinds import SUPPLIER
from supplychain.models import Share, SupplierInvitation
from supplychain.states import Direction
from supplychain.transitions import invitations


@require_safe
def invitation(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    """The invitation with its details, for those who may answer it only (I1)."""
    row = SUPPLIER.own(request.user, public_id)
    if away := _second_factor_first(request, row):
        return away
    if (opened := opening.newest(row)).state != "open":
        return pages.ended(request, opened)
    return _page(request, row, _answer_form(request, row), DeclineForm(prefix="no"))


@require_POST
def accept(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    row = SUPPLIER.own(request.user, public_id)
    if away := _second_factor_first(request, row):
        return away
    form = _answer_form(request, row, request.POST)

    def act() -> HttpResponse:
        said = {"by": request.user, "public_id": public_id}
        if not form.is_valid() or not (
            connection := apply(form, lambda: invitations.accept(**said, **form.answer()))
        ):
            return _page(request, row, form, DeclineForm(prefix="no"))
        messages.success(request, f"You are connected with {row.organization.name}.")
        if row.direction == Direction.TO_SUPPLIER:
            return HttpResponseRedirect(portals.page(connection.supplier, "shares"))
        return HttpResponseRedirect(portals.page(connection.seller, "shipments"))

    return pages.answer(request, SUPPLIER, public_id, act)


@require_POST
def decline(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    row = SUPPLIER.own(request.user, public_id)
    if away := _second_factor_first(request, row):
        return away
    form = DeclineForm(request.POST, prefix="no")

    def act() -> HttpResponse:
        if not form.is_valid():
            return _page(request, row, _answer_form(request, row), form)
        invitations.decline(by=request.user, public_id=public_id, **form.cleaned_data)
        messages.success(request, f"You have declined. {row.organization.name} is told.")
        return HttpResponseRedirect("/")

    return pages.answer(request, SUPPLIER, public_id, act)


@require_safe
def shared_shipment(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    suppliers = Membership.objects.active().filter(user=request.user).values("organization_id")
    share = (
        Share.objects.live()
        .filter(
            shipment__public_id=public_id,
            connection__supplier__in=suppliers,
            connection__status="active",
        )
        .select_related("connection__supplier")
        .order_by("-id")
        .first()
    )
    if share is None:
        raise NotRelated
    return HttpResponseRedirect(
        reverse("supply:share", args=[share.supplier.handle, share.public_id])
    )


def _second_factor_first(
    request: AuthenticatedRequest, row: SupplierInvitation
) -> HttpResponse | None:
    """A seller's administrators answer with a second factor, on this way, too (A16)."""
    if row.direction != Direction.TO_SELLER or has_second_factor(request):
        return None
    if not needs_second_factor(request.user):
        return None
    page = reverse("supplier-invitation", args=[row.public_id])
    return HttpResponseRedirect(f"{reverse('second-factor')}?{urlencode({'next': page})}")


def _accounts(request: AuthenticatedRequest, row: SupplierInvitation) -> list[Organization]:
    rows = answering_accounts(request.user, Direction(row.direction).invites)
    if not owns_address(request.user, row.address):
        rows = rows.filter(pk=row.counterparty_id)
    return list(rows[:50])


def _answer_form(
    request: AuthenticatedRequest, row: SupplierInvitation, data: Any = None
) -> AnswerForm:
    supplier = row.direction == Direction.TO_SUPPLIER
    return AnswerForm(
        data,
        accounts=_accounts(request, row),
        may_open=owns_address(request.user, row.address),
        supplier=supplier,
        initial={"supplier_kind": row.supplier_kind} if supplier else {},
    )


def _page(
    request: AuthenticatedRequest, row: SupplierInvitation, form: AnswerForm, no: DeclineForm
) -> HttpResponse:
    inviter = row.invited_by
    facts: list[tuple[str, Any]] = [
        ("Account", f"{row.organization.name} ({row.organization.get_kind_display()})"),
        ("Country", getattr(row.organization.country, "name", "")),
        ("Invited by", f"{inviter.name}, {inviter.email}" if inviter else row.organization.name),
        ("Open until", short_ending(row.expires_at)),
    ]
    context = {
        "invitation": row,
        "to_supplier": row.direction == Direction.TO_SUPPLIER,
        "facts": facts,
        "form": form,
        "no": no,
        "new": NEW,
    }
    status = max(status_of(form), status_of(no))
    return render(request, "supplychain/supplier_invitation.html", context, status=status)
