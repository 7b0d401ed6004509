"""Rights nobody used: the report of either side, and lowering from it (X4)."""

import uuid
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Membership, Organization
from accounts.portals import page, portal_of
from connections.models import Assignment, Connection, RoleGrant
from connections.reads.unused_rights import DAYS, unused_assignments, unused_grants
from connections.rights.assignments import LEVELS
from connections.rights.uses import observed
from connections.transitions import assignments, grants
from connections.views.confirmations import confirm
from connections.views.lookups import connection_page
from core.web.access import ADMINISTRATOR, Level, PortalRequest, require
from core.web.formats import day
from core.web.forms import posted
from core.web.pagination import paginate
from roles.catalogue import role_names

NOTHING = 0
REVIEW = "review"
SAVED = "Saved. It counts at once."


class LowerForm(forms.Form):
    """To which level: anything below the present one."""

    level = forms.TypedChoiceField(label="From now on", coerce=int, widget=forms.RadioSelect)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # Where the person came from, and goes back to.
    origin = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, held: Level, version: int = 0, origin: str = "") -> None:
        initial = {"version": version, "level": NOTHING, "origin": origin}
        super().__init__(data, initial=initial)
        field: Any = self.fields["level"]
        field.choices = [
            *((int(level), level.word.capitalize()) for level in Level if NOTHING < level < held),
            (NOTHING, "Not at all"),
        ]

    def chosen(self) -> Level:
        return Level(self.cleaned_data["level"])


@require_safe
@require(ADMINISTRATOR)
def unused_rights(request: PortalRequest) -> HttpResponse:
    reader = request.organization
    days = 90 if request.GET.get("days") == "90" else 30
    people = request.GET.get("show") == "people"
    party = {reader.kind: reader}
    if people:
        found = paginate(unused_assignments(days, **party), request, order=("id",))
        members = _members(reader, found) if reader.kind == "provider" else {}
        rows = [_assignment_row(request, row, members.get(row.user_id)) for row in found]
    else:
        found = paginate(unused_grants(days, **party), request, order=("granted_at", "id"))
        rows = [_grant_row(request, row) for row in found]
    context = {
        "page": found,
        "rows": rows,
        "days": days,
        "people": people,
        "tabs": _tabs(days, people=people),
        "periods": _periods(days, people=people),
        "known_text": _known(),
        "can_lower": reader.kind == "provider",
        "other": portal_of(reader).partner.capitalize(),
        "back": page(reader, f"{portal_of(reader).partner}s"),
        "back_label": portal_of(reader).partners,
    }
    return render(request, "connections/unused.html", context)


def _known() -> str:
    names = role_names()
    known = ", ".join(sorted(names.get(code, code) for code in observed()))
    return (
        f"Only {known} opens pages here, so only its use is known. Other roles are used in the "
        "marketplace's own pages and are not listed; the yearly review shows them all."
    )


def _tabs(days: int, *, people: bool) -> list[dict[str, Any]]:
    views = (("Granted roles", "roles", not people), ("People", "people", people))
    return [
        {"label": label, "url": f"?days={days}&show={show}", "current": current, "count": ""}
        for label, show, current in views
    ]


def _periods(days: int, *, people: bool) -> list[tuple[str, str, bool]]:
    show = "people" if people else "roles"
    return [(f"{n} days", f"?days={n}&show={show}", n == days) for n in DAYS]


def _since(row: Any, start: Any) -> str:
    return day(row.last_used) if row.last_used else f"never, since {day(start)}"


def _other(request: PortalRequest, connection: Connection) -> dict[str, str]:
    reader = request.organization
    return {"other": connection.other(reader).name, "url": connection_page(reader, connection)}


def _grant_row(request: PortalRequest, row: Any) -> dict[str, Any]:
    name = f"{portal_of(request.organization).partner}-unused-role"
    return _other(request, row.connection) | {
        "role": row.role.name,
        "level": Level(row.level).word,
        "used": _since(row, row.granted_at),
        "lower_url": page(request.organization, name, row.public_id),
    }


def _members(provider: Organization, rows: Any) -> dict[int, uuid.UUID]:
    """Person -> public id of their membership, for one's own people; one query."""
    members = Membership.objects.active().filter(
        organization=provider, user__in=[row.user_id for row in rows]
    )
    return dict(members.values_list("user_id", "public_id"))


def _assignment_row(request: PortalRequest, row: Any, member: uuid.UUID | None) -> dict[str, Any]:
    grant = row.content_object
    start = max(filter(None, (row.assigned_at, grant.granted_at)))
    lower = ""
    if member:
        args = [request.organization.handle, grant.public_id, member]
        lower = reverse("provider:client-unused-person", args=args)
    return _other(request, grant.connection) | {
        "person": row.user.name,
        "role": grant.role.name,
        "level": min(LEVELS[row.permission.codename], Level(grant.level)).word,
        "used": _since(row, start),
        "lower_url": lower,
    }


@require(ADMINISTRATOR)
def lower_role(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    reader = request.organization
    rows = RoleGrant.objects.active().filter(**{reader.kind: reader})
    grant = get_object_or_404(
        rows.select_related("role", "connection__seller", "connection__provider"),
        public_id=public_id,
    )
    connection = grant.connection
    act = grants.change if reader.kind == "seller" else grants.give_back
    origin = REVIEW if REVIEW in (request.POST.get("origin"), request.GET.get("from")) else ""
    form = LowerForm(
        posted(request), held=Level(grant.level), version=connection.version, origin=origin
    )

    again = (
        "You can grant it again at any time."
        if reader.kind == "seller"
        else "To get it back, ask the seller."
    )
    back = _report(reader)
    if reader.kind == "seller" and origin == REVIEW:
        back = page(reader, "connection-review", connection.public_id)
    return confirm(
        request,
        form,
        lambda: act(
            connection=connection,
            by=request.user,
            levels={grant.role.code: form.chosen()},
            version=form.cleaned_data["version"] or 0,
        ),
        done=SAVED,
        to=back,
        title=f"{grant.role.name}: lower it for {connection.other(reader).name}?",
        text=f"Granted at {Level(grant.level).word}. It counts at once, for everybody of the firm; "
        f"both sides are told. {again}",
        submit="Lower",
    )


@require(ADMINISTRATOR)
def lower_person(
    request: PortalRequest, public_id: uuid.UUID, person_id: uuid.UUID
) -> HttpResponse:
    provider = request.organization
    members = Membership.objects.active().filter(organization=provider)
    member = get_object_or_404(members, public_id=person_id)
    row = get_object_or_404(
        Assignment.objects.select_related(
            "user",
            "permission",
            "content_object__role",
            "content_object__connection__seller",
            "content_object__connection__provider",
        ),
        content_object__provider=provider,
        content_object__status="active",
        content_object__public_id=public_id,
        user=member.user_id,
    )
    grant = row.content_object
    held = LEVELS[row.permission.codename]
    form = LowerForm(posted(request), held=held)

    return confirm(
        request,
        form,
        lambda: assignments.assign(
            connection=grant.connection,
            by=request.user,
            changes={member.pk: {grant.pk: form.chosen()}},
        ),
        done=SAVED,
        to=_report(provider),
        title=f"{grant.role.name}: lower it for {row.user.name}?",
        text=f"Assigned at {held.word} for {grant.connection.seller.name}. It counts at once; they "
        "are told. You can assign it again at any time.",
        submit="Lower",
    )


def _report(reader: Organization) -> str:
    return page(reader, f"{portal_of(reader).partner}s-unused")
