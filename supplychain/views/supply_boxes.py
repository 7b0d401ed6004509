"""Supply Chain Connect: entering, changing and removing boxes; tracking and freight numbers."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.edits import Overtaken
from core.errors import Conflict, Invalid
from core.web.access import PortalRequest, require
from core.web.formats import count
from core.web.forms import apply, posted, status_of
from core.web.pagination import paginate
from supplychain.forms.boxes import BoxForm, FreightForm, TrackingForm, TrackingPasteForm
from supplychain.models import Box, Share
from supplychain.packing import contents, documents
from supplychain.packing.boxes import ranges, short_id
from supplychain.packing.units import entered_unit, entered_weight, from_millimetres
from supplychain.permissions import WORK_SHARES
from supplychain.states import PACKABLE, TRACKABLE
from supplychain.transitions import packing
from supplychain.views.supply_shares import actor, around, get_share, share_url
from supplychain.vocabulary import LengthUnit, TransportMode, WeightUnit

TRACKED_AT_ONCE = 50


@require(WORK_SHARES)
def box_add(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = _packable(request, public_id)
    lines = contents.lines(share)
    shown = lines if "all" in request.GET else [line for line in lines if line.left > 0]
    form = BoxForm(posted(request), lines=shown, initial=_units(request, share))
    if form.is_valid():
        boxes = apply(
            form, lambda: packing.add_boxes(by=actor(request), share=share, plan=form.plan())
        )
        if boxes:
            messages.success(request, _added(share, boxes))
            return HttpResponseRedirect(_next(request, share, form))
    context = around(request, share, form=form, box=None, hidden=len(lines) - len(shown))
    return render(request, "supplychain/supply/box_form.html", context, status=status_of(form))


def _packable(request: PortalRequest, public_id: uuid.UUID) -> Share:
    share = get_share(request, public_id)
    if share.status not in PACKABLE:
        raise Conflict("The contents are confirmed. Reopen the boxes to change them.")
    return share


def _units(request: PortalRequest, share: Share) -> dict[str, str]:
    """The units of the box before, unless the address names others."""
    last = share.boxes.order_by("-number").first()
    found = packing.box_facts(last) if last else {}
    known = {"weight_unit": WeightUnit.values, "length_unit": LengthUnit.values}
    asked = {name: request.GET.get(name) or found.get(name) for name in known}
    return {name: str(unit) for name, unit in asked.items() if unit in known[name]}


def _added(share: Share, boxes: list[Box]) -> str:
    ids = ranges([box.number for box in boxes])
    told = ngettext("Box %(ids)s entered.", "Boxes %(ids)s entered.", len(boxes)) % {"ids": ids}
    return " ".join([told, *documents.notes_of(boxes[0], share.shipment)])


def _next(request: PortalRequest, share: Share, form: BoxForm) -> str:
    if "another" not in request.POST:
        return share_url(request, share) + "#boxes"
    units = {name: form.cleaned_data[name] for name in ("weight_unit", "length_unit")}
    return f"{share_url(request, share, 'box-add')}?{urlencode(units)}"


@require(WORK_SHARES)
def box_edit(request: PortalRequest, public_id: uuid.UUID, box_id: uuid.UUID) -> HttpResponse:
    share = _packable(request, public_id)
    box = get_object_or_404(share.boxes.prefetch_related("contents__item"), public_id=box_id)
    held = {content.item.public_id: content for content in box.contents.all()}
    lines = [
        line
        for line in contents.lines(share)
        if line.left > 0 or line.item.public_id in held or "all" in request.GET
    ]
    facts = packing.box_facts(box)
    form = BoxForm(posted(request), lines=lines, facts=facts, initial=_initial(box, held))
    if form.is_valid():
        changed = apply(
            form,
            lambda: packing.change_box(
                by=actor(request),
                share=share,
                box=box,
                plan=form.plan(),
                shown=form.cleaned_data["shown"],
            ),
        )
        if changed:
            messages.success(request, _("Box %(id)s saved.") % {"id": short_id(box.number)})
            return HttpResponseRedirect(share_url(request, share) + "#boxes")
    context = around(request, share, form=form, box=short_id(box.number), hidden=0)
    return render(request, "supplychain/supply/box_form.html", context, status=status_of(form))


def _initial(box: Box, held: dict[uuid.UUID, Any]) -> dict[str, Any]:
    weight, weight_unit = entered_weight(box.weight_g, box.weight_unit)
    unit = entered_unit((box.length_mm, box.width_mm, box.height_mm), box.length_unit)
    initial: dict[str, Any] = {
        "weight": weight,
        "weight_unit": weight_unit,
        "length": from_millimetres(box.length_mm, unit),
        "width": from_millimetres(box.width_mm, unit),
        "height": from_millimetres(box.height_mm, unit),
        "length_unit": unit,
    }
    for key, content in held.items():
        initial[f"units-{key}"] = content.quantity
        if content.expiry:
            initial[f"expiry-{key}"] = content.expiry
    return initial


@require_POST
@require(WORK_SHARES)
def boxes_remove(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    chosen = []
    for value in request.POST.getlist("box")[:1000]:
        try:
            chosen.append(uuid.UUID(value))
        except ValueError:
            continue
    removed = packing.remove_boxes(by=actor(request), share=share, boxes=chosen)
    if removed:
        messages.success(request, f"{count(removed, 'box', 'boxes')} removed.")
    else:
        messages.info(request, "Choose the boxes to remove first.")
    return HttpResponseRedirect(share_url(request, share) + "#boxes")


@require(WORK_SHARES)
def share_tracking(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    if share.status not in TRACKABLE:
        raise Conflict("Confirm the contents of the boxes first.")
    if share.shipment.mode == TransportMode.LTL:
        return _freight(request, share)
    page = paginate(
        documents.placed(share.boxes.all()),
        request,
        order=("number", "id"),
        size=TRACKED_AT_ONCE,
        parameter="boxes",
    )
    form = TrackingForm(posted(request), boxes=list(page))
    paste = TrackingPasteForm(posted(request))
    if all([form.is_valid(), paste.is_valid()]):
        numbers = form.numbers()
        done = apply(paste, lambda: _pasted(share, paste, numbers)) if paste.numbers() else numbers
        if done is not None and _write(request, share, form, paste, done):
            return HttpResponseRedirect(share_url(request, share))
    rows = [(documents.box_row(box, share.shipment), form[f"box-{box.public_id}"]) for box in page]
    context = around(request, share, form=form, paste=paste, rows=rows, page=page)
    status = max(status_of(form), status_of(paste))
    return render(request, "supplychain/supply/tracking.html", context, status=status)


def _pasted(
    share: Share, paste: TrackingPasteForm, typed: dict[uuid.UUID, str]
) -> dict[uuid.UUID, str]:
    """The pasted numbers for the boxes that have none, before those that were typed."""
    blank = share.boxes.filter(tracking_number="").order_by("number")
    free = [key for key in blank.values_list("public_id", flat=True) if not typed.get(key)]
    numbers = paste.numbers()
    if len(numbers) > len(free):
        raise Invalid(
            f"{count(len(numbers), 'number')} for {count(len(free), 'box', 'boxes')} without one.",
            field="pasted",
        )
    return typed | dict(zip(free, numbers, strict=False))


def _write(
    request: PortalRequest,
    share: Share,
    form: TrackingForm,
    paste: TrackingPasteForm,
    numbers: dict[uuid.UUID, str],
) -> bool:
    # A pasted number is meant for a box without one, wherever that box stands.
    blank = {f"box-{key}": "" for key in numbers.keys() - form.numbers().keys()}
    shown = blank | (form.cleaned_data["shown"] or {})
    try:
        changed = packing.set_tracking(
            by=actor(request),
            share=share,
            numbers=numbers,
            shown=shown or None,
            confirmed=form.cleaned_data["confirmed"],
        )
    except packing.Doubtful as error:
        form.stamp = error.stamp
        for field, doubt in error.doubts.items():
            target, name = (form, field) if field in form.fields else (paste, "pasted")
            target.add_error(name, doubt)
        return False
    except Overtaken as error:
        form.overtaken(error.now)
        return False
    except Invalid as error:
        if error.field in form.fields:
            form.add_error(error.field, error.message)
        else:
            paste.add_error("pasted", error.message)
        return False
    messages.success(request, f"{count(changed, 'tracking number')} saved.")
    return True


def _freight(request: PortalRequest, share: Share) -> HttpResponse:
    numbers = {"pro_number": share.pro_number, "bol_number": share.bol_number}
    form = FreightForm(posted(request), initial=numbers)
    if form.is_valid():
        data = form.cleaned_data
        if apply(form, lambda: packing.set_freight(by=actor(request), share=share, **data)):
            messages.success(request, "Saved.")
            return HttpResponseRedirect(share_url(request, share))
    context = around(request, share, form=form)
    return render(request, "supplychain/supply/freight.html", context, status=status_of(form))
