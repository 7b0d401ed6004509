"""Many invitations at once, alike in every portal: give a list, look at it, confirm, see (U26)."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts.invitations.batches import kinds, overviews
from accounts.invitations.batches.forms import ListForm, RowsForm
from accounts.invitations.batches.kinds import BatchKind
from accounts.invitations.batches.reading import MAX_ROWS
from accounts.invitations.batches.transitions import batches
from accounts.models import InvitationBatch
from accounts.states import CONFIRMED, MENDABLE, BatchStatus, RowStatus
from core import clock
from core.errors import NotRelated
from core.web.access import PortalRequest, require
from core.web.bodies import MEGABYTE, takes
from core.web.formats import stamp
from core.web.forms import act, apply, posted, status_of
from core.web.pagination import paginate
from core.web.spreadsheets import csv_lines

EARLIER = 10


# A list that is larger than it may be is told so beside its field.
@takes(16 * MEGABYTE)
@require(BatchKind.need)
def start(request: PortalRequest, purpose: str) -> HttpResponse:
    kind, organization = _kind(request, purpose), request.organization
    data = posted(request)
    form = ListForm(
        data,
        request.FILES or None,
        columns=tuple(kind.columns(organization)),
        initial={"pasted": _to_mend(request, kind)},
    )
    everyone = kind.form(organization, data)
    # Both are asked: each shows what is wrong with its own fields.
    if all([form.is_valid(), everyone.is_valid()]) and (
        batch := apply(form, lambda: _keep(request, kind, form, everyone))
    ):
        return HttpResponseRedirect(_url(request, "list", purpose, batch.public_id))
    own = InvitationBatch.objects.for_organization(organization).filter(purpose=purpose)
    context = _around(request, kind) | {
        "form": form,
        "everyone": everyone,
        "earlier": paginate(own.select_related("created_by"), request, size=EARLIER),
        "most": f"{MAX_ROWS:,}",
    }
    status = max(status_of(form), status_of(everyone))
    return render(request, "accounts/batches/start.html", context, status=status)


def _to_mend(request: PortalRequest, kind: BatchKind[Any]) -> str:
    try:
        public_id = uuid.UUID(request.GET.get("mend", ""))
    except ValueError:
        return ""
    own = InvitationBatch.objects.for_organization(request.organization)
    batch = own.filter(purpose=kind.purpose, public_id=public_id).first()
    return b"".join(_mendable(batch, kind)).decode("utf-8-sig") if batch else ""


def _mendable(batch: InvitationBatch, kind: BatchKind[Any]) -> Iterator[bytes]:
    columns = kind.columns(batch.organization)
    rows = batch.rows.filter(status__in=MENDABLE).order_by("number")
    return csv_lines(
        [*(column.title for column in columns), "Reason"],
        ([*(row.typed.get(column.key, "") for column in columns), row.reason] for row in rows),
    )


def _keep(
    request: PortalRequest, kind: BatchKind[Any], form: Any, everyone: Any
) -> InvitationBatch:
    return batches.keep(
        by=request.user,
        organization=request.organization,
        purpose=kind.purpose,
        options=everyone.cleaned_data,
        source=form.cleaned_data["source"],
        reading=form.cleaned_data["reading"],
    )


@require_safe
@require(BatchKind.need)
def show(request: PortalRequest, purpose: str, public_id: uuid.UUID) -> HttpResponse:
    return _page(request, _kind(request, purpose), _batch(request, purpose, public_id))


@require_POST
@require(BatchKind.need)
def confirm(request: PortalRequest, purpose: str, public_id: uuid.UUID) -> HttpResponse:
    batch = _batch(request, purpose, public_id)
    return _do(request, batch, lambda: batches.confirm(by=request.user, batch=batch))


@require_POST
@require(BatchKind.need)
def choose(request: PortalRequest, purpose: str, public_id: uuid.UUID) -> HttpResponse:
    batch = _batch(request, purpose, public_id)
    form = RowsForm(request.POST, most=MAX_ROWS)
    if not form.is_valid():
        problem = " ".join(map(str, form.non_field_errors())) or "Choose rows of this list."
        return _page(
            request,
            _kind(request, purpose),
            batch,
            problem=problem,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    return _do(request, batch, lambda: _chosen(request, batch, form.cleaned_data))


def _chosen(request: PortalRequest, batch: InvitationBatch, data: dict[str, Any]) -> None:
    numbers = None if data["every"] else data["rows"]
    if data["act"] == "cancel":
        count = batches.cancel(by=request.user, batch=batch, numbers=numbers)
        if count:
            messages.success(request, f"Taken back before they were sent: {count}.")
        else:
            messages.info(request, "Nothing was queued any more.")
        return
    numbers = range(1, MAX_ROWS + 1) if numbers is None else numbers
    batches.leave_out(by=request.user, batch=batch, numbers=numbers, out=data["act"] == "out")


@require_POST
@require(BatchKind.need)
def discard(request: PortalRequest, purpose: str, public_id: uuid.UUID) -> HttpResponse:
    batch = _batch(request, purpose, public_id)
    return act(
        request,
        lambda: batches.discard(by=request.user, batch=batch),
        done="The list is thrown away. Nobody on it was invited.",
        to=_url(request, "start", purpose),
        refused=partial(_page, request, _kind(request, purpose), batch),
    )


@require_safe
@require(BatchKind.need)
def wrong_rows(request: PortalRequest, purpose: str, public_id: uuid.UUID) -> HttpResponse:
    lines = _mendable(_batch(request, purpose, public_id), _kind(request, purpose))
    response: Any = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"to-mend-{stamp(clock.now())}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _kind(request: PortalRequest, purpose: str) -> BatchKind[Any]:
    kind = kinds.offered_to(request.organization, purpose)
    if kind is None:
        raise NotRelated
    return kind


def _batch(request: PortalRequest, purpose: str, public_id: uuid.UUID) -> InvitationBatch:
    _kind(request, purpose)
    rows = InvitationBatch.objects.for_organization(request.organization).filter(purpose=purpose)
    return get_object_or_404(
        rows.select_related("organization", "created_by", "confirmed_by"), public_id=public_id
    )


def _url(request: PortalRequest, act: str, *args: Any) -> str:
    return overviews.url(request.organization, act, *args)


def _do(request: PortalRequest, batch: InvitationBatch, action: Callable[[], Any]) -> HttpResponse:
    """Do it and go back to where it was asked for; a refusal is told on the list's page."""
    kind = _kind(request, batch.purpose)
    page = _url(request, "list", batch.purpose, batch.public_id)
    page += f"?{request.GET.urlencode()}" if request.GET else ""
    if request.POST.get("back") == "invitations":
        page = kind.list_url(request.organization)
    return act(request, action, to=page, refused=partial(_page, request, kind, batch))


def _page(
    request: PortalRequest,
    kind: BatchKind[Any],
    batch: InvitationBatch,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    found = overviews.look(batch, kind)
    groups = overviews.BEFORE if batch.status == BatchStatus.DRAFT else overviews.AFTER
    group = request.GET.get("show", "")
    group = group if group in groups else ""
    columns = kind.columns(request.organization)
    page = found.page(request, group, columns)
    confirmed = [view.row for view in found.rows if view.row.status in CONFIRMED]
    at = (batch.purpose, batch.public_id)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    context = _around(request, kind) | {
        "batch": batch,
        "columns": columns,
        "page": page,
        "has_choices": any(view.can_be_chosen for view in page),
        "counts": found.counts,
        "confirmed": len(confirmed),
        "decided": sum(row.status != RowStatus.QUEUED for row in confirmed),
        "cancel_all": [("act", "cancel"), ("every", "on")],
        "tabs": overviews.tabs(found, groups, group, request.path),
        "is_draft": batch.status == BatchStatus.DRAFT,
        "problem": problem,
        "urls": {act: _url(request, act, *at) for act in ("list", "confirm", "discard", "wrong")},
        "rows_url": _url(request, "rows", *at) + query,
    }
    return render(request, "accounts/batches/list.html", context, status=status)


def _around(request: PortalRequest, kind: BatchKind[Any]) -> dict[str, Any]:
    organization = request.organization
    return {
        "many": kind.many(organization),
        "start_url": _url(request, "start", kind.purpose),
        "back_url": kind.list_url(organization),
        "back_label": kind.list_title(organization),
    }
