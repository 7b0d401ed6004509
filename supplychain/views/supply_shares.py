"""Supply Chain Connect: shared shipments, step by step (S1.13)."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.errors import Ended, Invalid, NotRelated
from core.web.access import ANY_MEMBER, PortalRequest, require
from core.web.formats import short_day
from core.web.forms import apply, posted, status_of
from core.web.pagination import paginate
from supplychain.forms.guests import GuestDeclineForm
from supplychain.forms.shares import ReasonForm
from supplychain.models import Share
from supplychain.packing import contents, documents
from supplychain.packing.boxes import Difference
from supplychain.permissions import WORK_SHARES
from supplychain.reads import history, packing_steps
from supplychain.states import DONE_SHARE, LABELLED, OPEN_SHARE, PACKABLE, SHARE, ShareStatus
from supplychain.transitions import packing, shares

BOXES_SHOWN = 25
TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("To do", OPEN_SHARE),
    "shipped": ("Shipped", DONE_SHARE),
    "all": ("All", ()),
}


def share_url(request: PortalRequest, share: Share, page: str = "share", *args: Any) -> str:
    """The path of a page about this share, in the supplier's portal or behind a guest link."""
    if guest := guest_link(request):
        return reverse(f"guest:{page}", args=[guest.public_id, *args])
    return reverse(f"supply:{page}", args=[request.organization.handle, share.public_id, *args])


def guest_link(request: PortalRequest) -> Any:
    """The link that a guest came by (see views.guests), None for the supplier's own people."""
    return getattr(request, "guest", None)


def actor(request: PortalRequest) -> Any:
    """Who acts: the person signed in, or the guest."""
    return getattr(request, "actor", request.user)


def get_share(request: PortalRequest, public_id: uuid.UUID) -> Share:
    """What was shared with this supplier or guest and still is (U32, N4); else 404.

    Raises Ended for what was theirs: it says which of their boxes must not be used.
    """
    guest = guest_link(request)
    every = Share.objects
    rows = every.for_guest(guest) if guest else every.for_supplier(request.organization)
    share = rows.with_list_data().filter(public_id=public_id).first()
    if share is None:
        raise_ended(every.filter(connection__supplier=request.organization), public_id)
        raise NotRelated
    return share


def raise_ended(shares: Any, public_id: uuid.UUID) -> None:
    """Raise Ended when this is one of `shares` that has ended."""
    gone = shares.ended().with_list_data().filter(public_id=public_id).first()
    if gone is not None:
        raise Ended(contents.ended_words(gone))


def around(request: PortalRequest, share: Share, **more: Any) -> dict[str, Any]:
    guest = guest_link(request)
    return {
        "layout": "layouts/guest.html" if guest else "layouts/supply.html",
        "join_url": reverse("guest-join", args=[guest.public_id]) if guest else "",
        "share": share,
        "shipment": share.shipment,
        "back_url": share_url(request, share),
    } | more


@require_safe
@require(ANY_MEMBER)
def share_list(request: PortalRequest) -> HttpResponse:
    tab = request.GET.get("state", "")
    tab = tab if tab in TABS else ""
    rows = Share.objects.for_supplier(request.organization).with_list_data()
    if TABS[tab][1]:
        rows = rows.filter(status__in=TABS[tab][1])
    page = paginate(rows, request, order=("-shared_at", "-id"), size=25)
    context = {
        "page": page,
        "rows": [_list_row(request, share) for share in page],
        "tabs": [
            {"label": label, "url": f"?state={key}", "current": key == tab, "count": 0}
            for key, (label, _) in TABS.items()
        ],
        "tab": tab,
    }
    return render(request, "supplychain/supply/shares.html", context)


def _list_row(request: PortalRequest, share: Share) -> dict[str, Any]:
    return {
        "name": share.shipment.name,
        "shipment_id": share.shipment.shipment_id,
        "url": share_url(request, share),
        "seller": share.shipment.seller.name,
        "center": share.shipment.center_code,
        "ship_date": short_day(share.shipment.ship_date),
        "shared": short_day(share.shared_at),
        "status": share.status,
        "label": share.get_status_display(),
    }


@require_safe
@require(ANY_MEMBER)
def share_detail(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    """One shared shipment: steps, plan, boxes, history. Looking changes nothing (N13)."""
    return share_page(request, get_share(request, public_id))


def share_page(
    request: PortalRequest,
    share: Share,
    *,
    status: int = 200,
    differences: list[Difference] | None = None,
    problem: str = "",
) -> HttpResponse:
    can_work = request.access.allows(WORK_SHARES)
    lines = contents.lines(share)
    context = around(request, share) | {
        "back_url": "" if guest_link(request) else _list_url(request),
        "facts": _facts(share),
        "steps": packing_steps.for_share(
            share, lines, lambda name: share_url(request, share, name), can_work=can_work
        ),
        "lines": lines,
        "elsewhere": any(line.elsewhere for line in lines),
        "boxes": documents.box_page(share.boxes.all(), share.shipment, request, size=BOXES_SHOWN),
        "events": history.for_supplier(share, request),
        "differences": differences or [],
        "problem": problem,
        "can_work": can_work,
        "can_pack": can_work and share.status in PACKABLE,
        "can_decline": can_work and SHARE.allows(share.status, ShareStatus.DECLINED),
        "can_acknowledge": can_work and share.status == ShareStatus.SHARED,
        "can_reopen": can_work
        and share.status in LABELLED
        and SHARE.allows(share.status, ShareStatus.PACKING),
        "boxes_url": share_url(request, share) + "boxes/",
        "urls": {
            name: share_url(request, share, f"share-{name}")
            for name in ("seen", "decline", "reopen", "remove", "documents")
        }
        | {"box": share_url(request, share, "box-add")},
    }
    return render(request, "supplychain/supply/share.html", context, status=status)


def _list_url(request: PortalRequest) -> str:
    return reverse("supply:shares", args=[request.organization.handle])


def _facts(share: Share) -> list[tuple[str, str]]:
    facts = [
        ("Seller", share.shipment.seller.name),
        *documents.journey_facts(share.shipment),
        ("Shared", short_day(share.shared_at)),
    ]
    return [*facts, ("Note", share.note)] if share.note else facts


@require_POST
@require(WORK_SHARES)
def share_start(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    packing.start_packing(by=actor(request), share=share)
    return HttpResponseRedirect(share_url(request, share, "box-add"))


@require_POST
@require(WORK_SHARES)
def share_confirm(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    try:
        packing.confirm_contents(by=actor(request), share=share)
    except packing.ContentsDiffer as error:
        return share_page(request, share, status=error.status, differences=error.differences[:100])
    except Invalid as error:
        return share_page(request, share, status=error.status, problem=error.message)
    messages.success(request, "Boxes and plan agree. Labels come next.")
    return HttpResponseRedirect(share_url(request, share))


@require(WORK_SHARES)
def share_decline(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    share = get_share(request, public_id)
    guest = guest_link(request)
    form = (GuestDeclineForm if guest else ReasonForm)(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if apply(form, lambda: shares.decline_share(by=actor(request), share=share, **data)):
            messages.success(request, f"Declined. {share.shipment.seller.name} is told.")
            return HttpResponseRedirect("/" if guest else _list_url(request))
    context = around(
        request,
        share,
        form=form,
        action=request.path,
        consequences=[
            "You do not see this shipment any more.",
            "The seller is told, with your reason.",
        ],
    )
    return render(request, "supplychain/supply/share_decline.html", context, status=status_of(form))


def _step(transition: Callable[..., Any], done: str) -> Callable[..., HttpResponse]:
    """Take one step and go back to the share; what is missing for it is told there."""

    @require_POST
    @require(WORK_SHARES)
    def view(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
        share = get_share(request, public_id)
        try:
            transition(by=actor(request), share=share)
        except Invalid as error:
            return share_page(request, share, status=error.status, problem=error.message)
        messages.success(request, done)
        return HttpResponseRedirect(share_url(request, share))

    return view


share_seen = _step(packing.acknowledge_share, "The seller sees that you have seen it.")
share_shipped = _step(packing.mark_shipped, "Marked as shipped. The seller is told.")
share_reopen = _step(
    packing.reopen_boxes, "The boxes are open again. Do not use labels you have printed."
)
