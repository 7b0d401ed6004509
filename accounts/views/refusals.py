"""From whom one wants no invitations any more: see them, and hear from somebody again (I18)."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import portals
from accounts.invitations import refusals
from accounts.models import Organization, Refusal
from accounts.tenancy import verified_addresses
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.pagination import paginate


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    rows = Refusal.objects.filter(address__in=verified_addresses(request.user))
    return _show(request, rows, "refusal-lift")


@require_POST
def lift_own(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Refusal.objects.filter(address__in=verified_addresses(request.user))
    return _lift(request, rows, pk, reverse("refusals"))


@require_safe
@require(ADMINISTRATOR)
def of_account(request: PortalRequest) -> HttpResponse:
    rows = Refusal.objects.filter(refuser=request.organization)
    lift = f"{portals.portal_of(request.organization).namespace}:refusal-lift"
    return _show(request, rows, lift, request.organization.handle)


@require_POST
@require(ADMINISTRATOR)
def lift_of_account(request: PortalRequest, pk: int) -> HttpResponse:
    rows = Refusal.objects.filter(refuser=request.organization)
    page = portals.page(request.organization, "refusals")
    return _lift(request, rows, pk, page, request.organization)


def _show(
    request: HttpRequest, rows: QuerySet[Refusal], lift: str, handle: str = ""
) -> HttpResponse:
    page = paginate(rows.select_related("organization"), request, order=("-id",))
    context = {"lift": lift, "args": handle, "page": page}
    return render(request, "accounts/refusals.html", context)


def _lift(
    request: HttpRequest,
    rows: QuerySet[Refusal],
    pk: int,
    page: str,
    organization: Organization | None = None,
) -> HttpResponse:
    refusal = get_object_or_404(rows.select_related("organization"), pk=pk)
    refusals.lift(refusal=refusal, by=request.user, organization=organization)
    messages.success(request, f"Invitations of {refusal.organization.name} reach you again.")
    return HttpResponseRedirect(page)
