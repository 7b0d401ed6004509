"""The seller's yearly review of each partner: keep, lower or end what it may do (U42)."""

import uuid
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from connections.models import Connection, ConnectionReview
from connections.reads import people
from connections.reads.reviews import last_reviewed, open_review, roles_with_use
from connections.transitions import reviews
from connections.transitions.rules import ChangedMeanwhile
from connections.views.lookups import connection_for, connection_page
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import day, ending
from core.web.pagination import paginate


class VersionForm(forms.Form):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


@require_safe
@require(ADMINISTRATOR)
def partner_reviews(request: PortalRequest) -> HttpResponse:
    seller = request.organization
    rows = ConnectionReview.objects.open().filter(connection__seller=seller)
    page = paginate(rows.select_related("connection__provider"), request, order=("due_at", "id"))
    context = {
        "page": page,
        "rows": [
            {
                "name": row.connection.provider.name,
                "opened": day(row.opened_at),
                "due": ending(row.due_at),
                "state": "overdue" if row.is_overdue else "open",
                "label": "Overdue" if row.is_overdue else "Waiting for you",
                "tone": "bad" if row.is_overdue else "waiting",
                "url": connection_page(seller, row.connection, "review"),
            }
            for row in page
        ],
        "back": reverse("seller:partners", args=[seller.handle]),
    }
    return render(request, "connections/seller/partner_reviews.html", context)


@require(ADMINISTRATOR)
def connection_review(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    done = reverse("seller:connection", args=[request.organization.handle, public_id])
    conflict = False
    if request.method == "POST":
        try:
            _confirm(request, row)
        except ChangedMeanwhile:
            conflict = True
            row.refresh_from_db(fields=["version"])
        else:
            messages.success(request, "Reviewed. We ask again in a year.")
            return HttpResponseRedirect(done)
    args = [request.organization.handle, public_id]
    context = {
        "connection": row,
        "is_live": row.is_live,
        "conflict": conflict,
        "facts": _facts(row),
        "roles": roles_with_use(row),
        "people": people.acting_people(row),
        "waiting": open_review(row) is not None,
        "roles_url": reverse("seller:connection-roles", args=args),
        "end_url": reverse("seller:connection-end", args=args),
        "back": done,
    }
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.OK
    return render(request, "connections/seller/connection_review.html", context, status=status)


def _confirm(request: PortalRequest, row: Connection) -> None:
    """Confirm what the page showed; a version that is none is an older one."""
    form = VersionForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else None
    reviews.confirm_review(connection=row, by=request.user, version=version or 0)


def _facts(row: Connection) -> list[tuple[str, str]]:
    review = open_review(row)
    return [
        ("Solution provider", f"{row.provider.name} ({row.provider.handle})"),
        ("Connected since", day(row.started_at)),
        ("Connected until", ending(row.ends_at)),
        ("Last reviewed", last_reviewed(row) or "never"),
        *((("Answer until", ending(review.due_at)),) if review else ()),
    ]
