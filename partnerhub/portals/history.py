"""History, the same page in every portal: read, filter, export, verify (X9)."""

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts.portals import page, portal_of
from accounts.reads import history
from core import clock
from core.audit import presenters, seals
from core.audit.models import Seal
from core.audit.services import record
from core.web.access import Need, PortalRequest, require
from core.web.fields import LineField
from core.web.formats import minute, stamp
from core.web.forms import DayInput, posted, status_of
from core.web.pagination import paginate_merged
from core.web.spreadsheets import csv_lines

READERS = Need(
    rights=frozenset({"history_view"}),
    sentence="Only administrators, and members with the right to read the history, can do this.",
)
COLUMNS = (
    *("at", "who", "firm", "what", "thing", "detail", "with"),
    *("verb", "object", "event", "sequence", "hash"),
)
SEALED = ("sequence", "previous_hash", "hash")
# What a page computes again at most: about a second. The command verify_history has no such end.
CHECKED = 20_000


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=DayInput)


class HistoryFilter(forms.Form):
    about = forms.ChoiceField(
        label="About", required=False, choices=[("", "Everything"), *presenters.GROUPS.items()]
    )
    by = forms.ChoiceField(label="Done by", required=False)
    who = LineField(label="Person", required=False, max_length=80)
    partner = LineField(label="With", required=False, max_length=80)
    thing = LineField(label="Shipment or id", required=False, max_length=40)
    since = _day("From")
    until = _day("To")

    def __init__(self, data: Any, *, reader: Any) -> None:
        super().__init__(data)
        self.reader = reader
        delegates = portal_of(reader).delegates
        if not delegates:
            del self.fields["by"]
            return
        by: Any = self.fields["by"]
        by.choices = [("", "Anybody"), ("delegates", delegates)]

    def querysets(self) -> list[Any]:
        """The events that fit; nothing narrowed for a filter that makes no sense."""
        wanted = dict(self.cleaned_data) if self.is_valid() else {}
        delegated = bool(wanted.pop("by", ""))
        group = wanted.pop("about", "")
        return history.sides(
            self.reader,
            history.Wanted(
                group=group,
                delegated=delegated,
                # The page shows moments in this zone, too.
                zone=timezone.get_current_timezone(),
                **wanted,
            ),
        )


class NotedForm(forms.Form):
    noted = LineField(
        label="A hash you noted earlier",
        required=False,
        max_length=64,
        help_text="From an export, a receipt or this page. Leave it empty to check the chain only.",
        validators=[
            RegexValidator(r"\A[0-9a-fA-F]{64}\Z", "A hash has 64 digits and letters a-f.")
        ],
    )

    def clean_noted(self) -> str:
        return str(self.cleaned_data["noted"]).lower()


@require_safe
@require(READERS)
def history_page(request: PortalRequest) -> HttpResponse:
    return _page(request, HistoryFilter(request.GET, reader=request.organization))


def _page(request: PortalRequest, form: HistoryFilter) -> HttpResponse:
    organization = request.organization
    found = paginate_merged(form.querysets(), request, order=("-at", "-id"))
    seal = seals.newest_seal(organization.pk)
    context = {
        "form": form,
        "page": found,
        "rows": history.entries(found, organization),
        "sealed": minute(seal.sealed_at) if seal else "",
        "sequence": seal.sequence if seal else 0,
        "export_url": page(organization, "history-export"),
        "verify_url": page(organization, "history-verify"),
        "filters": [(name, form.data.get(name, "")) for name in form.fields],
    }
    return render(request, "portals/history.html", context, status=status_of(form))


@require(READERS)
def history_verify(request: PortalRequest) -> HttpResponse:
    organization = request.organization
    form = NotedForm(posted(request))
    seal = seals.newest_seal(organization.pk)
    head = seal and (
        ("Sealed up to entry", f"{seal.sequence:,}"),
        ("Sealed on", minute(seal.sealed_at)),
        ("Hash", seal.hash),
    )
    context: dict[str, Any] = {
        "form": form,
        "seal": seal,
        "facts": head or [],
        "history_url": page(organization, "history"),
    }
    if form.is_bound and form.is_valid():
        context |= _result(organization, form.cleaned_data["noted"])
    return render(request, "portals/history_verify.html", context, status=status_of(form))


def _result(organization: Any, noted: str) -> dict[str, Any]:
    verdict = seals.verify(organization.pk, newest=CHECKED)
    rows = Seal.objects.filter(organization_id=organization.pk, hash=noted)
    found = rows.first() if noted else None
    span = f"All {verdict.last:,} entries were computed again"
    if verdict.first > 1:
        span = f"Entries {verdict.first:,} to {verdict.last:,}, the newest, were computed again"
    return {
        "verdict": verdict,
        "broken": str(verdict.broken or ""),
        "checked": f"{span} and match their seals.",
        "noted": noted,
        "found": found,
        "noted_text": f"The hash you noted is that of entry {found.sequence:,}." if found else "",
    }


@require_POST
@require(READERS)
def history_export(request: PortalRequest) -> HttpResponse:
    organization = request.organization
    form = HistoryFilter(request.POST, reader=organization)
    if not form.is_valid():
        return _page(request, form)
    as_json = request.POST.get("format") == "json"
    with transaction.atomic():
        record(
            "history.exported",
            by=request.user,
            subject=organization,
            organization=organization,
            after={"format": "json" if as_json else "csv"},
        )
    rows = history.everything(form.querysets(), organization)
    lines = _json_lines(rows) if as_json else csv_lines(COLUMNS, map(_cells, rows))
    kind = "application/json" if as_json else "text/csv; charset=utf-8"
    response: Any = StreamingHttpResponse(lines, content_type=kind)
    name = f"history-{slugify(organization.handle)}-{stamp(clock.now())}"
    suffix = "json" if as_json else "csv"
    response["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return response


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    event, seal = row["event"], row["seal"]
    return (
        event.at.isoformat(),
        row["who"],
        row["firm"],
        row["text"],
        row["thing"],
        row["detail"],
        row["with"],
        event.verb,
        f"{event.object_type} {event.object_id}",
        event.uid,
        seal.sequence if seal else "",
        seal.hash if seal else "",
    )


def _json_lines(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """An array, one event a line: everything that the seals were computed from. docs/security.md
    says how to compute them again."""
    start = b"[\n"
    for row in rows:
        seal = row["seal"]
        item = {
            "event": seals.canonical(row["event"]),
            "seal": seal and {name: getattr(seal, name) for name in SEALED},
            "who": row["who"],
            "firm": row["firm"],
            "what": row["text"],
            "thing": row["thing"],
            "with": row["with"],
        }
        yield start + json.dumps(item, ensure_ascii=False).encode()
        start = b",\n"
    yield b"[]\n" if start == b"[\n" else b"\n]\n"
