"""Approved roles on the desk: the list, and one to lower, revoke or restore with a reason."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from core import clock, hooks
from core.db import rehearse
from core.errors import Conflict
from core.spellings import search_key
from core.web.access import Level
from core.web.desk_pages import DeskRequest
from core.web.formats import day, ending, minute
from core.web.forms import REVISE, apply, carried, is_confirmed, posted, status_of
from core.web.templatetags.ui import status_pill
from roles.admin import pages
from roles.admin.filters import ApprovalFilter, RoleCategoryFilter
from roles.admin.pages import ReviewAdmin, history_of
from roles.forms import ChangeForm, LowerForm, VersionForm
from roles.models import ApprovedRole, Role
from roles.permissions import is_lead, why_not_decide
from roles.reads import applications
from roles.states import ApprovedRoleStatus
from roles.transitions import approvals

CONFIRMED = "It comes back once a lead reviewer, who is somebody else, has confirmed it."
DONE = {
    "Lower": "Done. Everybody concerned is told.",
    "Revoke": "Done. Everybody concerned is told.",
    "Restore": "Asked. A lead reviewer, who is somebody else, has to confirm it.",
}


@admin.register(ApprovedRole)
class ApprovedRoleAdmin(ReviewAdmin):
    list_display = ("firm", "role", "highest", "state", "until")
    list_display_links = ("firm",)
    list_filter = (ApprovalFilter, RoleCategoryFilter)
    search_fields = ("provider", "role")
    search_help_text = pages.SEARCH_HELP
    list_select_related = ("provider", "role", "line")
    ordering: ClassVar = ("-id",)

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pages.about(term) | Q(role__in=_roles_called(term)))

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        steps = (self.lower, self.revoke, self.restore)
        answers = (self.confirm, self.decline)
        return [
            ("<int:pk>/change/", require_safe(self.page), "change"),
            *((f"<int:pk>/{step.__name__}/", step, step.__name__) for step in steps),
            *((f"<int:pk>/{do.__name__}/", require_POST(do), do.__name__) for do in answers),
        ]

    @admin.display(description="Highest level")
    def highest(self, row: ApprovedRole) -> str:
        return Level(row.level).word

    @admin.display(description="State")
    def state(self, row: ApprovedRole) -> str:
        return status_pill(*applications.approval_state(row))

    @admin.display(description="Until")
    def until(self, row: ApprovedRole) -> str:
        return format_html('<span class="nowrap">{}</span>', ending(row.expires_at))

    def _find(self, request: DeskRequest, pk: int) -> ApprovedRole:
        rows = ApprovedRole.objects.select_related(
            "provider", "role__category", "line", "changed_by", "restore_asked_by"
        )
        found: ApprovedRole = self.find(request, pk, rows)
        return found

    def page(self, request: DeskRequest, pk: int) -> HttpResponse:
        return self._page(request, self._find(request, pk))

    def _page(self, request: DeskRequest, row: ApprovedRole, **context: Any) -> HttpResponse:
        blocked = _blocked(request, row)
        in_force = row.status == ApprovedRoleStatus.ACTIVE and row.expires_at > clock.now()
        state, label = applications.approval_state(row)
        asked = row.restore_asked_at is not None and approvals.restorable_level(row) is not None
        lead = is_lead(request.user) and not blocked
        mine = row.restore_asked_by_id == request.user.pk
        return self.desk_page(
            request,
            "page",
            f"{row.role}: {row.provider.name}",
            approved_role=row,
            back_url=_url(row),
            blocked=blocked,
            state=state,
            label=label,
            facts=_facts(row),
            can_lower=in_force and row.level > Level.VIEW and lead,
            can_revoke=in_force and lead,
            can_restore=approvals.restorable_level(row) is not None and not asked and not blocked,
            asked=_asked(row) if asked else "",
            can_confirm=asked and lead and not mine,
            can_decline=asked and not blocked and (lead or mine),
            versions=VersionForm(initial={"version": row.version}),
            history=history_of(row),
            **context,
        )

    def lower(self, request: DeskRequest, pk: int) -> HttpResponse:
        row = self._find(request, pk)
        form = LowerForm(posted(request), initial={"version": row.version}, approved_role=row)
        return self._step(request, row, form, "Lower", approvals.lower_approved_role)

    def revoke(self, request: DeskRequest, pk: int) -> HttpResponse:
        row = self._find(request, pk)
        form = ChangeForm(posted(request), initial={"version": row.version})
        return self._step(request, row, form, "Revoke", approvals.revoke_approved_role)

    def restore(self, request: DeskRequest, pk: int) -> HttpResponse:
        row = self._find(request, pk)
        form = ChangeForm(posted(request), initial={"version": row.version})
        return self._step(request, row, form, "Restore", approvals.ask_to_restore)

    def confirm(self, request: DeskRequest, pk: int) -> HttpResponse:
        """The second pair of eyes: what somebody else asked for comes into force."""
        return self._answer(
            request, pk, approvals.restore_approved_role, "Done. Everybody concerned is told."
        )

    def decline(self, request: DeskRequest, pk: int) -> HttpResponse:
        return self._answer(request, pk, approvals.decline_to_restore, "It stays as it is.")

    def _answer(
        self, request: DeskRequest, pk: int, transition: Callable[..., ApprovedRole], done: str
    ) -> HttpResponse:
        row = self._find(request, pk)
        form = VersionForm(request.POST)
        seen = form.cleaned_data["version"] if form.is_valid() else 0
        try:
            transition(approved_role=row, version=seen, by=request.user)
        except Conflict as error:
            fresh = self._find(request, pk)
            return self._page(request, fresh, alert=error.message, status=error.status)
        messages.success(request, done)
        return redirect(_url(row))

    def _step(
        self,
        request: DeskRequest,
        row: ApprovedRole,
        form: Form,
        verb: str,
        transition: Callable[..., ApprovedRole],
    ) -> HttpResponse:
        """Ask with the dry run, then act; who comes second reads who was faster (C8)."""
        context: dict[str, Any] = {"form": form}
        blocked = _blocked(request, row)
        if verb != "Restore" and not blocked and not is_lead(request.user):
            blocked = "Only lead reviewers can do this."
        # Who loses what depends on the level, which has to be chosen first (X5).
        first = verb == "Lower" and not is_confirmed(request)
        try:
            if REVISE not in request.POST and form.is_valid():
                act = partial(transition, approved_role=row, by=request.user, **form.cleaned_data)
                if apply(form, partial(rehearse, act) if first else act):
                    if not first:
                        messages.success(request, DONE[verb])
                        return redirect(_url(row))
                    left = form.cleaned_data["level"]
                    context = {
                        "form": None,
                        "carried": carried(request),
                        "impact": losses(row, left),
                    }
                elif status_of(form) == HTTPStatus.CONFLICT:
                    # Sent again, it is meant for what stands now.
                    row = self._find(request, row.pk)
                    form.data = request.POST.copy()
                    form.data["version"] = str(row.version)
        except Conflict as error:
            fresh = self._find(request, row.pk)
            return self._page(request, fresh, alert=error.message, status=error.status)
        if verb == "Revoke":
            context["impact"] = losses(row, Level.NONE)
        return self.desk_page(
            request,
            "step",
            f"{verb} {row.role}: {row.provider.name}",
            status=status_of(form),
            approved_role=row,
            back_url=_url(row),
            verb=verb,
            blocked=blocked,
            tone="primary" if verb == "Restore" else "danger",
            consequences=[CONFIRMED, *impact(row)] if verb == "Restore" else impact(row),
            **context,
        )


def _roles_called(text: str) -> list[int]:
    """Ids of the catalogue's roles whose name or code `text` stands in."""
    key = search_key(text)
    rows = Role.objects.values_list("pk", "name", "code")
    return [pk for pk, *names in rows if key and any(key in search_key(name) for name in names)]


def _url(row: ApprovedRole) -> str:
    return reverse("admin:roles_approvedrole_change", args=[row.pk])


def _blocked(request: DeskRequest, row: ApprovedRole) -> str:
    return why_not_decide(
        request.user, provider_id=row.provider_id, category_id=row.role.category_id
    )


def _asked(row: ApprovedRole) -> str:
    who, when = row.restore_asked_by or "Somebody", minute(row.restore_asked_at)
    return f"{who} asked on {when} for this approval to be restored: {row.restore_reason}"


def _facts(row: ApprovedRole) -> list[tuple[str, str]]:
    facts = [
        ("Solution provider", f"{row.provider.name} ({row.provider.handle})"),
        ("Highest level now", Level(row.level).word),
        ("Approved", day(row.approved_at)),
        ("Until", ending(row.expires_at)),
        ("Ended", day(row.ended_at)),
        ("Last changed", day(row.changed_at)),
        ("By", str(row.changed_by or "")),
        ("Reason", row.reason),
    ]
    return [(term, value) for term, value in facts if value]


def impact(row: ApprovedRole) -> list[str]:
    """Who loses what, before it happens; the app that knows the sellers counts them."""
    names, count = hooks.sellers_relying_on(row.provider_id, row.role_id)
    if not count:
        return ["No seller has granted this role to the provider now."]
    more = f" and {count - len(names)} more" if count > len(names) else ""
    noun = "seller has" if count == 1 else "sellers have"
    return [
        f"{count} {noun} granted this role: {', '.join(names)}{more}.",
        "Each of them, and the provider, gets an e-mail.",
    ]


def losses(row: ApprovedRole, level: Level) -> dict[str, Any]:
    """Which people of the provider lose what for whom, as components/losses.html takes it."""
    rows, more = hooks.people_relying_on(row.provider_id, row.role_id, level)
    return {"losses": rows, "more": "many" if more else "", "work": []}
