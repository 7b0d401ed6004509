"""Pages that join the apps: the front page, the portals' homes, User Permissions."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.invitations.pages import pending_for
from accounts.models import Membership
from accounts.portals import page, portal_of
from accounts.views.sign_ups import waiting_address
from connections.reads.clients import SWITCHER, sellers_for
from connections.views.links import partner_context
from core.web.access import ADMINISTRATOR, ANY_MEMBER, Need, PortalRequest, require
from partnerhub.portals import checklists, deadlines, numbers
from partnerhub.portals.navigation import HISTORY
from roles.catalogue import role_names
from supplychain.permissions import VIEW_SHIPMENTS
from supplychain.views.connections import supplier_context

DELEGATE_HOME = Need(any_member=True, any_delegate=True)


def _accounts(user: Any) -> list[dict[str, str]]:
    rows = (
        Membership.objects.active()
        .filter(user=user)
        .exclude(organization__status="closed")
        .select_related("organization")
        .order_by("organization__kind", "organization__search_key")[:100]
    )
    return [
        {
            "name": row.organization.name,
            "portal": portal_of(row.organization).label,
            "role": row.get_role_display(),
            "status": row.organization.status,
            "url": page(row.organization, "home"),
        }
        for row in rows
    ]


@login_not_required
@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        waiting = {"waiting_address": waiting_address(request)}
        return render(request, "portals/front_page.html", waiting)
    accounts = _accounts(request.user)
    clients = sellers_for(request.user, search=request.GET.get("client", ""))
    pending = pending_for(request.user)
    elsewhere = clients or pending or "client" in request.GET
    if len(accounts) == 1 and not elsewhere and not request.user.is_staff:
        return redirect(accounts[0]["url"])
    context = {
        "accounts": accounts,
        "clients": clients,
        "more_clients": len(clients) == SWITCHER,
        "pending": pending,
        "client_search": request.GET.get("client", ""),
        "searched": "client" in request.GET,
    }
    return render(request, "portals/chooser.html", context)


@require_safe
@require(DELEGATE_HOME)
def seller_home(request: PortalRequest) -> HttpResponse:
    organization = request.access.organization
    if not request.access.member:
        if request.access.allows(VIEW_SHIPMENTS):
            return redirect("seller:shipments", organization.handle)
        opening = role_names()[VIEW_SHIPMENTS.role]
        return render(request, "portals/delegate_home.html", {"opening": opening})
    if not request.access.administrator:
        steps = checklists.member_steps(
            organization,
            shipments=request.access.allows(VIEW_SHIPMENTS),
            history=request.access.allows(HISTORY),
        )
        return _home(request, [(_("Your work"), steps)])
    lists = [
        (_("Let a solution provider help you"), checklists.seller_steps(organization)),
        (_("Ship with your suppliers"), checklists.seller_supply_steps(organization)),
    ]
    waiting = [
        *deadlines.for_seller(organization),
        *checklists.seller_answers(organization),
        *checklists.review_steps(organization),
    ]
    return _home(request, lists, waiting, numbers.of_seller(organization))


@require_safe
@require(ANY_MEMBER)
def provider_home(request: PortalRequest) -> HttpResponse:
    organization, user = request.access.organization, request.user
    own = deadlines.of_identity(user)
    if not request.access.administrator:
        steps = checklists.employee_steps(user, organization)
        return _home(request, [(_("Your way to your clients"), steps)], own)
    title = _("From registration to your first client")
    lists = [(title, checklists.provider_steps(user, organization))]
    waiting = [
        *deadlines.for_provider(organization),
        *own,
        *checklists.provider_answers(organization),
    ]
    return _home(request, lists, waiting, numbers.of_provider(organization))


@require_safe
@require(ANY_MEMBER)
def supply_home(request: PortalRequest) -> HttpResponse:
    organization, administrator = request.access.organization, request.access.administrator
    steps = checklists.supplier_steps(organization, administrator=administrator)
    waiting = deadlines.for_supplier(organization, administrator=administrator)
    lists = [(_("From connection to shipment"), steps)]
    return _home(request, lists, waiting, numbers.of_supplier(organization))


def _home(
    request: PortalRequest,
    lists: list[tuple[str, list[checklists.Step]]],
    waiting: Sequence[checklists.Step] = (),
    stats: Sequence[numbers.Number] = (),
) -> HttpResponse:
    """What ends, waits or failed first; a list that is finished goes."""
    unfinished = [(title, steps) for title, steps in lists if not checklists.is_finished(steps)]
    asked = [(_("What needs you"), waiting)] if waiting else []
    steps = [step for _title, steps in [*asked, *unfinished] for step in steps]
    told = {step.button["url"] for step in steps if step.button}
    # What a step leads to is not told a second time.
    pending = [one for one in pending_for(request.user) if one["url"] not in told]
    context = {
        "lists": [*asked, *unfinished],
        "pending": pending,
        "stats": stats,
        "quiet": not (asked or unfinished or pending),
    }
    return render(request, "portals/home.html", context)


@require_safe
@require(ADMINISTRATOR)
def user_permissions(request: PortalRequest) -> HttpResponse:
    context = partner_context(request) | supplier_context(request)
    return render(request, "portals/user_permissions.html", context)
