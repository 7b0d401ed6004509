"""From whom one wants no invitations any more: see them, and hear from somebody again (I18)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import portals
from accounts.invitations import refusals
from accounts.models import Refusal
from accounts.tenancy import verified_addresses
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.pagination import paginate


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    rows = Refusal.objects.filter(address__in=verified_addresses(request.user))
    context = {
        "lift": "refusal-lift",
        "args": "",
        "page": _page(request, rows),
    }
    return render(request, "accounts/refusals.html", context)


@require_POST
def lift_own(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Refusal.objects.filter(address__in=verified_addresses(request.user))
    refusal = get_object_or_404(rows.select_related("organization"), pk=pk)
    refusals.lift(refusal=refusal, by=request.user)
    return _lifted(request, refusal, reverse("refusals"))


@require_safe
@require(ADMINISTRATOR)
def of_account(request: PortalRequest) -> HttpResponse:
    rows = Refusal.objects.filter(refuser=request.organization)
    context = {
        "lift": f"{portals.portal_of(request.organization).namespace}:refusal-lift",
        "args": request.organization.handle,
        "page": _page(request, rows),
    }
    return render(request, "accounts/refusals.html", context)


@require_POST
@require(ADMINISTRATOR)
def lift_of_account(request: PortalRequest, pk: int) -> HttpResponse:
    rows = Refusal.objects.filter(refuser=request.organization)
    refusal = get_object_or_404(rows.select_related("organization"), pk=pk)
    refusals.lift(refusal=refusal, by=request.user, organization=request.organization)
    return _lifted(request, refusal, portals.page(request.organization, "refusals"))


def _page(request: HttpRequest, rows: object) -> object:
    return paginate(rows.select_related("organization"), request, order=("-id",))  # type: ignore[attr-defined]


def _lifted(request: HttpRequest, refusal: Refusal, page: str) -> HttpResponse:
    messages.success(request, f"Invitations of {refusal.organization.name} reach you again.")
    return HttpResponseRedirect(page)
