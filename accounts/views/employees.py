"""Where the invited answers: look, accept, decline (S0.8, U4, U7)."""

import uuid
from collections.abc import Callable
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
from accounts.tenancy import is_identified, verified_addresses
from accounts.transitions import employees
from core.errors import Ended, NotRelated
from core.web.forms import status_of


@require_safe
def invitation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The invitation with all its details, for the owner of the invited address only (I1)."""
    row = _own(request, public_id)
    if pages.opened_row(EMPLOYEE, row).state != "open":
        return _ended(request, row)
    return _page(request, row, DeclineForm())


@require_POST
def accept(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Join the account, and go on to the next step."""
    row = _own(request, public_id)

    def act() -> HttpResponse:
        user: Any = request.user
        membership = employees.accept(by=user, public_id=public_id)
        messages.success(request, f"Welcome: you are a member of {row.organization.name} now.")
        return HttpResponseRedirect(_next_step(membership))

    return _answer(request, row, act)


@require_POST
def decline(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say no, with a reason, and for good if wished (I18)."""
    row = _own(request, public_id)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form)

    def act() -> HttpResponse:
        user: Any = request.user
        employees.decline(by=user, public_id=public_id, **form.cleaned_data)
        messages.success(request, f"You have declined. {row.organization.name} is told.")
        return HttpResponseRedirect("/")

    return _answer(request, row, act)


def _own(request: HttpRequest, public_id: uuid.UUID) -> EmployeeInvitation:
    rows = EmployeeInvitation.objects.with_list_data().to_addresses(
        verified_addresses(request.user)
    )
    row: EmployeeInvitation | None = rows.filter(public_id=public_id).first()
    if row is None:
        raise NotRelated
    return row


def _answer(
    request: HttpRequest, row: EmployeeInvitation, act: Callable[[], HttpResponse]
) -> HttpResponse:
    """What the answer leads to; the page for ended ones when it came too late (I4)."""
    try:
        response = act()
    except Ended:
        return _ended(request, _own(request, row.public_id))
    opening.forget(response)
    return response


def _ended(request: HttpRequest, row: EmployeeInvitation) -> HttpResponse:
    return pages.ended(request, pages.opened_row(EMPLOYEE, row))


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
