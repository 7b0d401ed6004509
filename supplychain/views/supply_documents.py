"""Supply Chain Connect: box labels, item labels, pack list. Each download is history."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from core.errors import Invalid
from core.web.access import PortalRequest, require
from core.web.forms import apply, status_of
from supplychain.forms.boxes import ItemLabelForm, SheetForm
from supplychain.models import Share
from supplychain.packing import documents
from supplychain.packing.labels import LabelError
from supplychain.permissions import WORK_SHARES
from supplychain.states import LABELLED
from supplychain.transitions import packing
from supplychain.views.supply_shares import actor, around, get_share, share_page, share_url

MOST_ITEMS = 500


@require_POST
@require(WORK_SHARES)
def share_labels(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    try:
        packing.make_labels(by=actor(request), share=share)
    except Invalid as error:
        return share_page(request, share, status=error.status, problem=error.message)
    messages.success(request, "The labels are ready. Choose your sheet.")
    return HttpResponseRedirect(share_url(request, share, "share-documents"))


@require_safe
@require(WORK_SHARES)
def share_documents(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    return _page(request, share, SheetForm(), ItemLabelForm(items=_items(share)))


def _items(share: Share) -> list[Any]:
    return list(share.shipment.items.exclude(fnsku="")[:MOST_ITEMS])


def _page(
    request: PortalRequest, share: Share, form: SheetForm, item_form: ItemLabelForm
) -> HttpResponse:
    boxes = share.boxes.count()
    context = around(request, share) | {
        "form": form,
        "item_form": item_form,
        "boxes": boxes,
        "labelled": share.status in LABELLED and boxes > 0,
        "has_items": bool(item_form.fields["item"].choices),  # type: ignore[attr-defined]
        "labels_url": share_url(request, share, "share-labels-pdf"),
        "item_labels_url": share_url(request, share, "share-item-labels"),
        "pack_list_url": share_url(request, share, "share-pack-list"),
    }
    status = max(status_of(form), status_of(item_form))
    return render(request, "supplychain/supply/documents.html", context, status=status)


@require_POST
@require(WORK_SHARES)
def share_labels_pdf(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    form = SheetForm(request.POST)
    if not form.is_valid():
        return _page(request, share, form, ItemLabelForm(items=_items(share)))
    noted = apply(
        form, lambda: packing.note_download(by=actor(request), share=share, what="labels")
    )
    if noted is None:
        return _page(request, share, form, ItemLabelForm(items=_items(share)))
    return documents.box_labels_pdf(noted, form.cleaned_data["sheet"])


@require_POST
@require(WORK_SHARES)
def share_item_labels(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    items = _items(share)
    form = ItemLabelForm(request.POST, items=items)
    if form.is_valid():
        data = form.cleaned_data
        item = next(row for row in items if str(row.public_id) == data["item"])
        try:
            labels = documents.item_labels_pdf(item, data["item_sheet"], data["copies"])
        except LabelError as error:
            form.add_error("item", str(error))
        else:
            packing.note_download(by=actor(request), share=share, what="item_labels")
            return labels
    return _page(request, share, SheetForm(), form)


@require_POST
@require(WORK_SHARES)
def share_pack_list(request: PortalRequest, public_id: uuid.UUID) -> Any:
    share = get_share(request, public_id)
    share = packing.note_download(by=actor(request), share=share, what="pack_list")
    return documents.pack_list(share.boxes.all(), share.shipment)
