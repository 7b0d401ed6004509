"""The common pages of every one-time link: open it, see whose it is, ask for a new one.

Opening changes nothing but a cookie: mail scanners open links, people answer them (I3).
"""

import uuid

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.invitations import kinds, opening, pages
from accounts.invitations.asking import ask_for_new_one
from accounts.invitations.opening import Opened
from core.errors import LimitReached, NotRelated
from core.web.limits import count
from core.web.middleware import client_ip

FORGERIES_AN_HOUR = 1000


@login_not_required
@require_safe
def open_link(request: HttpRequest, purpose: str, token: str) -> HttpResponse:
    """Take the token out of the address bar into a cookie, and go on to `current` (I6)."""
    opened = opening.from_token(purpose, token)
    if opened is None:
        _count_forgery(request)
        return pages.not_valid(request)
    response = HttpResponseRedirect(reverse("invitation-current"))
    opening.remember(response, opened)
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@require_safe
def current(request: HttpRequest) -> HttpResponse:
    """What the opened link means to whoever looks at it; without one, what waits for them.

    Its forms need the site's own referrer policy: from a page without any, browsers post with the
    origin "null", which is refused.
    """
    opened = opening.from_cookie(request)
    if opened is not None:
        return _page_for(request, opened)
    return pages.waiting(request) if request.user.is_authenticated else pages.not_valid(request)


@login_not_required
@require_POST
def ask(request: HttpRequest, purpose: str, public_id: uuid.UUID) -> HttpResponse:
    """Ask for a new invitation, as the holder of the ended link or as the invited person (U6)."""
    opened = _held(request, purpose, public_id)
    user = request.user if request.user.is_authenticated else None
    try:
        ask_for_new_one(opened=opened, by=user)
    except LimitReached as error:
        return pages.ended(request, opened, problem=error.message, status=error.status)
    messages.success(request, "Passed on. If they agree, a new invitation comes by mail.")
    return HttpResponseRedirect(reverse("invitation-current"))


@login_not_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Sign out and go to sign-in; the opened link stays in its cookie (U8)."""
    logout(request)
    query = urlencode({"next": reverse("invitation-current")})
    return HttpResponseRedirect(f"{reverse('account_login')}?{query}")


@login_not_required
@require_POST
def set_aside(request: HttpRequest) -> HttpResponse:
    """Forget the opened link in this browser; the invitation itself stays as it is."""
    response = HttpResponseRedirect("/")
    opening.forget(response)
    return response


def _page_for(request: HttpRequest, opened: Opened) -> HttpResponse:
    if opened.state != "open":
        return pages.ended(request, opened)
    if not request.user.is_authenticated:
        if opened.kind.guest_url:
            return HttpResponseRedirect(opened.kind.guest_url(opened.row))
        return pages.who_are_you(request, opened)
    if not opened.kind.belongs_to(request.user, opened.row):
        return pages.for_somebody_else(request, opened)
    return HttpResponseRedirect(opened.kind.answer_url(request.user, opened.row))


def _held(request: HttpRequest, purpose: str, public_id: uuid.UUID) -> Opened:
    """The link this browser opened, or the invitation of the person signed in."""
    opened = opening.from_cookie(request)
    if opened and (opened.kind.purpose, opened.row.public_id) == (purpose, public_id):
        return opened
    kind = kinds.get(purpose)
    row = kind.model.objects.filter(public_id=public_id).first() if kind else None
    known = request.user.is_authenticated
    if kind is None or row is None or not (known and kind.belongs_to(request.user, row)):
        raise NotRelated
    return pages.opened_row(kind, row)


def _count_forgery(request: HttpRequest) -> None:
    if count(f"forged-links:{client_ip(request)}", seconds=3600) > FORGERIES_AN_HOUR:
        raise LimitReached("Too many links that are not ours came from your network. Wait an hour.")
