"""What the review desk's pages share, and what the page of an application shows."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext

from accounts.models import IdentityCheck, Organization
from accounts.names import code_points
from accounts.reads.searches import organizations_called
from accounts.registration import registration_note
from accounts.tenancy import administrators
from core import clock
from core.audit.models import Event
from core.audit.presenters import timeline
from core.db import key_in
from core.outbox.rendering import compose
from core.web.access import Level
from core.web.desk_pages import DeskAdmin
from core.web.formats import day, minute
from roles.emails import decided_mail
from roles.forms import DecisionForm, RefusalForm, SeenForm
from roles.models import ApplicationLine, RoleApplication
from roles.permissions import may_look
from roles.reads import applications
from roles.states import ApplicationStatus, LineDecision
from roles.transitions.decisions import all_decided, lines_seen, status_after

SEARCH_HELP = "Provider: name, handle, registration number, person, address; or the id"
LOOK_ALIKES = 5
HISTORY = 30


class ReviewAdmin(DeskAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reviewers and auditors; superusers only with the same permission (A7)."""
        return may_look(request.user)

    def find(self, request: HttpRequest, pk: int, rows: QuerySet[Any] | None = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().find(request, pk, rows)

    @admin.display(description="Solution provider")
    def firm(self, row: Any) -> str:
        return format_html("<bdi>{}</bdi><br>{}", row.provider.name, row.provider.handle)


def about(term: str) -> Q:
    """The condition for rows of a provider that `term` means, or whose own id it is."""
    found = Q(provider__in=organizations_called(term))
    if (pk := key_in(term)) is not None:
        found |= Q(pk=pk)
    with suppress(ValueError):
        found |= Q(public_id=UUID(term))
    return found


def provider_facts(provider: Organization) -> list[tuple[str, str]]:
    people = administrators(provider)
    note = registration_note(str(provider.country), provider.registration_number)
    checks = IdentityCheck.objects.in_force(clock.now()).filter(user__in=people)
    identified = set(checks.values_list("user_id", flat=True))
    return [
        ("Handle", provider.handle),
        ("State", provider.get_status_display()),
        ("Country", str(getattr(provider.country, "name", ""))),
        ("Registration number", provider.registration_number),
        *([(gettext("About this number"), note)] if note else []),
        ("Account since", day(provider.created_at)),
        *(
            (
                "Administrator",
                f"{person} ({'identity verified' if person.pk in identified else 'not verified'})",
            )
            for person in people
        ),
    ]


def name_warnings(provider: Organization) -> list[str]:
    warnings = [
        f"“{point.char}” in the name is {point.name} ({point.code})."
        for point in code_points(provider.name)
        if point.unusual
    ]
    alike = Organization.objects.filter(name_skeleton=provider.name_skeleton)
    for other in alike.exclude(pk=provider.pk).order_by("pk")[:LOOK_ALIKES]:
        kind, state = other.get_kind_display().lower(), other.get_status_display().lower()
        warnings.append(f"{other.name} ({other.handle}) reads alike: {kind}, {state}.")
    return warnings


@dataclass(frozen=True)
class LineDesk:
    """One line with its state for this reviewer; only what can be done has a form."""

    line: ApplicationLine
    card: applications.LineCard
    held: str
    state: tuple[str, str]
    who: str
    form: Form | None = None
    seen: Form | None = None
    refusal: Form | None = None
    own_first: bool = False
    # What the button that takes a decision back sends along.
    stands: Sequence[tuple[str, str]] = ()
    can_reopen: bool = False


def line_desks(
    lines: Sequence[ApplicationLine],
    user: Any,
    *,
    may_decide: bool,
    held: Mapping[int, Level],
    bound: Mapping[tuple[int, str], Form],
) -> list[LineDesk]:
    """Each line as this reviewer may act on it; `bound` holds refused forms by (line id, kind)."""
    desks = []
    for line in lines:
        pending = may_decide and line.decision == LineDecision.PENDING
        awaiting = may_decide and line.decision == LineDecision.AWAITING_SECOND
        own = user.pk in (line.decided_by_id, line.seconded_by_id)
        second = awaiting and not own
        desks.append(
            LineDesk(
                line,
                applications.line_card(line, decided=False),
                held[line.role_id].word if line.role_id in held else "",
                _state(line),
                _who(line),
                form=bound.get((line.pk, "decide")) or DecisionForm(line=line) if pending else None,
                seen=SeenForm(initial={"seen_level": line.decided_level}) if second else None,
                refusal=bound.get((line.pk, "refuse")) or RefusalForm(line=line)
                if second
                else None,
                own_first=awaiting and own,
                stands=[("seen", lines_seen([line]))],
                can_reopen=may_decide and own,
            )
        )
    return desks


def _state(line: ApplicationLine) -> tuple[str, str]:
    tones = {LineDecision.APPROVED: "good", LineDecision.REFUSED: "bad"}
    level = f": {Level(line.decided_level).word}" if line.decided_level else ""
    label = f"{line.get_decision_display()}{level}"
    return label, tones.get(LineDecision(line.decision), "waiting")


def _who(line: ApplicationLine) -> str:
    steps = [(line.decided_by, line.decided_at), (line.seconded_by, line.seconded_at)]
    return "; ".join(f"{person or 'Somebody'}, {minute(at)}" for person, at in steps if at)


def mail_preview(
    application: RoleApplication, lines: Sequence[ApplicationLine]
) -> dict[str, str] | None:
    """Subject and text of the mail that finishing sends; None while a line is open."""
    if application.status != ApplicationStatus.IN_REVIEW or not all_decided(lines):
        return None
    subject, text, _content = compose(decided_mail(application, lines, status_after(lines)))
    return {"subject": subject, "text": text}


def history_of(row: Any) -> list[dict[str, Any]]:
    events = Event.objects.filter(
        object_type=row._meta.label_lower, object_id=str(row.public_id)
    ).order_by("-at", "-id")[:HISTORY]
    return [{**event, "when": minute(event["when"]), "tone": "quiet"} for event in timeline(events)]
