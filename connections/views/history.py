"""History, the same page in every portal: read, filter, export (product.md 5, X9)."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts.portals import layout, page
from connections import history
from connections.words import minute
from partnerhub import clock
from partnerhub.audit.services import record
from partnerhub.web.access import Need, PortalRequest, require
from partnerhub.web.forms import status_of
from partnerhub.web.pagination import paginate_merged

READERS = Need(
    rights=frozenset({"history_view"}),
    sentence="Only administrators, and members with the right to read the history, can do this.",
)
COLUMNS = ("at", "who", "what", "detail", "with", "verb", "object", "event", "sequence", "hash")
# What a spreadsheet would take for a formula (B9).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class HistoryFilter(forms.Form):
    """What to look for: a kind of event, and from when to when."""

    about = forms.ChoiceField(
        label="About",
        required=False,
        choices=[("", "Everything"), *((key, words) for key, (words, _) in history.GROUPS.items())],
    )
    since = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label="To",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def querysets(self, organization: Any) -> list[Any]:
        """The events that fit; nothing for a filter that makes no sense."""
        wanted = self.cleaned_data if self.is_valid() else {}
        return history.sides(
            organization,
            group=wanted.get("about", ""),
            since=wanted.get("since"),
            until=wanted.get("until"),
        )


@require_safe
@require(READERS)
def history_page(request: PortalRequest) -> HttpResponse:
    """The organization's events, newest first."""
    organization = request.organization
    form = HistoryFilter(request.GET)
    found = paginate_merged(form.querysets(organization), request, order=("-at", "-id"))
    seal = history.sealed_up_to(organization)
    context = {
        "layout": layout(organization),
        "form": form,
        "page": found,
        "rows": history.entries(found, organization),
        "sealed": minute(seal.sealed_at) if seal else "",
        "sequence": seal.sequence if seal else 0,
        "export_url": page(organization, "history-export"),
        "filters": [(name, request.GET.get(name, "")) for name in form.fields],
    }
    return render(request, "connections/history.html", context, status=status_of(form))


@require_POST
@require(READERS)
def history_export(request: PortalRequest) -> HttpResponse:
    """The filtered history as a file, CSV or JSON, with its seals; itself written to history."""
    organization = request.organization
    form = HistoryFilter(request.POST)
    as_json = request.POST.get("format") == "json"
    with transaction.atomic():
        record(
            "history.exported",
            by=request.user,
            subject=organization,
            organization=organization,
            after={"format": "json" if as_json else "csv"},
        )
    rows = history.everything(form.querysets(organization), organization)
    lines = _json_lines(rows) if as_json else _csv_lines(rows)
    kind = "application/json" if as_json else "text/csv; charset=utf-8"
    response: Any = StreamingHttpResponse(lines, content_type=kind)
    name = f"history-{slugify(organization.handle)}-{clock.today():%Y-%m-%d}"
    suffix = "json" if as_json else "csv"
    response["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return response


class _Line:
    """What csv writes to: hands the text back."""

    def write(self, text: str) -> str:
        return text


def neutral(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula (B9)."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_lines(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Line())
    # A byte order mark, so that a spreadsheet reads names as they are written.
    yield b"\xef\xbb\xbf" + writer.writerow(COLUMNS).encode()
    for row in rows:
        event, seal = row["event"], row["seal"]
        cells = (
            event.at.isoformat(),
            row["who"],
            row["text"],
            row["detail"],
            row["with"],
            event.verb,
            f"{event.object_type} {event.object_id}",
            event.uid,
            seal.sequence if seal else "",
            seal.hash if seal else "",
        )
        yield writer.writerow([neutral(cell) for cell in cells]).encode()


def _json_lines(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """An array, one event a line: everything that the seals were computed from."""
    start = b"[\n"
    for row in rows:
        event, seal = row["event"], row["seal"]
        item = {
            "uid": str(event.uid),
            "at": event.at.isoformat(),
            "verb": event.verb,
            "actor": str(event.actor_ref or ""),
            "organization": event.organization_id,
            "counterparty": event.counterparty_id,
            "object": [event.object_type, event.object_id],
            "before": event.before,
            "after": event.after,
            "who": row["who"],
            "what": row["text"],
            "with": row["with"],
            "seal": {
                "sequence": seal.sequence,
                "previous_hash": seal.previous_hash,
                "hash": seal.hash,
            }
            if seal
            else None,
        }
        yield start + json.dumps(item, ensure_ascii=False).encode()
        start = b",\n"
    yield b"[]\n" if start == b"[\n" else b"\n]\n"
