"""Where the invited answers: look, accept, decline (S0.8, U4, U7)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions, portals
from accounts.forms.employees import DeclineForm
from accounts.invitation_kinds import EMPLOYEE
from accounts.invitations import opening, pages
from accounts.models import EmployeeInvitation, Membership
from accounts.tenancy import is_identified
from accounts.transitions import employees
from core.web.access import AuthenticatedRequest
from core.web.forms import status_of


@require_safe
def invitation(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    opened = opening.newest(EMPLOYEE.own(request.user, public_id))
    if opened.state != "open":
        return pages.ended(request, opened)
    return _page(request, opened.row, DeclineForm())


@require_POST
def accept(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    def act() -> HttpResponse:
        membership = employees.accept(by=request.user, public_id=public_id)
        firm = membership.organization.name
        messages.success(request, f"Welcome: you are a member of {firm} now.")
        return HttpResponseRedirect(_next_step(membership))

    return pages.answer(request, EMPLOYEE, public_id, act)


@require_POST
def decline(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, EMPLOYEE.own(request.user, public_id), form)

    def act() -> HttpResponse:
        row = employees.decline(by=request.user, public_id=public_id, **form.cleaned_data)
        messages.success(request, f"You have declined. {row.organization.name} is told.")
        return HttpResponseRedirect("/")

    return pages.answer(request, EMPLOYEE, public_id, act)


def _page(request: HttpRequest, row: EmployeeInvitation, form: DeclineForm) -> HttpResponse:
    inviter = row.invited_by
    facts: list[tuple[str, Any]] = [
        ("Invited by", f"{inviter.name}, {inviter.email}" if inviter else row.organization.name),
        ("Account", f"{row.organization.name} ({row.organization.get_kind_display()})"),
        ("Your role", row.get_role_display()),
    ]
    if rights := permissions.labels(row.organization.kind, row.rights):
        facts.append(("Your rights", ", ".join(rights)))
    context = {"invitation": row, "facts": facts, "form": form}
    return render(request, "accounts/employee_invitation.html", context, status=status_of(form))


def _next_step(membership: Membership) -> str:
    """A provider's people prove who they are first; everybody else starts at home."""
    needed = portals.portal_of(membership.organization).needs_identity
    if needed and not is_identified(membership.user):
        return reverse("identity")
    return portals.page(membership.organization, "home")
