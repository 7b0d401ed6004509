"""Seller Central: Share Shipment, recall, and move to another supplier."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render

from core import clock
from core.web.access import PortalRequest, require
from core.web.formats import count
from core.web.forms import apply, posted, status_of
from supplychain.forms.shares import CONNECTED, INVITED, MoveForm, ReasonForm, ShareForm, choice_of
from supplychain.models import Share, Shipment, SupplierConnection, SupplierInvitation
from supplychain.permissions import EDIT_SHIPMENTS, MANAGE_SHIPMENTS
from supplychain.states import OUTSTANDING_SHARE
from supplychain.transitions import shares
from supplychain.views.seller_shipments import get_shipment, shipment_url

MOST_CHOICES = 300


@require(EDIT_SHIPMENTS)
def shipment_share(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    shipment = get_shipment(request, public_id)
    form = ShareForm(posted(request), choices=_choices(shipment))
    if form.is_valid():
        said = {"targets": form.targets(), "note": form.cleaned_data["note"]}
        done = apply(
            form, lambda: (shares.share_shipment(by=request.user, shipment=shipment, **said),)
        )
        if done:
            messages.success(request, _shared(done[0]))
            return HttpResponseRedirect(shipment_url(shipment))
    context = _around(request, shipment, form)
    return render(
        request, "supplychain/seller/shipment_share.html", context, status=status_of(form)
    )


def _shared(new: list[Share]) -> str:
    if not new:
        return "They have it already: nothing was sent again."
    waiting = sum(1 for share in new if share.connection_id is None)
    told = len(new) - waiting
    parts = [f"Shared with {count(told, 'supplier')}, who get a mail." if told else ""]
    parts += [f"{count(waiting, 'share')} waits until the supplier joins." if waiting else ""]
    return " ".join(filter(None, parts))


def _choices(shipment: Shipment, without: Share | None = None) -> list[tuple[str, str]]:
    """Who can get the shipment: connected suppliers and open invitations that lack it."""
    outstanding = shipment.shares.filter(status__in=OUTSTANDING_SHARE)
    connections = (
        SupplierConnection.objects.for_seller(shipment.seller)
        .live()
        .exclude(pk__in=outstanding.filter(connection__isnull=False).values("connection"))
        .select_related("supplier")
        .order_by("supplier__search_key", "id")
    )
    invitations = (
        SupplierInvitation.objects.for_organization(shipment.seller)
        .to_suppliers()
        .open(clock.now())
        .exclude(pk__in=outstanding.filter(status="waiting").values("invitation"))
        .order_by("address", "id")
    )
    if without is not None and without.connection_id:
        connections = connections.exclude(pk=without.connection_id)
    return [
        *(
            (choice_of(CONNECTED, row.public_id), f"{row.supplier.name} ({_kind(row)})")
            for row in connections[:MOST_CHOICES]
        ),
        *(
            (choice_of(INVITED, row.public_id), f"{row.name or row.address} (invited, not joined)")
            for row in invitations[:MOST_CHOICES]
        ),
    ]


def _kind(row: SupplierConnection) -> str:
    return str(row.supplier.get_supplier_kind_display() or "Supplier").lower()


def _around(request: PortalRequest, shipment: Shipment, form: Any, **extra: Any) -> dict[str, Any]:
    return {
        "shipment": shipment,
        "form": form,
        "back_url": shipment_url(shipment),
        "guest_url": shipment_url(shipment, "shipment-share-guest"),
        "action": request.path,
        "nobody": "suppliers" in form.fields and not form.fields["suppliers"].choices,
        "administrator": request.access.administrator,
    } | extra


def _share(request: PortalRequest, shipment: Shipment, share_id: uuid.UUID) -> Share:
    rows = Share.objects.for_seller(request.organization).with_list_data()
    return get_object_or_404(rows, shipment=shipment, public_id=share_id)


@require(MANAGE_SHIPMENTS)
def share_recall(request: PortalRequest, public_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    shipment = get_shipment(request, public_id)
    share = _share(request, shipment, share_id)
    form = ReasonForm(posted(request))
    if form.is_valid():
        said = form.cleaned_data
        if apply(form, lambda: shares.recall_share(by=request.user, share=share, **said)):
            messages.success(request, f"Taken back from {share.holder_name}.")
            return HttpResponseRedirect(shipment_url(shipment))
    context = _around(
        request, shipment, form, holder=share.holder_name, consequences=_consequences(share)
    )
    return render(request, "supplychain/seller/share_recall.html", context, status=status_of(form))


def _consequences(share: Share) -> list[str]:
    boxes = share.boxes.count()
    return [
        "They do not see the shipment any more, at once.",
        f"{count(boxes, 'box', 'boxes')} they entered no longer count, labels must not be used."
        if boxes
        else "They have not entered a box yet.",
        "They are told by mail." if share.connection or share.guest else "Nobody has to be told.",
        "You can share it with them again.",
    ]


@require(MANAGE_SHIPMENTS)
def share_move(request: PortalRequest, public_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    shipment = get_shipment(request, public_id)
    share = _share(request, shipment, share_id)
    form = MoveForm(posted(request), choices=_choices(shipment, share))
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("reason", "note")}
        to = form.targets()
        moved = apply(
            form, lambda: (shares.move_share(by=request.user, share=share, targets=to, **said),)
        )
        if moved:
            messages.success(request, f"Taken from {share.holder_name}. {_shared(moved[0])}")
            return HttpResponseRedirect(shipment_url(shipment))
    context = _around(
        request, shipment, form, holder=share.holder_name, consequences=_consequences(share)[:3]
    )
    return render(request, "supplychain/seller/share_move.html", context, status=status_of(form))
