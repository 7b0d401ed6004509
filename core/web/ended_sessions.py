"""A session ended while its page was open: what was posted then did nothing, and its person hears
so on the page they came from."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from core.web.redirects import page_behind

UNDONE = "undone"


class SignInFirst(LoginRequiredMiddleware):
    """Sends whoever is not signed in to sign in, and from there to a page, never to a button."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            request.session[UNDONE] = True
        away = redirect_to_login(page_behind(request))
        htmx = getattr(request, "htmx", False)
        return HttpResponseClientRedirect(away.url) if htmx else away


def tell_undone(request: HttpRequest, **kwargs: Any) -> None:
    """Hears of a sign-in."""
    if request.session.pop(UNDONE, False):
        messages.warning(
            request, _("You had been signed out, so nothing was done. Please do it once more.")
        )
