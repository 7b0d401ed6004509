"""An organization's people: list, invitations, role and rights, the end; one for all portals."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import portals
from accounts.forms.employees import InviteForm, MemberForm
from accounts.invitation_kinds import EMPLOYEE
from accounts.invitations.batches import overviews
from accounts.invitations.listing import OPEN, Choice, listing
from accounts.invitations.views import Acts
from accounts.models import EmployeeInvitation, Membership, Organization
from accounts.permissions import access_state
from accounts.reads.members import member_rows
from accounts.states import OPEN_INVITATION
from accounts.tenancy import rights_of
from accounts.transitions import employees, factor_resets, members
from core.errors import Conflict
from core.spellings import shown
from core.web.access import ADMINISTRATOR, ANY_MEMBER, PortalRequest, require
from core.web.forms import act, apply, posted, status_of

LONGEST_SEARCH = 100
LEAVING = [
    "Your access to this account ends at once, and with it everything assigned to you.",
    "Your own sign-in and your other accounts stay.",
    "To come back you need a new invitation.",
]
REMOVING = [
    "Their access to this account ends at once, in every open window.",
    "What was assigned to them is taken back and does not return with a new invitation.",
    "Invitations they sent can no longer be accepted.",
    "Their own sign-in and other accounts stay. They are told by mail.",
]
HANDING_OVER = [
    "They become an administrator and may do everything in this account.",
    "You become an employee: only an administrator can undo this.",
]


def people_context(
    request: PortalRequest, *, invitations: dict[str, str] | None = None, **extra: Any
) -> dict[str, Any]:
    """What the lists of people and invitations need; also for pages that embed them.

    The partials are accounts/_members.html and accounts/invitations/_list.html; `invitations` is
    what an act on the latter led to: problem, copied, link.
    """
    organization: Organization = request.organization
    page_url = portals.members_page(organization)
    text = request.GET.get("find", "").strip()[:LONGEST_SEARCH]
    return {
        "ns": portals.portal_of(organization).namespace,
        "page_url": page_url,
        "find": text,
        "members": member_rows(organization, request, text),
        "queued": overviews.queued(organization, EmployeeInvitation.purpose, request),
        "several_url": overviews.url(organization, "start", EmployeeInvitation.purpose),
        "invitations": listing(
            EMPLOYEE, organization, request, home=page_url, **(invitations or {})
        ),
        "shows_identity": portals.portal_of(organization).needs_identity,
        "problem": "",
        "existing_url": "",
    } | extra


@require(EMPLOYEE.need)
def people_page(request: PortalRequest) -> HttpResponse:
    organization = request.organization
    form = InviteForm(posted(request), organization=organization)
    if form.is_valid():
        send = partial(employees.invite, by=request.user, organization=organization)
        if invitation := apply(form, partial(send, **form.cleaned_data)):
            messages.success(request, f"Invitation sent to {shown(invitation.address)}.")
            return HttpResponseRedirect(portals.members_page(organization))
    context = people_context(request, form=form, existing_url=_existing(organization, form))
    return render(request, "accounts/people.html", context, status=status_of(form))


class EmployeeActs(Acts[EmployeeInvitation]):
    kind = EMPLOYEE

    def page(
        self, request: PortalRequest, row: EmployeeInvitation, *, status: int = 200, **shown: str
    ) -> HttpResponse:
        return _list(request, status=status, invitations=shown)


@require(ADMINISTRATOR)
def member(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _member(request, public_id)
    rights = sorted(rights_of(row.user, row.organization))
    start = {"role": row.role, "rights": rights, "seen": access_state(row.role, rights)}
    form = MemberForm(
        posted(request),
        organization=request.organization,
        initial=start,
    )
    if form.is_valid():
        values = {"rights": ()} | form.cleaned_data
        if values.pop("shown") is not None:
            values["seen"] = start["seen"]
        if apply(form, lambda: members.change_access(by=request.user, membership=row, **values)):
            messages.success(request, f"Saved what {row.user.name} may do.")
            return HttpResponseRedirect(portals.members_page(request.organization))
    lost = factor_resets.open_reset(row.user)
    context = _around(request, row, form=form, lost=lost)
    return render(request, "accounts/member.html", context, status=status_of(form))


@require_POST
@require(ADMINISTRATOR)
def suspend(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _member(request, public_id)
    done = f"{row.user.name} is suspended."
    return _on_list(request, lambda: members.suspend(by=request.user, membership=row), done)


@require_POST
@require(ADMINISTRATOR)
def resume(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _member(request, public_id)
    done = f"{row.user.name} is back."
    return _on_list(request, lambda: members.resume(by=request.user, membership=row), done)


@require_POST
@require(ADMINISTRATOR)
def vouch(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    """Whether a colleague who asks for a new second factor is who they say."""
    row = _member(request, public_id)
    reset = factor_resets.open_reset(row.user)
    if reset is None:
        raise Conflict(_("This is decided already."))
    known = request.POST.get("known") == "yes"
    done = _("Thank you: it is stopped.")
    if known:
        done = _("Thank you: we know that it is %(name)s.") % {"name": row.user.name}
    return _on_list(
        request,
        lambda: factor_resets.vouch(
            by=request.user, reset=reset, organization=request.organization, known=known
        ),
        done,
    )


@require(ADMINISTRATOR)
def remove(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _member(request, public_id)
    if request.method != "POST":
        context = _around(request, row, consequences=REMOVING)
        return render(request, "accounts/member_remove.html", context)
    done = f"{row.user.name} is no longer a member."
    return _on_list(request, lambda: members.remove(by=request.user, membership=row), done)


@require(ADMINISTRATOR)
def hand_over(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _member(request, public_id)
    if request.method != "POST":
        context = _around(request, row, consequences=HANDING_OVER)
        return render(request, "accounts/member_hand_over.html", context)
    return act(
        request,
        lambda: members.hand_over(by=request.user, membership=row),
        done=f"{row.user.name} administers the account now; you are an employee.",
        to=portals.page(request.organization, "home"),
        refused=partial(_list, request),
    )


@require(ANY_MEMBER)
def leave(request: PortalRequest) -> HttpResponse:
    organization = request.organization
    if request.method != "POST":
        return _leave_page(request)
    return act(
        request,
        lambda: members.leave(by=request.user, organization=organization),
        done=f"You have left {organization.name}.",
        to="/",
        refused=partial(_leave_page, request),
    )


def _leave_page(request: PortalRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    organization = request.organization
    context = {
        "problem": problem,
        "home": portals.page(organization, "home"),
        "action": portals.page(organization, "leave"),
        "consequences": LEAVING,
    }
    return render(request, "accounts/leave.html", context, status=status)


def _member(request: PortalRequest, public_id: uuid.UUID) -> Membership:
    rows = Membership.objects.for_organization(request.organization)
    return get_object_or_404(rows.select_related("user", "organization"), public_id=public_id)


def _on_list(request: PortalRequest, action: Callable[[], Any], done: str) -> HttpResponse:
    page = portals.members_page(request.organization)
    return act(request, action, done=done, to=page, refused=partial(_list, request))


def _list(request: PortalRequest, *, status: int = 200, **extra: Any) -> HttpResponse:
    form = InviteForm(organization=request.organization)
    context = people_context(request, form=form, **extra)
    return render(request, "accounts/people.html", context, status=status)


def _around(request: PortalRequest, row: Membership, **extra: Any) -> dict[str, Any]:
    organization = request.organization
    return {
        "ns": portals.portal_of(organization).namespace,
        "list_url": portals.members_page(organization),
        "list_title": portals.portal_of(organization).people.capitalize(),
        "member": row,
        "is_self": row.user_id == request.user.pk,
    } | extra


def _existing(organization: Organization, form: InviteForm) -> str:
    """Where the open invitation stands that is in the way of this one; "" without one."""
    address = str(form.data.get("address", "")).strip().lower()
    if "address" not in form.errors or "\0" in address:
        return ""
    rows = EmployeeInvitation.objects.for_organization(organization).to_addresses([address])
    if not rows.filter(status__in=OPEN_INVITATION).exists():
        return ""
    query = Choice(EMPLOYEE.purpose, OPEN, address).query()
    return f"{portals.members_page(organization)}{query}#{EMPLOYEE.purpose}-list"
