"""The page of an approved role on the review desk: lower, revoke, restore, each with a reason."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core import clock, hooks
from core.db import rehearse
from core.errors import Conflict
from core.web.access import Level
from core.web.desk import DeskRequest
from core.web.formats import day
from core.web.forms import REVISE, apply, carried, is_confirmed, posted, status_of
from roles.admin.pages import history_of
from roles.forms import ChangeForm, LowerForm
from roles.models import ApprovedRole
from roles.permissions import why_not_decide
from roles.reads import applications
from roles.states import ApprovedRoleStatus
from roles.transitions import approvals


def urls(admin: Any) -> list[tuple[str, Any, str]]:
    """Path, view and name of the approved role's page and its steps, for DeskAdmin."""
    steps: dict[str, Callable[..., HttpResponse]] = {
        "lower": lower,
        "revoke": revoke,
        "restore": restore,
    }
    both = require_http_methods(["GET", "HEAD", "POST"])
    return [
        ("<int:pk>/change/", require_safe(partial(page, admin)), "change"),
        *((f"<int:pk>/{name}/", both(partial(view, admin)), name) for name, view in steps.items()),
    ]


def _approved_role(admin: Any, request: DeskRequest, pk: int) -> ApprovedRole:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    rows = ApprovedRole.objects.select_related("provider", "role__category", "line", "changed_by")
    found: ApprovedRole = get_object_or_404(rows, pk=pk)
    return found


def page(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """What is approved, why, and what can be done about it."""
    return _page(admin, request, _approved_role(admin, request, pk))


def _page(
    admin: Any, request: DeskRequest, row: ApprovedRole, *, alert: str = "", status: int = 200
) -> HttpResponse:
    blocked = _blocked(request, row)
    in_force = row.status == ApprovedRoleStatus.ACTIVE and row.expires_at > clock.now()
    state, label = applications.approval_state(row)
    context = {
        **_frame(admin, request, row),
        "title": f"{row.role}: {row.provider.name}",
        "alert": alert,
        "blocked": blocked,
        "state": state,
        "label": label,
        "facts": _facts(row),
        "can_lower": in_force and row.level > Level.VIEW and not blocked,
        "can_revoke": in_force and not blocked,
        "can_restore": approvals.restorable_level(row) is not None and not blocked,
        "history": history_of(row),
    }
    return render(request, "admin/roles/approvedrole/page.html", context, status=status)


def _frame(admin: Any, request: DeskRequest, row: ApprovedRole) -> dict[str, Any]:
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "approved_role": row,
        "back_url": _url(row),
    }


def _url(row: ApprovedRole) -> str:
    return reverse("admin:roles_approvedrole_change", args=[row.pk])


def _blocked(request: DeskRequest, row: ApprovedRole) -> str:
    return why_not_decide(
        request.user, provider_id=row.provider_id, category_id=row.role.category_id
    )


def _facts(row: ApprovedRole) -> list[tuple[str, str]]:
    facts = [
        ("Solution provider", f"{row.provider.name} ({row.provider.handle})"),
        ("Highest level now", Level(row.level).word),
        ("Approved", day(row.approved_at)),
        ("Until", day(row.expires_at)),
        ("Ended", day(row.ended_at)),
        ("Last changed", day(row.changed_at)),
        ("By", str(row.changed_by or "")),
        ("Reason", row.reason),
    ]
    return [(term, value) for term, value in facts if value]


def impact(row: ApprovedRole) -> list[str]:
    """Who loses what, before it happens (X5); the app that knows the sellers counts them."""
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
    """Which people of the provider lose what for whom, as components/losses.html takes it (X5)."""
    rows, more = hooks.people_relying_on(row.provider_id, row.role_id, level)
    return {"losses": rows, "more": "many" if more else "", "work": []}


def lower(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """Lower the level."""
    row = _approved_role(admin, request, pk)
    form = LowerForm(
        posted(request),
        initial={"version": row.version},
        approved_role=row,
    )
    return _step(
        admin,
        request,
        row,
        form,
        "Lower",
        lambda data: approvals.lower_approved_role(
            approved_role=row,
            level=Level(data["level"]),
            reason=data["reason"],
            version=data["version"],
            by=request.user,
        ),
    )


def revoke(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """Take the approval away."""
    row = _approved_role(admin, request, pk)
    form = ChangeForm(posted(request), initial={"version": row.version})
    return _step(
        admin,
        request,
        row,
        form,
        "Revoke",
        lambda data: approvals.revoke_approved_role(
            approved_role=row, reason=data["reason"], version=data["version"], by=request.user
        ),
    )


def restore(admin: Any, request: DeskRequest, pk: int) -> HttpResponse:
    """Undo a revocation or a lowering."""
    row = _approved_role(admin, request, pk)
    form = ChangeForm(posted(request), initial={"version": row.version})
    return _step(
        admin,
        request,
        row,
        form,
        "Restore",
        lambda data: approvals.restore_approved_role(
            approved_role=row, reason=data["reason"], version=data["version"], by=request.user
        ),
    )


def _step(
    admin: Any,
    request: DeskRequest,
    row: ApprovedRole,
    form: Any,
    verb: str,
    action: Callable[[dict[str, Any]], ApprovedRole],
) -> HttpResponse:
    """Ask with the dry run, then act; who comes second reads who was faster (C8)."""
    context = {
        **_frame(admin, request, row),
        "title": f"{verb} {row.role}: {row.provider.name}",
        "verb": verb,
        "form": form,
        "blocked": _blocked(request, row),
        "tone": "primary" if verb == "Restore" else "danger",
    }
    # Who loses what depends on the level, which has to be chosen first (X5).
    first = verb == "Lower" and not is_confirmed(request)
    try:
        if REVISE not in request.POST and form.is_valid():
            act = partial(action, form.cleaned_data)
            if apply(form, partial(rehearse, act) if first else act):
                if not first:
                    messages.success(request, "Done. Everybody concerned is told.")
                    return redirect(_url(row))
                left = Level(form.cleaned_data["level"])
                context |= {"form": None, "carried": carried(request), "impact": losses(row, left)}
    except Conflict as error:
        fresh = _approved_role(admin, request, row.pk)
        return _page(admin, request, fresh, alert=error.message, status=error.status)
    if verb == "Revoke":
        context["impact"] = losses(row, Level.NONE)
    context["consequences"] = impact(row)
    template = "admin/roles/approvedrole/step.html"
    return render(request, template, context, status=status_of(form))
