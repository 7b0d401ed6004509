"""What both sides take away from a connection: the receipt, and the page about its end."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts.portals import page
from connections.models import Connection
from connections.reads import offboarding, receipts
from connections.reads.connections import connection_state
from connections.transitions.receipts import note_receipt
from connections.views.lookups import connection_for, connection_page
from core.errors import Conflict
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import day


@require_POST
@require(ADMINISTRATOR)
def receipt(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    note_receipt(connection=row, by=request.user, organization=request.organization)
    content = receipts.receipt_pdf(row)
    name = f"receipt-{slugify(row.seller.handle)}-{slugify(row.provider.handle)}"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@require(ADMINISTRATOR)
def off_boarding(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    if row.is_live:
        raise Conflict("This connection has not ended: there is nothing to look back on.")
    reader = request.organization
    other = row.other(reader)
    state, label = connection_state(row)
    found, people = offboarding.rights_removed(row, request)
    context = {
        "other": other,
        "state": state,
        "label": label,
        "facts": _facts(row),
        "page": found,
        "people": people,
        "work": offboarding.work_left_open(row),
        "may_open": reader.pk == row.seller_id,
        "sees": offboarding.who_sees_what(row, reader),
        "receipt_url": connection_page(reader, row, "receipt"),
        "export_url": page(reader, "history-export"),
        "history_url": f"{page(reader, 'history')}?partner={other.handle}",
        "back": connection_page(reader, row),
    }
    return render(request, "connections/offboarding.html", context)


def _facts(row: Connection) -> list[tuple[str, str]]:
    facts = [
        ("Connected since", day(row.started_at)),
        ("Ended on", f"{day(row.ended_at or row.ends_at)}, by {_by(row)}"),
    ]
    return [*facts, ("Reason given", row.reason)] if row.reason else facts


def _by(row: Connection) -> str:
    return str(row.get_ended_side_display()) if row.ended_side else "its end date"
