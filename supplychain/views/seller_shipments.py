"""Seller Central: list, create, prepare, change and cancel shipments."""

import uuid
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Sum
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.addresses import masked
from accounts.invitations.listing import listing
from core.db import matching
from core.edits import Overtaken
from core.outbox.services import failed_about
from core.outbox.states import plain_reason
from core.web.access import PortalRequest, require
from core.web.formats import count, short_day, short_minute
from core.web.forms import CONFLICT, apply, posted, status_of
from core.web.pagination import Page, paginate
from supplychain.forms.shares import ReasonForm
from supplychain.forms.shipments import ROWS_ADDED, PasteForm, ShipmentForm, item_formset, retyped
from supplychain.invitation_kinds import GUEST
from supplychain.models import Share, Shipment, ShipmentItem
from supplychain.packing import documents
from supplychain.packing.labels import LabelError, facts_on_labels, require_printable
from supplychain.permissions import EDIT_SHIPMENTS, MANAGE_SHIPMENTS, VIEW_SHIPMENTS
from supplychain.plans import ItemPlan, ShipmentFacts
from supplychain.reads import history
from supplychain.states import (
    COUNTED,
    LABELLED,
    LIVE_SHARE,
    OPEN_SHIPMENT,
    OUTSTANDING_SHARE,
    SHARE,
    SHIPMENT,
    ShareStatus,
    ShipmentStatus,
)
from supplychain.transitions import shipments

LONGEST_SEARCH = 100
OTHERS_CHANGED = gettext_lazy(
    "Somebody else saved some of these lines in the meantime: nothing of yours is saved yet. "
    "Compare both values at the marked fields, and save again."
)
ITEMS_SHOWN = 50
BOXES_SHOWN = 25
_S = ShipmentStatus
TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("All", ()),
    "open": ("To prepare", OPEN_SHIPMENT),
    "moving": (
        "On the way",
        (_S.SHIPPED, _S.IN_TRANSIT, _S.DELIVERED, _S.CHECKED_IN, _S.RECEIVING),
    ),
    "closed": ("Closed", (_S.CLOSED,)),
    "stopped": ("Stopped", (_S.CANCELLED, _S.DELETED, _S.ABANDONED, _S.ERROR)),
}


def shipment_url(shipment: Shipment, page: str = "shipment", *args: Any) -> str:
    return reverse(f"seller:{page}", args=[shipment.seller.handle, shipment.public_id, *args])


def get_shipment(request: PortalRequest, public_id: uuid.UUID) -> Shipment:
    """This seller's shipment; 404 for anybody else's."""
    rows = Shipment.objects.for_seller(request.organization).select_related("seller")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
@require(VIEW_SHIPMENTS)
def shipment_list(request: PortalRequest) -> HttpResponse:
    text = request.GET.get("find", "").strip()[:LONGEST_SEARCH]
    tab = request.GET.get("state", "")
    tab = tab if tab in TABS else ""
    rows = matching(Shipment.objects.for_seller(request.organization), text).with_list_data()
    if TABS[tab][1]:
        rows = rows.filter(status__in=TABS[tab][1])
    page = paginate(rows, request)
    context = {
        "page": page,
        "rows": [_list_row(request, row) for row in page],
        "tabs": [
            {"label": label, "url": f"?state={key}", "current": key == tab, "count": 0}
            for key, (label, _) in TABS.items()
        ],
        "find": text,
        "tab": tab,
        "can_edit": request.access.allows(EDIT_SHIPMENTS),
    }
    return render(request, "supplychain/seller/shipments.html", context)


def _list_row(request: PortalRequest, row: Any) -> dict[str, Any]:
    who = [s.holder_name for s in row.outstanding]
    more = f" and {len(who) - 2} more" if len(who) > 2 else ""
    return {
        "name": row.name,
        "shipment_id": row.shipment_id,
        "url": reverse("seller:shipment", args=[request.organization.handle, row.public_id]),
        "center": row.center_code,
        "mode": row.get_mode_display(),
        "ship_date": short_day(row.ship_date),
        "shared": (", ".join(who[:2]) + more) or "Nobody yet",
        "status": row.status,
        "label": row.get_status_display(),
    }


@require(EDIT_SHIPMENTS)
def shipment_create(request: PortalRequest) -> HttpResponse:
    seller, data = request.organization, posted(request)
    form = ShipmentForm(data, zone=seller.zone, initial={"ship_from_name": seller.name})
    paste = PasteForm(data, prefix="paste")
    items = item_formset(data, lines=[], blank=ROWS_ADDED)
    if "add_rows" in request.POST:
        return _create_page(
            request,
            ShipmentForm(zone=seller.zone, initial=request.POST.dict()),
            *_more_rows(request),
        )
    valid = all([form.is_valid(), items.is_valid(), paste.is_valid()])
    if valid and not paste.unseen:
        plans: list[ItemPlan] = [*items.plans(), *paste.lines.plans]
        shipment = apply(
            form,
            lambda: shipments.create_shipment(
                by=request.user, seller=seller, facts=form.facts(), items=plans
            ),
        )
        if shipment:
            messages.success(
                request, f"{shipment.shipment_id} is there. Share it when it is ready."
            )
            return HttpResponseRedirect(shipment_url(shipment))
    if form.is_bound and not items.management_form.is_valid():
        items, form = _unreadable(request, form)
    return _create_page(request, form, items, paste)


def _unreadable[F: BaseForm](request: PortalRequest, form: F) -> tuple[Any, F]:
    form.add_error(None, "The lines could not be read. Look at them and send the form again.")
    return item_formset(lines=retyped(request.POST), blank=0), form


def _more_rows(request: PortalRequest) -> tuple[Any, Any]:
    """Lines and paste box as they were typed, unchecked, with a few empty lines more."""
    items = item_formset(lines=retyped(request.POST), blank=ROWS_ADDED)
    kept = {name: request.POST.get(f"paste-{name}", "") for name in PasteForm.base_fields}
    return items, PasteForm(prefix="paste", initial=kept)


def _only_unseen(*forms: Any) -> bool:
    """Whether pasted lines are shown for a first look, and nothing was refused."""
    *_, paste = forms
    return all(form.is_valid() for form in forms) and paste.unseen


def _create_page(request: PortalRequest, form: Any, items: Any, paste: Any) -> HttpResponse:
    context = {
        "form": form,
        "items": items,
        "paste": paste,
        "cancel_url": reverse("seller:shipments", args=[request.organization.handle]),
    }
    refused = form.is_bound and not _only_unseen(form, items, paste)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "supplychain/seller/shipment_create.html", context, status=status)


@require_safe
@require(VIEW_SHIPMENTS)
def shipment_detail(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    return shipment_page(request, get_shipment(request, public_id))


def shipment_page(
    request: PortalRequest,
    shipment: Shipment,
    *,
    status: int = 200,
    guests: dict[str, str] | None = None,
) -> HttpResponse:
    """The shipment as it stands; `guests` is what an act on its guest links led to."""
    shares = list(
        shipment.shares.with_list_data()
        .annotate(box_count=Count("boxes"))
        .order_by("-shared_at", "-id")[:100]
    )
    live = [share for share in shares if share.status in OUTSTANDING_SHARE]
    boxes = shipment.boxes.filter(share__status__in=LIVE_SHARE)
    items = _item_page(request, shipment)
    context = {
        "shipment": shipment,
        "facts": _facts(shipment),
        "items": items,
        "shares": [_share_row(request, shipment, share) for share in shares],
        "undelivered": _undelivered(request, shipment, shares),
        "here": request.path,
        "boxes": documents.box_page(boxes, shipment, request, size=BOXES_SHOWN),
        "events": history.for_seller(shipment, request),
        "counted": shipment.status in COUNTED or any(item.received is not None for item in items),
        "guests": _guests(request, shipment, shares, guests or {}),
        "unprintable": _unprintable(shipment),
    } | _acts(request, shipment, live)
    return render(request, "supplychain/seller/shipment.html", context, status=status)


def _unprintable(shipment: Shipment) -> str:
    """Why no labels can be made of what the seller wrote, while it can still be changed."""
    if shipment.status not in OPEN_SHIPMENT:
        return ""
    try:
        require_printable(facts_on_labels(shipment))
    except LabelError as error:
        return str(error)
    return ""


def _item_page(request: PortalRequest, shipment: Shipment) -> Page[ShipmentItem]:
    rows = shipment.items.all()
    return paginate(rows, request, order=("id",), size=ITEMS_SHOWN, parameter="items")


def _undelivered(
    request: PortalRequest, shipment: Shipment, shares: Sequence[Share]
) -> list[dict[str, str]]:
    """Mail to the suppliers that did not arrive; who may send it again has the button (X15)."""
    starts = [f"share:{share.public_id}:" for share in shares]
    failed = failed_about(shipment.seller_id, [*starts, f"shipment:{shipment.public_id}:"])
    administrator, me = request.access.administrator, request.user.pk
    return [
        {
            "to": masked(message.to),
            "subject": message.subject,
            "reason": plain_reason(message.error),
            "message_id": message.message_id if administrator or message.caused_by_id == me else "",
        }
        for message in failed
    ]


def _acts(request: PortalRequest, shipment: Shipment, live: Sequence[Share]) -> dict[str, Any]:
    """What this person may do with the shipment now: the same tables that the guards read."""
    may_edit = request.access.allows(EDIT_SHIPMENTS)
    may_manage = request.access.allows(MANAGE_SHIPMENTS)
    is_open = shipment.status in OPEN_SHIPMENT
    settled = any(share.status in LABELLED for share in live)
    return {
        "can_share": may_edit and is_open,
        "can_edit": may_edit and is_open and not settled,
        "can_cancel": may_manage and SHIPMENT.allows(shipment.status, _S.CANCELLED),
        "stands_still": may_edit and is_open and settled,
    } | {
        f"{act}_url": shipment_url(shipment, f"shipment-{act.replace('_', '-')}")
        for act in ("share", "edit", "items", "cancel", "pack_list")
    }


def _facts(shipment: Shipment) -> list[tuple[str, str]]:
    total = shipment.items.aggregate(units=Sum("quantity"), lines=Count("id"))
    facts = [
        ("Shipment id", shipment.shipment_id),
        *documents.journey_facts(shipment),
        ("Items", f"{count(total['lines'], 'SKU')}, {count(total['units'] or 0, 'unit')}"),
    ]
    if shipment.shipped_at:
        facts.append(("Shipped", short_minute(shipment.shipped_at)))
    return facts


def _share_row(request: PortalRequest, shipment: Shipment, share: Any) -> dict[str, Any]:
    manage = request.access.allows(MANAGE_SHIPMENTS)
    recallable = manage and SHARE.allows(share.status, ShareStatus.RECALLED)
    movable = recallable and shipment.status in OPEN_SHIPMENT
    return {
        "name": share.holder_name,
        "status": share.status,
        "label": share.get_status_display(),
        "shared": short_day(share.shared_at),
        "boxes": share.box_count,
        "note": share.note,
        "reason": share.reason,
        "freight": _freight(share),
        "recall_url": shipment_url(shipment, "share-recall", share.public_id) if recallable else "",
        "move_url": shipment_url(shipment, "share-move", share.public_id) if movable else "",
        "renew_url": _renew_url(request, shipment, share),
    }


def _guests(
    request: PortalRequest, shipment: Shipment, shares: Sequence[Share], shown: dict[str, str]
) -> dict[str, Any] | None:
    """The guest links, for those who may share; None where no guest has ever been invited."""
    if not request.access.allows(GUEST.need) or not any(share.guest_id for share in shares):
        return None
    rows = GUEST.rows().filter(shipment=shipment)
    home = shipment_url(shipment)
    return listing(GUEST, shipment.seller, request, home=home, rows=rows, **shown)


def _renew_url(request: PortalRequest, shipment: Shipment, share: Share) -> str:
    """Where a guest whose link was taken back gets a new one for what they have packed."""
    link = share.guest
    if link is None or share.connection or link.status != "revoked":
        return ""
    if share.status not in LIVE_SHARE or not request.access.allows(EDIT_SHIPMENTS):
        return ""
    return shipment_url(shipment, "guest-resend", link.public_id)


def _freight(share: Share) -> str:
    numbers = (("PRO", share.pro_number), ("bill of lading", share.bol_number))
    return ", ".join(f"{name} {number}" for name, number in numbers if number)


@require(EDIT_SHIPMENTS)
def shipment_edit(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    shipment = get_shipment(request, public_id)
    initial = {name: getattr(shipment, name) for name in ShipmentFacts.__dataclass_fields__}
    form = ShipmentForm(posted(request), zone=request.organization.zone, initial=initial)
    if form.is_valid():
        changed = apply(
            form,
            lambda: shipments.change_shipment(
                by=request.user,
                shipment=shipment,
                facts=form.facts(),
                shown=form.cleaned_data["shown"],
            ),
        )
        if changed:
            messages.success(request, "Saved.")
            return HttpResponseRedirect(shipment_url(shipment))
    context = {"shipment": shipment, "form": form, "cancel_url": shipment_url(shipment)}
    return render(request, "supplychain/seller/shipment_edit.html", context, status=status_of(form))


@require(EDIT_SHIPMENTS)
def shipment_items(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    shipment = get_shipment(request, public_id)
    page = _item_page(request, shipment)
    lines = [{"item": item.public_id, **vars(shipments.plan_of(item))} for item in page]
    data = posted(request)
    paste = PasteForm(data, prefix="paste")
    if "add_rows" in request.POST:
        return _items_page(request, shipment, page, *_more_rows(request))
    items = item_formset(data, lines=lines, blank=ROWS_ADDED)
    if all([items.is_valid(), paste.is_valid()]) and not paste.unseen:
        changes = items.changes(paste.lines.plans)
        change = partial(shipments.change_items, by=request.user, shipment=shipment)
        try:
            changed = apply(paste, lambda: change(changes=changes))
        except Overtaken as error:
            items.overtaken(error.now)
            paste.add_error(None, ValidationError(OTHERS_CHANGED, code=CONFLICT))
            changed = None
        if changed:
            messages.success(request, _("Saved."))
            _tell_overpacked(request, shipment)
            return HttpResponseRedirect(shipment_url(shipment))
    if paste.is_bound and not items.management_form.is_valid():
        items, paste = _unreadable(request, paste)
    return _items_page(request, shipment, page, items, paste)


def _tell_overpacked(request: PortalRequest, shipment: Shipment) -> None:
    for sku, packed, planned in shipments.overpacked(shipment):
        text = _(
            "SKU %(sku)s: %(packed)s units are packed already, and %(planned)s are planned now. "
            "The supplier has to take the difference out before the contents can be confirmed."
        )
        messages.warning(request, text % {"sku": sku, "packed": packed, "planned": planned})


def _items_page(
    request: PortalRequest, shipment: Shipment, page: Any, items: Any, paste: Any
) -> HttpResponse:
    context = {
        "shipment": shipment,
        "page": page,
        "items": items,
        "paste": paste,
        "cancel_url": shipment_url(shipment),
    }
    status = status_of(paste)
    if paste.is_bound and status == HTTPStatus.OK and not _only_unseen(items, paste):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "supplychain/seller/shipment_items.html", context, status=status)


@require(MANAGE_SHIPMENTS)
def shipment_cancel(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    shipment = get_shipment(request, public_id)
    form = ReasonForm(posted(request))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        cancelled = apply(
            form,
            lambda: shipments.cancel_shipment(by=request.user, shipment=shipment, reason=reason),
        )
        if cancelled:
            messages.success(request, f"{shipment.shipment_id} is cancelled.")
            return HttpResponseRedirect(shipment_url(shipment))
    live = shipment.shares.filter(status__in=OUTSTANDING_SHARE).count()
    told = f"{count(live, 'share')} with suppliers end: they are told not to use the labels."
    context = {
        "shipment": shipment,
        "form": form,
        "action": request.path,
        "back_url": shipment_url(shipment),
        "consequences": [told if live else "No supplier has it.", "It cannot be opened again."],
    }
    return render(
        request, "supplychain/seller/shipment_cancel.html", context, status=status_of(form)
    )


@require_POST
@require(VIEW_SHIPMENTS)
def shipment_pack_list(request: PortalRequest, public_id: uuid.UUID) -> Any:
    shipment = get_shipment(request, public_id)
    shipments.note_pack_list(by=request.user, shipment=shipment)
    return documents.pack_list(shipment.boxes.filter(share__status__in=LIVE_SHARE), shipment)
