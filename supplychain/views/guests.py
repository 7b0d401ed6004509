"""The guest's way in: link, mailed code, the one shipment; later an account (X13).

Everything behind the code is the supplier's own pages of one share. What this browser proved stands
in its session; whether it still counts is asked on every request.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import portals
from accounts.addresses import masked
from accounts.invitations import opening, pages
from accounts.invitations.opening import Opened
from accounts.states import OrganizationKind
from accounts.tenancy import answering_accounts
from core.errors import Ended, LimitReached, NotRelated
from core.web.access import Access, AuthenticatedRequest
from core.web.forms import apply, posted, refusal_text, status_of
from supplychain.forms.guests import CodeForm
from supplychain.forms.invitations import NEW, AnswerForm
from supplychain.guests import Guest
from supplychain.invitation_kinds import GUEST
from supplychain.models import GuestLink, Share
from supplychain.packing import contents
from supplychain.transitions import guests

SESSION = "guest_links"
RIGHTS = frozenset({"shares_edit"})


# Behind the code -------------------------------------------------------------------------------
def as_guest(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The supplier's page about a share, for the guest of the link that the address names.

    404 without the code, or once the share is gone; 410 with what happened once the link is.
    """

    @login_not_required
    @wraps(view)
    def inside(request: Any, guest_id: uuid.UUID, **kwargs: Any) -> HttpResponse:
        generation = request.session.get(SESSION, {}).get(str(guest_id))
        link = GuestLink.objects.with_list_data().filter(public_id=guest_id).first()
        if link is None or generation is None:
            if request.method == "POST" and _in_hand(request, guest_id):
                messages.warning(request, _("Your code has run out, so nothing was done."))
                return HttpResponseRedirect(reverse("guest-code", args=[guest_id]))
            raise NotRelated
        opened = Opened(link, generation)
        gone = Share.objects.filter(guest=link, connection=None).ended().with_list_data().first()
        if gone is not None and generation == link.generation:
            raise Ended(contents.ended_words(gone))
        if opened.state != "open":
            return pages.ended(request, opened)
        share = Share.objects.for_guest(link).values_list("public_id", flat=True).first()
        if share is None:
            raise NotRelated
        request.guest = link
        request.actor = Guest.of(link, generation)
        request.access = Access(user_id=0, organization=None, member=True, rights=RIGHTS)
        try:
            return view(request, public_id=share, **kwargs)
        except Ended:
            return pages.ended(request, Opened(_reload(link), generation))

    return inside


def _reload(link: GuestLink) -> GuestLink:
    fresh: GuestLink = GuestLink.objects.with_list_data().get(pk=link.pk)
    return fresh


# The way in ------------------------------------------------------------------------------------
@login_not_required
@require_safe
def code(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    opened = _held(request, public_id)
    return _code_page(request, opened, CodeForm())


@login_not_required
@require_POST
def send_code(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    opened = _held(request, public_id)
    try:
        guests.send_code(link=opened.row, generation=opened.generation)
    except Ended:
        return pages.ended(request, opened)
    except LimitReached as error:
        form = CodeForm()
        return _code_page(request, opened, form, problem=refusal_text(error), status=error.status)
    messages.success(request, "The code is on its way. It works for a quarter of an hour.")
    return HttpResponseRedirect(reverse("guest-code", args=[public_id]))


@login_not_required
@require_POST
def enter_code(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """With the right code this browser opens the one shipment, until link or share ends."""
    opened = _held(request, public_id)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, opened, form)
    typed = form.cleaned_data["code"]
    try:
        right = apply(
            form,
            lambda: (guests.enter_code(link=opened.row, generation=opened.generation, code=typed),),
        )
    except Ended:
        return pages.ended(request, opened)
    if right is not None and not right[0]:
        form.add_error("code", "This is not the code we sent last.")
    if form.errors or right is None:
        return _code_page(request, opened, form)
    proved = request.session.get(SESSION, {}) | {str(public_id): opened.generation}
    request.session.cycle_key()
    request.session[SESSION] = proved
    return HttpResponseRedirect(reverse("guest:share", args=[public_id]))


def _held(request: HttpRequest, public_id: uuid.UUID) -> Opened:
    """The link that this browser opened; 404 without it: nobody has codes sent by an id alone."""
    opened = _in_hand(request, public_id)
    if opened is None:
        raise NotRelated
    return opened


def _in_hand(request: HttpRequest, public_id: uuid.UUID) -> Opened | None:
    opened = opening.from_cookie(request)
    held = opened is not None and opened.kind is GUEST and opened.row.public_id == public_id
    return opened if held else None


def _code_page(
    request: HttpRequest, opened: Opened, form: CodeForm, *, problem: str = "", status: int = 0
) -> HttpResponse:
    if opened.state != "open":
        return pages.ended(request, opened)
    link = opened.row
    context = {
        "link": link,
        "masked": masked(link.address),
        "headline": GUEST.headline(link),
        "form": form,
        "sent": bool(link.code_hash),
        "problem": problem,
    }
    status = status or status_of(form)
    return render(request, "supplychain/guest/code.html", context, status=status)


# An account ------------------------------------------------------------------------------------
def join(request: AuthenticatedRequest, public_id: uuid.UUID) -> HttpResponse:
    link = GUEST.own(request.user, public_id)
    opened = opening.newest(link)
    if opened.state != "open":
        return pages.ended(request, opened)
    form = AnswerForm(
        posted(request),
        accounts=list(answering_accounts(request.user, OrganizationKind.SUPPLIER)[:50]),
        may_open=True,
        supplier=True,
        initial={"name": link.name},
    )
    if form.is_valid():
        try:
            connection = apply(
                form, lambda: guests.join(by=request.user, link=link, **form.answer())
            )
        except Ended:
            return pages.ended(request, opening.newest(_reload(link)))
        if connection:
            messages.success(request, f"You are connected with {link.organization.name}.")
            response = HttpResponseRedirect(portals.page(connection.supplier, "shares"))
            opening.forget(response)
            return response
    # The way on without an account, for the browser that opened the link.
    code_url = reverse("guest-code", args=[public_id]) if _in_hand(request, public_id) else ""
    context = {"link": link, "form": form, "new": NEW, "code_url": code_url}
    return render(request, "supplychain/guest/join.html", context, status=status_of(form))
