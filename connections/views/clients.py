"""The provider's clients: the list, one client, giving roles back (U13, U30)."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.invitations.listing import listing
from accounts.models import Organization
from accounts.tenancy import verified_addresses
from connections.forms.connections import GrantForm
from connections.invitation_kinds import CONNECTION
from connections.models import Connection, PartnerLink, RoleGrant
from connections.reads import clients
from connections.reads.connections import connection_row, connection_state, link_state
from connections.reads.grants import returnable
from connections.transitions import grants
from connections.views import confirmations
from connections.views.lookups import connection_for
from connections.views.seller import connection_context
from core import clock
from core.db import matching
from core.web.access import ADMINISTRATOR, ANY_MEMBER, PortalRequest, require
from core.web.formats import ending
from core.web.forms import posted
from core.web.pagination import paginate

SEARCH = 80


@require_safe
@require(ANY_MEMBER)
def client_list(request: PortalRequest) -> HttpResponse:
    """Administrators see every connection, employees the clients they can enter."""
    if request.access.administrator:
        return _all_clients(request)
    search = _search(request)
    page = clients.clients_of(request.user, request.organization, request, search=search)
    paused = clients.paused_clients(request.user, request.organization)
    context = {
        "page": page,
        "search": search,
        "paused": [(row.seller.name, connection_state(row)[1], row.reason) for row in paused],
    }
    return render(request, "connections/provider/my_clients.html", context)


def _search(request: PortalRequest) -> str:
    return request.GET.get("client", "").strip()[:SEARCH]


def _all_clients(request: PortalRequest) -> HttpResponse:
    provider, search = request.organization, _search(request)
    ended = request.GET.get("show") == "ended"
    rows = Connection.objects.for_provider(provider).with_list_data().with_role_count()
    now = clock.now()
    rows = rows.with_asked(now)
    rows = rows.over(now) if ended else rows.live(now)
    page = paginate(matching(rows, search, "seller"), request, order=("-started_at", "-id"))
    enter = clients.may_enter(request.user, provider, [row.seller_id for row in page])
    context = {
        "page": page,
        "rows": [_row(row, provider, enter) for row in page],
        "search": search,
        "ended": ended,
        "kept": [("show", "ended")] if ended else [],
        "tabs": tabs(provider.handle, "ended" if ended else "live"),
    }
    return render(request, "connections/provider/clients.html", context)


def tabs(handle: str, current: str) -> list[dict[str, Any]]:
    views = (
        ("live", "Clients", "clients", ""),
        ("invitations", "Requests and invitations", "client-invitations", ""),
        ("assignments", "Assignments", "assignments", ""),
        ("ended", "Ended", "clients", "?show=ended"),
        ("unused", "Unused rights", "clients-unused", ""),
    )
    return [
        {
            "label": label,
            "url": reverse(f"provider:{name}", args=[handle]) + query,
            "current": key == current,
            "count": "",
        }
        for key, label, name, query in views
    ]


def _row(connection: Connection, provider: Organization, enter: set[int]) -> dict[str, Any]:
    seller = connection.seller
    home = reverse("seller:home", args=[seller.handle]) if seller.pk in enter else ""
    return connection_row(connection, provider) | {"enter_url": home}


@require_safe
@require(ADMINISTRATOR)
def client_invitations(request: PortalRequest) -> HttpResponse:
    return invitations_page(request)


def invitations_page(request: PortalRequest, *, status: int = 200, **sent: str) -> HttpResponse:
    provider = request.organization
    handle = provider.handle
    home = reverse("provider:client-invitations", args=[handle])
    links = PartnerLink.objects.for_provider(provider, verified_addresses(request.user))
    waiting = links.open(clock.now()).with_list_data().order_by("expires_at", "id")[:50]
    context = {
        "waiting": [_link_row(link, handle) for link in waiting],
        "sent": listing(CONNECTION, provider, request, home=home, **sent),
        "tabs": tabs(handle, "invitations"),
    }
    return render(request, "connections/provider/client_invitations.html", context, status=status)


def _link_row(link: PartnerLink, handle: str) -> dict[str, Any]:
    state, label = link_state(link)
    return {
        "name": link.seller.name,
        "by": link.issued_by.name if link.issued_by else "",
        "until": ending(link.expires_at),
        "state": state,
        "label": label,
        "url": reverse("provider:partner-link", args=[handle, link.public_id]),
    }


@require_safe
@require(ADMINISTRATOR)
def client(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    args = [request.organization.handle, row.public_id]
    enter = clients.may_enter(request.user, request.organization, [row.seller_id])
    context = connection_context(request, row) | {
        "enter_url": reverse("seller:home", args=[row.seller.handle]) if enter else "",
        "assign_url": reverse("provider:client-assignments", args=args),
        "back": reverse("provider:clients", args=args[:1]),
    }
    return render(request, "connections/provider/client.html", context)


@require(ADMINISTRATOR)
def client_roles(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    row = connection_for(request, public_id)
    held = RoleGrant.objects.in_force(clock.now()).filter(connection=row).with_list_data()
    offers = returnable(held.order_by("role__position"))
    form = GrantForm(offers, posted(request))
    return confirmations.edit_grants(
        request,
        row,
        form,
        lambda: grants.give_back(
            connection=row,
            by=request.user,
            levels=form.levels(),
            version=confirmations.version_of(row, form),
        ),
        said=f"Saved. {row.seller.name} has been told.",
        done=reverse("provider:client", args=[request.organization.handle, public_id]),
        template="connections/provider/client_roles.html",
    )
