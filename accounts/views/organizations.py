"""Opening an account: which kind, the form, and the page of a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_countries import countries

from accounts.forms.organizations import ProviderForm, SellerForm, SupplierForm, hint
from accounts.invitations import opening
from accounts.models import IdentityCheck, Organization
from accounts.portals import page
from accounts.states import IdentityStatus, OrganizationKind, OrganizationStatus
from accounts.tenancy import administered
from accounts.transitions.join_requests import ask_to_join
from accounts.transitions.organizations import (
    AlreadyRegistered,
    activate_organization,
    close_draft,
    register_organization,
)
from core.web.forms import apply, posted, status_of


@dataclass(frozen=True)
class Door:
    kind: OrganizationKind
    form: type[forms.Form]
    icon: str
    text: str
    needs: str

    @property
    def title(self) -> str:
        return self.kind.label

    @property
    def url_name(self) -> str:
        return f"{self.kind}-register"


PROVIDER = Door(
    OrganizationKind.PROVIDER,
    ProviderForm,
    "certificate",
    "You work in the accounts of sellers: their listings, advertising, shipments or reports. "
    "Sellers grant you roles, each at most as far as it was approved for you.",
    "The registration number of your business, and your own identity check.",
)
SELLER = Door(
    OrganizationKind.SELLER,
    SellerForm,
    "building-store",
    "You sell, and let firms work for you without handing out a password. You choose role by "
    "role, and share shipments with your suppliers.",
    "The name of your business. The account works at once.",
)
SUPPLIER = Door(
    OrganizationKind.SUPPLIER,
    SupplierForm,
    "truck-delivery",
    "You make, store or forward goods and ship them straight to the centres for your sellers. "
    "A seller account is not needed.",
    "The name of your business. The account works at once.",
)
DOORS = (PROVIDER, SELLER, SUPPLIER)


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/start.html", {"doors": DOORS})


def register(request: HttpRequest, door: Door) -> HttpResponse:
    form = door.form(posted(request))
    if form.is_valid():
        try:
            organization = apply(
                form,
                lambda: register_organization(
                    by=request.user,  # type: ignore[arg-type]
                    kind=door.kind,
                    **form.cleaned_data,
                ),
            )
        except AlreadyRegistered:
            return _already_registered(request, form.cleaned_data)
        if organization:
            return _go_on(request, organization)
    context = {"form": form, "door": door}
    return render(request, "accounts/register.html", context, status=status_of(form))


def _go_on(request: HttpRequest, organization: Organization) -> HttpResponse:
    if organization.is_active:
        messages.success(request, f"The account {organization.name} is active.")
        opened = opening.from_cookie(request)
        answer = opened is not None and opened.is_open
        return redirect("invitation-current" if answer else page(organization, "home"))
    return redirect("provider-draft", organization.public_id)


def _already_registered(
    request: HttpRequest, data: Mapping[str, Any], draft: Organization | None = None
) -> HttpResponse:
    """Your company already has an account, and what to do about it (S0.16); names nobody."""
    asked = [(name, data[name]) for name in ("country", "registration_number")]
    context = {"draft": draft, "asked": asked}
    return render(request, "accounts/already_registered.html", context, status=HTTPStatus.CONFLICT)


@require_POST
def provider_ask(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether there is such an account or not (X18)."""
    person: Any = request.user
    ask_to_join(
        by=person,
        country=request.POST.get("country", "")[:2],
        registration_number=request.POST.get("registration_number", "")[:60],
    )
    messages.success(request, "Passed on. When an administrator invites you, you get a mail.")
    return redirect("start")


@require_safe
def registration_hint(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        hint(request.GET.get("country", "")), content_type="text/plain; charset=utf-8"
    )


def _own(request: HttpRequest, public_id: UUID) -> Organization:
    return get_object_or_404(
        Organization.objects.filter(
            kind=OrganizationKind.PROVIDER, pk__in=administered(request.user)
        ),
        public_id=public_id,
    )


@require_safe
def provider_draft(request: HttpRequest, public_id: UUID) -> HttpResponse:
    organization = _own(request, public_id)
    if organization.status != OrganizationStatus.DRAFT:
        return redirect(page(organization, "home"))
    taken = Organization.objects.of_business(organization.business_key).exists()
    check = IdentityCheck.objects.latest_of(request.user)
    context = {
        "draft": organization,
        "taken": taken,
        "asked": list(_number_of(organization).items()),
        "steps": _steps(organization, check, taken=taken),
    }
    return render(request, "accounts/draft.html", context)


def _number_of(organization: Organization) -> dict[str, str]:
    country, number = str(organization.country), organization.registration_number
    return {"country": country, "registration_number": number}


def _steps(organization: Organization, check: IdentityCheck | None, *, taken: bool) -> list[Any]:
    status = check.status if check else ""
    identity: dict[str, Any] = {"title": "Verify your identity", "who": "You", "state": "current"}
    identity["button"] = {"label": "Verify identity", "url": reverse("identity"), "post": False}
    if status == IdentityStatus.VERIFIED:
        identity |= {"state": "done", "button": None}
    elif status == IdentityStatus.SUBMITTED:
        identity |= {"state": "waiting", "who": "Reviewer"}
        identity["button"] |= {"label": "See its state"}
    active: dict[str, Any] = {
        "title": "The account becomes active",
        "text": "By itself, as soon as your identity is verified. Then you apply for roles.",
        "who": "",
        "state": "todo",
        "button": None,
    }
    if identity["state"] == "done" and not taken:
        url = reverse("provider-draft-activate", args=[organization.public_id])
        active |= {"state": "current", "text": "Nothing stands in its way any more."}
        active["button"] = {"label": "Activate it now", "url": url, "post": True}
    country = countries.name(organization.country)
    details = f"{country}, {organization.registration_number}"
    return [
        {"title": "Name the business", "text": details, "who": "You", "state": "done", "button": 0},
        {"text": "A reviewer looks at your ID and a proof of address.", **identity},
        active,
    ]


@require_POST
def provider_draft_activate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    organization = _own(request, public_id)
    try:
        organization = activate_organization(by=request.user, organization=organization)  # type: ignore[arg-type]
    except AlreadyRegistered:
        return _already_registered(request, _number_of(organization), organization)
    return _go_on(request, organization)


def provider_draft_close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    organization = _own(request, public_id)
    if request.method == "POST":
        close_draft(by=request.user, organization=organization)  # type: ignore[arg-type]
        messages.success(request, f"The draft {organization.name} is closed.")
        return redirect("start")
    return render(request, "accounts/draft_close.html", {"draft": organization})
