"""Organizations on the desk: to look up, to suspend, to close."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.forms.organizations import SupervisionForm
from accounts.models import Membership, Organization
from accounts.names import code_points
from accounts.reads.searches import organizations_called
from accounts.registration import registration_note
from accounts.reviewers import SUPERVISE, may, stake_in_organization
from accounts.states import ORGANIZATION, OrganizationKind, OrganizationStatus
from accounts.transitions.organizations import (
    close_organization,
    resume_organization,
    suspend_organization,
)
from core.audit import presenters
from core.audit.models import Event
from core.web.desk_pages import SHOWN, ChoiceFilter, DeskAdmin
from core.web.formats import minute, short_day
from core.web.forms import apply, posted, status_of


@dataclass(frozen=True)
class Act:
    name: str
    target: str
    label: str
    done: str
    text: str
    consequences: tuple[str, ...]
    needs_reason: bool = True


ACTS = (
    Act(
        "suspend",
        OrganizationStatus.SUSPENDED,
        "Suspend the account",
        "is suspended now",
        "A suspension can be lifted.",
        (
            "Its people can look at their pages, but change nothing.",
            "Nobody acts from this account or for it.",
            "Its administrators get a mail with your reason.",
        ),
    ),
    Act(
        "resume",
        OrganizationStatus.ACTIVE,
        "Lift the suspension",
        "is active again",
        "Everything works again as before.",
        ("Its administrators get a mail.",),
        needs_reason=False,
    ),
    Act(
        "close",
        OrganizationStatus.CLOSED,
        "Close the account",
        "is closed now",
        "This cannot be undone.",
        (
            "What rests on the account ends: connections, grants, invitations and shares.",
            "The business may open a new account.",
            "Its administrators get a mail with your reason.",
        ),
    ),
)
CLOSE = ACTS[-1]


class KindFilter(ChoiceFilter):
    title = "kind"
    parameter_name = "kind"
    options = OrganizationKind.choices


class StatusFilter(ChoiceFilter):
    title = "state"
    parameter_name = "status"
    options = OrganizationStatus.choices


class OrganizationAdmin(DeskAdmin):
    list_display = ("name", "handle", "kind", "land", "state", "opened")
    list_filter = (KindFilter, StatusFilter)
    ordering: ClassVar = ("-id",)
    search_fields = ("handle", "name")
    search_help_text = "Name, look-alikes too, handle, registration number, person or address"

    @admin.display(description="Country")
    def land(self, organization: Organization) -> str:
        return str(organization.country)

    @admin.display(description="Opened")
    def opened(self, organization: Organization) -> str:
        return short_day(organization.created_at)

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pk__in=organizations_called(term))

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        acts = [(f"<int:pk>/{act.name}/", partial(self.act, act=act), act.name) for act in ACTS]
        return [("<int:pk>/change/", self.page, "change"), *acts]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        organization = self.find(request, pk)
        stake = stake_in_organization(request.user, organization)
        may_act = may(request.user, SUPERVISE) and not stake
        acts = [act for act in ACTS if ORGANIZATION.allows(organization.status, act.target)]
        if organization.status == OrganizationStatus.DRAFT:
            acts = [CLOSE]
        return self.desk_page(
            request,
            "detail",
            organization.name,
            organization=organization,
            blocked=stake,
            acts=[(act.label, _url(act, pk)) for act in acts if may_act],
            **_about(organization),
        )

    def act(self, request: HttpRequest, pk: int, *, act: Act) -> HttpResponse:
        organization = self.find(request, pk)
        if not may(request.user, SUPERVISE):
            raise PermissionDenied
        form = SupervisionForm(posted(request))
        if not act.needs_reason:
            form.fields.clear()
        if form.is_valid() and apply(form, lambda: _perform(request, organization, act, form)):
            messages.success(request, f"{organization.name} {act.done}.")
            return redirect("admin:accounts_organization_change", pk)
        return self.desk_page(
            request,
            "act",
            f"{act.label}?",
            status=status_of(form),
            organization=organization,
            act=act,
            form=form,
            cancel_url=reverse("admin:accounts_organization_change", args=[pk]),
        )


def _url(act: Act, pk: int) -> str:
    return reverse(f"admin:accounts_organization_{act.name}", args=[pk])


def _perform(request: HttpRequest, organization: Any, act: Act, form: SupervisionForm) -> Any:
    values: dict[str, Any] = {"by": request.user, "organization": organization, **form.cleaned_data}
    if act.name == "suspend":
        return suspend_organization(**values)
    if act.name == "close":
        return close_organization(**values)
    return resume_organization(**values)


def _about(organization: Organization) -> dict[str, Any]:
    others = Organization.objects.exclude(pk=organization.pk)
    same_business = others.none()
    if organization.business_key:
        same_business = others.filter(business_key=organization.business_key)
    members = Membership.objects.for_organization(organization).select_related("user")
    events = Event.objects.filter(organization_id=organization.pk).order_by("-at", "-id")
    letters = code_points(organization.name)
    return {
        "letters": letters,
        "number_note": organization.registration_number
        and registration_note(str(organization.country), organization.registration_number),
        "unusual": any(point.unusual for point in letters),
        "look_alikes": list(
            others.filter(name_skeleton=organization.name_skeleton).order_by("id")[:SHOWN]
        ),
        "same_business": list(same_business.order_by("id")[:SHOWN]),
        "members": list(members.order_by("role", "id")[:SHOWN]),
        "events": [
            event | {"when": minute(event["when"]), "tone": "quiet"}
            for event in presenters.timeline(events[:SHOWN])
        ],
    }
