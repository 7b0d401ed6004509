"""Seller Central: a shipment for somebody without an account, and their links (X13)."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.invitations.listing import listing
from accounts.invitations.views import Acts
from core.web.access import PortalRequest, require
from core.web.forms import apply, posted, status_of
from supplychain.forms.guests import GuestForm
from supplychain.invitation_kinds import ALL_GUESTS, GUEST
from supplychain.models import GuestLink
from supplychain.permissions import EDIT_SHIPMENTS
from supplychain.transitions import guests
from supplychain.views.seller_shipments import get_shipment, shipment_page, shipment_url

# What the buttons of the list of all send along: their acts lead back to it.
ALL = "all"


@require_safe
@require(EDIT_SHIPMENTS)
def guest_list(request: PortalRequest) -> HttpResponse:
    return _all(request)


def _all(request: PortalRequest, *, status: int = 200, **shown: str) -> HttpResponse:
    seller = request.organization
    listed = listing(ALL_GUESTS, seller, request, home=GUEST.list_url(seller), **shown)
    context = {"guests": listed | {"fields": [("list", ALL)]}}
    return render(request, "supplychain/seller/guests.html", context, status=status)


@require(EDIT_SHIPMENTS)
def share_guest(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    shipment = get_shipment(request, public_id)
    form = GuestForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if apply(form, lambda: guests.share_with_guest(by=request.user, shipment=shipment, **data)):
            messages.success(request, f"The guest link is on its way to {data['address']}.")
            return HttpResponseRedirect(shipment_url(shipment))
    context = {"shipment": shipment, "form": form, "back_url": shipment_url(shipment)}
    return render(
        request, "supplychain/seller/shipment_share_guest.html", context, status=status_of(form)
    )


class GuestActs(Acts[GuestLink]):
    kind = GUEST

    def find(self, request: PortalRequest, public_id: uuid.UUID, **more: uuid.UUID) -> GuestLink:
        rows = GUEST.sent_by(request.organization).filter(shipment__public_id=public_id)
        link: GuestLink = get_object_or_404(rows, public_id=more["guest_id"])
        return link

    def home(self, request: PortalRequest, row: GuestLink) -> str:
        return super().home(request, row) if _from_all(request) else shipment_url(row.shipment)

    def page(
        self, request: PortalRequest, row: GuestLink, *, status: int = 200, **shown: str
    ) -> HttpResponse:
        if _from_all(request):
            return _all(request, status=status, **shown)
        return shipment_page(request, row.shipment, status=status, guests=shown)


def _from_all(request: PortalRequest) -> bool:
    return request.POST.get("list") == ALL
