"""The common pages of every one-time link: open it, see whose it is, ask for a new one; and send
it again, take it back, copy it.

Opening changes nothing but a cookie: mail scanners open links, people answer them (I3).
"""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.invitations import kinds, opening, pages, transitions
from accounts.invitations.kinds import Kind
from accounts.invitations.listing import back
from accounts.invitations.opening import Opened
from accounts.invitations.wishes import ask_for_new_one
from accounts.models import OneTimeLink
from core.errors import DomainError, LimitReached, NotPermitted, NotRelated
from core.spellings import shown
from core.web.access import PortalRequest, require
from core.web.forms import refusal_text
from core.web.limits import count
from core.web.request_lines import client_ip

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
        if guest := opened.kind.guest_url(opened.row):
            return HttpResponseRedirect(guest)
        return pages.who_are_you(request, opened)
    if not opened.kind.belongs_to(request.user, opened.row):
        return pages.for_somebody_else(request, opened)
    return HttpResponseRedirect(opened.kind.answer_url(request.user, opened.row))


def _held(request: HttpRequest, purpose: str, public_id: uuid.UUID) -> Opened:
    opened = opening.from_cookie(request)
    if opened and (opened.kind.purpose, opened.row.public_id) == (purpose, public_id):
        return opened
    kind = kinds.get(purpose)
    if kind is None or not request.user.is_authenticated:
        raise NotRelated
    return opening.newest(kind.own(request.user, public_id))


def _count_forgery(request: HttpRequest) -> None:
    if count(f"forged-links:{client_ip(request)}", seconds=3600) > FORGERIES_AN_HOUR:
        raise LimitReached("Too many links that are not ours came from your network. Wait an hour.")


# What the inviting side does --------------------------------------------------------------------
class Acts[R: OneTimeLink]:
    """Buttons of one kind's rows. A subclass for each kind knows the pages they stand on."""

    kind: Kind[R]

    def find(self, request: PortalRequest, public_id: uuid.UUID, **more: uuid.UUID) -> R:
        row: R = get_object_or_404(self.kind.sent_by(request.organization), public_id=public_id)
        return row

    def home(self, request: PortalRequest, row: R) -> str:
        return self.kind.list_url(request.organization)

    def page(
        self, request: PortalRequest, row: R, *, status: int = 200, **shown: str
    ) -> HttpResponse:
        """The page on which the button stood; `shown` is what listing.listing takes."""
        raise NotImplementedError

    def refused(self, request: PortalRequest, row: R, error: DomainError) -> HttpResponse:
        """A refusal, on the list; on a row's own page it is a page of its own."""
        if isinstance(error, (NotPermitted, NotRelated)) or self.on_own_page(request):
            raise error
        return self.page(request, row, status=error.status, problem=refusal_text(error))

    def on_own_page(self, request: PortalRequest) -> bool:
        return self.kind.has_page and "list" not in request.POST

    def do(
        self, request: PortalRequest, row: R, action: Callable[[], Any], done: str
    ) -> HttpResponse:
        try:
            action()
        except DomainError as error:
            return self.refused(request, row, error)
        messages.success(request, done)
        if self.on_own_page(request):
            return HttpResponseRedirect(self.kind.urls(row)["page"])
        return HttpResponseRedirect(back(self.kind.purpose, request, self.home(request, row)))

    def resend(self, request: PortalRequest, **names: uuid.UUID) -> HttpResponse:
        row = self.find(request, **names)
        done = shown(self.kind.resent.format(row=row, who=self.kind.recipient(row)[0]))
        return self.do(request, row, lambda: transitions.resend(by=request.user, row=row), done)

    def revoke(self, request: PortalRequest, **names: uuid.UUID) -> HttpResponse:
        row = self.find(request, **names)
        done = shown(self.kind.taken_back.format(row=row))
        return self.do(request, row, lambda: transitions.revoke(by=request.user, row=row), done)

    def link(self, request: PortalRequest, **names: uuid.UUID) -> HttpResponse:
        """Show the link once, to who sent it; that they looked is history (U10)."""
        row = self.find(request, **names)
        try:
            link = transitions.copy_link(by=request.user, row=row)
        except DomainError as error:
            return self.refused(request, row, error)
        return self.page(request, row, copied=self.kind.recipient(row)[0], link=link)

    def urls(self, base: str, name: str) -> list[URLPattern]:
        """Their patterns below `base`; `name` is what theirs begin with."""
        return [
            path(
                f"{base}/{word}/",
                require_POST(require(self.kind.need)(getattr(self, act))),
                name=f"{name}-{word}",
            )
            for act, word in self.kind.acts.items()
        ]
