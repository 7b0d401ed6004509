"""Seller Central: a shipment for somebody without an account, and their links (X13)."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.invitations.listing import back
from core.web.access import PortalRequest, require
from core.web.forms import act, answer, apply, posted, status_of
from supplychain.forms.guests import GuestForm
from supplychain.invitation_kinds import GUEST
from supplychain.models import GuestLink
from supplychain.permissions import EDIT_SHIPMENTS
from supplychain.reads import guest_links
from supplychain.transitions import guests
from supplychain.views.seller_shipments import get_shipment, shipment_page, shipment_url


@require_safe
@require(EDIT_SHIPMENTS)
def guest_list(request: PortalRequest) -> HttpResponse:
    """The guest links of every shipment (U1)."""
    return _all(request)


def _all(request: PortalRequest, *, status: int = 200, **shown: str) -> HttpResponse:
    context = {"guests": guest_links.all_listed(request, shown)}
    return render(request, "supplychain/seller/guests.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require(EDIT_SHIPMENTS)
def share_guest(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    """Share this one shipment by a guest link."""
    shipment = get_shipment(request, public_id)
    form = GuestForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if apply(
            form,
            lambda: guests.share_with_guest(by=request.user, shipment=shipment, **data),
        ):
            messages.success(request, f"The guest link is on its way to {data['address']}.")
            return HttpResponseRedirect(shipment_url(shipment))
    context = {"shipment": shipment, "form": form, "back_url": shipment_url(shipment)}
    return render(
        request, "supplychain/seller/shipment_share_guest.html", context, status=status_of(form)
    )


@require_POST
@require(EDIT_SHIPMENTS)
def resend(request: PortalRequest, public_id: uuid.UUID, guest_id: uuid.UUID) -> HttpResponse:
    """A new link with a new end date; the old one is dead (U2)."""
    link = _link(request, public_id, guest_id)
    done = f"Sent to {link.address} with a new link. Older links no longer work."
    return _acted(request, link, lambda: guests.renew(by=request.user, link=link), done)


@require_POST
@require(EDIT_SHIPMENTS)
def revoke(request: PortalRequest, public_id: uuid.UUID, guest_id: uuid.UUID) -> HttpResponse:
    """Take the link back; what was packed stays (U3)."""
    link = _link(request, public_id, guest_id)
    done = f"The link of {link.name} is taken back: it opens nothing any more."
    return _acted(request, link, lambda: guests.revoke(by=request.user, link=link), done)


@require_POST
@require(EDIT_SHIPMENTS)
def copy_link(request: PortalRequest, public_id: uuid.UUID, guest_id: uuid.UUID) -> HttpResponse:
    """Show the link once, to who sent it; that they looked is history (U10, I6)."""
    link = _link(request, public_id, guest_id)

    def shown() -> HttpResponse:
        address = guests.copy_link(by=request.user, link=link)
        return _page(request, link, copied=link.name, link=address)

    return answer(shown, partial(_page, request, link))


def _link(request: PortalRequest, public_id: uuid.UUID, guest_id: uuid.UUID) -> GuestLink:
    rows = GuestLink.objects.for_organization(request.organization).select_related(
        "organization", "shipment__seller"
    )
    link: GuestLink = get_object_or_404(rows, shipment__public_id=public_id, public_id=guest_id)
    return link


def _acted(
    request: PortalRequest, link: GuestLink, action: Callable[[], Any], done: str
) -> HttpResponse:
    of_all = reverse("seller:guests", args=[request.organization.handle])
    page = of_all if _from_all(request) else shipment_url(link.shipment)
    page = back(GUEST.purpose, request, page)
    return act(request, action, done=done, to=page, refused=partial(_page, request, link))


def _page(
    request: PortalRequest, guest: GuestLink, *, status: int = 200, **shown: str
) -> HttpResponse:
    """The page whose list the button stood on, with what pressing it led to."""
    if _from_all(request):
        return _all(request, status=status, **shown)
    return shipment_page(request, guest.shipment, status=status, guests=shown)


def _from_all(request: PortalRequest) -> bool:
    return request.POST.get("list") == guest_links.ALL
