"""The seller's partner links: add, show, hand over, cancel, renew (S0.10, S0.11, U7-U10)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.invitations.listing import listing
from accounts.invitations.views import Acts
from connections.forms.connections import GrantForm, PartnerForm
from connections.invitation_kinds import PARTNER_LINK
from connections.models import PartnerLink
from connections.reads import grants
from connections.reads.connections import link_state, seller_overview
from connections.states import PartnerLinkStatus
from connections.transitions import links
from connections.transitions.rules import AlreadyThere
from connections.views.lookups import timeline, url_of
from core.errors import DomainError
from core.outbox.services import latest_delivery
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import country, ending, minute
from core.web.forms import apply, posted, status_of


@require(ADMINISTRATOR)
def partner_add(request: PortalRequest) -> HttpResponse:
    form = PartnerForm(posted(request))
    seller = request.organization
    try:
        if form.is_valid() and (link := apply(form, lambda: _issue(request, form))):
            messages.success(request, "The link is made. Hand it over, or have it sent.")
            return redirect("seller:partner-link", seller.handle, link.public_id)
    except AlreadyThere as error:
        messages.info(request, error.message)
        return HttpResponseRedirect(url_of(error.row, seller))
    context = {"form": form, "back": reverse("seller:permissions", args=[seller.handle])}
    return render(request, "connections/seller/partner_add.html", context, status=status_of(form))


def _issue(request: PortalRequest, form: PartnerForm) -> PartnerLink:
    target = form.cleaned_data["partner"]
    return links.issue(seller=request.organization, by=request.user, **target)


@require_safe
@require(ADMINISTRATOR)
def partner_links(request: PortalRequest) -> HttpResponse:
    return _list(request)


def _list(request: PortalRequest, *, status: int = 200, **links: str) -> HttpResponse:
    at = [request.organization.handle]
    home = reverse("seller:partner-links", args=at)
    context = {
        "links": listing(PARTNER_LINK, request.organization, request, home=home, **links),
        "back": reverse("seller:permissions", args=at),
    }
    return render(request, "connections/seller/partner_links.html", context, status=status)


@require_safe
@require(ADMINISTRATOR)
def partner_link(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    return _page(request, ACTS.find(request, public_id))


def _page(request: PortalRequest, link: PartnerLink, *, address: str = "") -> HttpResponse:
    state, label = link_state(link)
    handle = request.organization.handle
    names = ("copy", "send", "cancel", "renew", "roles")
    context = {
        "link": link,
        "state": state,
        "label": label,
        "facts": _facts(link),
        "is_open": link.is_open,
        "is_expired": state == PartnerLinkStatus.EXPIRED,
        "address": address,
        "delivery": _delivery(link),
        "urls": {
            name: reverse(f"seller:partner-link-{name}", args=[handle, link.public_id])
            for name in names
        },
        "next_url": _next_url(link, handle),
        "back": reverse("seller:permissions", args=[handle]),
        "events": timeline(request, link),
    }
    return render(request, "connections/seller/partner_link.html", context)


def _facts(link: PartnerLink) -> list[tuple[str, str]]:
    bound = f"The owner of {link.address}"
    if link.provider:
        bound = f"{link.provider.name} ({link.provider.handle}), {country(link.provider)}"
    issuer = link.issued_by.name if link.issued_by else "Somebody who is no longer here"
    facts = [
        ("For", bound),
        ("Made by", issuer),
        ("Made on", minute(link.issued_at)),
        ("Works until", ending(link.expires_at)),
    ]
    if link.mailed_at:
        facts.append(("Sent by us on", minute(link.mailed_at)))
    if link.reason:
        facts.append(("Reason given", link.reason))
    return facts


def _delivery(link: PartnerLink) -> str:
    if not (link.is_open and link.mailed_at):
        return ""
    delivery = latest_delivery([link.about]).get(link.about)
    return delivery.reason if delivery else ""


def _next_url(link: PartnerLink, handle: str) -> str:
    if link.status != PartnerLinkStatus.ANSWERED:
        return ""
    return reverse("seller:connection-accept", args=[handle, link.invitation.public_id])


class LinkActs(Acts[PartnerLink]):
    kind = PARTNER_LINK

    def page(
        self, request: PortalRequest, row: PartnerLink, *, status: int = 200, **shown: str
    ) -> HttpResponse:
        if self.on_own_page(request):
            return _page(request, row, address=shown["link"])
        return _list(request, status=status, **shown)

    def refused(self, request: PortalRequest, row: PartnerLink, error: DomainError) -> HttpResponse:
        if isinstance(error, AlreadyThere):
            messages.info(request, error.message)
            return HttpResponseRedirect(url_of(error.row, request.organization))
        return super().refused(request, row, error)


ACTS = LinkActs()


@require_POST
@require(ADMINISTRATOR)
def partner_link_send(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    link = ACTS.find(request, public_id)
    done = f"On its way to {PARTNER_LINK.recipient(link)[0]}."
    return ACTS.do(request, link, lambda: links.send(link=link, by=request.user), done)


@require_POST
@require(ADMINISTRATOR)
def partner_link_renew(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    link = ACTS.find(request, public_id)
    done = "Renewed. The old link stays dead: hand over the new one."
    return ACTS.do(request, link, lambda: links.renew(link=link, by=request.user), done)


@require_safe
@require(ADMINISTRATOR)
def partner_link_roles(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    """The grant page as a preview: what could be granted now, everything disabled (S0.19, X1)."""
    link = ACTS.find(request, public_id)
    offers = grants.offers(link.provider)
    context = {
        "link": link,
        "groups": GrantForm(offers).groups(),
        "open": sum(not offer.is_locked for offer in offers),
        "total": len(offers),
        "back": url_of(link, request.organization),
    }
    return render(request, "connections/seller/partner_link_roles.html", context)


def partner_context(request: PortalRequest) -> dict[str, Any]:
    """Everything that connections/seller/_authorized_partners.html and _open_invitations.html
    read, under `partnership`; five queries.
    """
    organization = request.access.organization
    home = reverse("seller:permissions", args=[organization.handle])
    links = listing(PARTNER_LINK, organization, request, home=home)
    return {"partnership": seller_overview(organization) | {"links": links}}
