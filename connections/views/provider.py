"""The provider's side: answer a seller's link, look after invitations, see and end connections."""

import uuid
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.invitations import opening, pages
from accounts.invitations.listing import delivery_words
from accounts.invitations.views import Acts
from accounts.models import Membership
from accounts.portals import page
from accounts.states import OrganizationKind
from accounts.tenancy import is_identified
from connections.forms.connections import DeclineForm
from connections.invitation_kinds import CONNECTION
from connections.models import ConnectionInvitation, PartnerLink
from connections.reads.connections import invitation_state
from connections.states import PartnerLinkStatus
from connections.transitions import invitations, links
from connections.transitions.rules import AlreadyThere
from connections.views.clients import invitations_page
from connections.views.confirmations import confirm
from connections.views.lookups import invitation_for, link_for_us, timeline
from core import clock
from core.errors import DomainError
from core.outbox.services import latest_delivery
from core.web.access import ADMINISTRATOR, PortalRequest, require
from core.web.formats import country, ending, minute
from core.web.forms import posted
from roles.models import ApprovedRole


@require_safe
@require(ADMINISTRATOR)
def partner_link(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    link = link_for_us(request, public_id)
    if not link.is_open:
        return _over(request, link)
    provider, seller = request.organization, link.seller
    if link.status == PartnerLinkStatus.ISSUED and request.method == "GET":
        with suppress(DomainError):  # It ended, or its issuer left, while this page was on its way.
            links.note_opened(link=link, provider=provider, by=request.user)
    steps = _missing_steps(request)
    issuer = link.issued_by.name if link.issued_by else "Somebody who is no longer there"
    context = {
        "link": link,
        "facts": [
            ("Seller", f"{seller.name} ({seller.handle})"),
            ("Country", country(seller)),
            ("Asked by", issuer),
            ("Answer until", ending(link.expires_at)),
        ],
        "steps": steps,
        "ready": all(step["state"] == "done" for step in steps),
        "others": _other_accounts(request, link),
        "answer_url": reverse("provider:partner-link-answer", args=[provider.handle, public_id]),
        "decline_url": reverse("provider:partner-link-decline", args=[provider.handle, public_id]),
    }
    return render(request, "connections/provider/partner_link.html", context)


def _over(request: PortalRequest, link: PartnerLink) -> HttpResponse:
    invitation = ConnectionInvitation.objects.filter(partner_link=link).first()
    if invitation:
        handle = request.organization.handle
        return redirect("provider:client-invitation", handle, invitation.public_id)
    return pages.ended(request, opening.newest(link))


def _missing_steps(request: PortalRequest) -> list[dict[str, Any]]:
    provider = request.organization
    approved = ApprovedRole.objects.for_provider(provider).in_force(clock.now())
    identity, home = reverse("identity"), page(provider, "home")
    steps = (
        (
            "Your identity is verified",
            is_identified(request.user),
            "Verify your identity",
            identity,
        ),
        ("Your account is active", provider.is_active, "See what is missing", home),
        (
            "At least one role is approved for your account",
            approved.exists(),
            "Go to role applications",
            page(provider, "applications"),
        ),
    )
    return [
        {
            "title": title,
            "text": "",
            "who": "",
            "state": "done" if done else "current",
            "button": None if done else {"label": label, "url": url, "post": False},
        }
        for title, done, label, url in steps
    ]


def _other_accounts(request: PortalRequest, link: PartnerLink) -> list[dict[str, str]]:
    if link.provider_id:
        return []
    rows = Membership.objects.active().filter(
        user=request.user,
        role="administrator",
        organization__kind=OrganizationKind.PROVIDER,
        organization__status__in=["active", "draft"],
    )
    return [
        {
            "name": row.organization.name,
            "url": reverse("provider:partner-link", args=[row.organization.handle, link.public_id]),
        }
        for row in rows.exclude(organization=request.organization).select_related("organization")
    ]


@require_POST
@require(ADMINISTRATOR)
def partner_link_answer(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    link, provider = link_for_us(request, public_id), request.organization
    try:
        row = invitations.send(link=link, provider=provider, by=request.user)
    except AlreadyThere as error:
        messages.info(request, error.message)
        return redirect("provider:client", provider.handle, error.row.public_id)
    messages.success(request, f"{link.seller.name} has your invitation. They choose the roles.")
    response = redirect("provider:client-invitation", provider.handle, row.public_id)
    opening.forget(response)
    return response


@require(ADMINISTRATOR)
def partner_link_decline(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    link, provider = link_for_us(request, public_id), request.organization
    form = DeclineForm(posted(request))
    answer = confirm(
        request,
        form,
        lambda: links.decline(link=link, provider=provider, by=request.user, **form.cleaned_data),
        done=f"Declined. {link.seller.name} has been told.",
        to=reverse("provider:clients", args=[provider.handle]),
        title=f"Decline the request of {link.seller.name}?",
        text="They are told, with your reason. They can add your firm again.",
        submit="Decline",
        cancel_url=reverse("provider:partner-link", args=[provider.handle, public_id]),
    )
    if answer.status_code == HTTPStatus.FOUND:
        opening.forget(answer)
    return answer


@require_safe
@require(ADMINISTRATOR)
def client_invitation(request: PortalRequest, public_id: uuid.UUID) -> HttpResponse:
    return _invitation_page(request, invitation_for(request, public_id))


def _invitation_page(
    request: PortalRequest, invitation: ConnectionInvitation, *, address: str = ""
) -> HttpResponse:
    state, label = invitation_state(invitation)
    handle = request.organization.handle
    context = {
        "invitation": invitation,
        "state": state,
        "label": label,
        "facts": _invitation_facts(invitation),
        "address": address,
        "can_copy": invitation.is_open and invitation.invited_by_id == request.user.pk,
        "can_resend": state in ("pending", "expired", "undeliverable"),
        "can_withdraw": invitation.is_open,
        "delivery": delivery_words(
            latest_delivery([invitation.about]).get(invitation.about), state
        ),
        "urls": CONNECTION.urls(invitation),
        "back": reverse("provider:client-invitations", args=[handle]),
        "events": timeline(request, invitation, invitation.partner_link),
    }
    return render(request, "connections/provider/client_invitation.html", context)


def _invitation_facts(invitation: ConnectionInvitation) -> list[tuple[str, str]]:
    seller = invitation.seller
    by = invitation.invited_by.name if invitation.invited_by else "Somebody who left"
    facts = [
        ("Seller", f"{seller.name} ({seller.handle}), {country(seller)}"),
        ("Sent by", by),
        ("Sent on", minute(invitation.sent_at)),
        ("Expires", ending(invitation.expires_at)),
    ]
    if invitation.reason:
        facts.append(("Reason given", invitation.reason))
    return facts


class InvitationActs(Acts[ConnectionInvitation]):
    kind = CONNECTION

    def page(
        self, request: PortalRequest, row: ConnectionInvitation, *, status: int = 200, **shown: str
    ) -> HttpResponse:
        if self.on_own_page(request):
            return _invitation_page(request, row, address=shown["link"])
        return invitations_page(request, status=status, **shown)

    def refused(
        self, request: PortalRequest, row: ConnectionInvitation, error: DomainError
    ) -> HttpResponse:
        if isinstance(error, AlreadyThere):
            messages.info(request, error.message)
            return redirect("provider:client", request.organization.handle, error.row.public_id)
        return super().refused(request, row, error)
