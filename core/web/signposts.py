"""Small files that programs look for at addresses of their own."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from core import clock

TEXT = "text/plain; charset=utf-8"
SECURITY_DAYS = 180
# Front page and help are for everybody; everything else asks for a sign-in or a link of one's own.
ROBOTS = "User-agent: *\nAllow: /$\nAllow: /help/\nAllow: /static/\nDisallow: /\n"


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a hole (RFC 9116)."""
    expires = (clock.real_now() + timedelta(days=SECURITY_DAYS)).replace(microsecond=0)
    lines = (
        f"Contact: mailto:{settings.SUPPORT_EMAIL}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{request.path}",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type=TEXT)


@login_not_required
@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Where password managers send people (W3C: a well-known URL for changing passwords)."""
    return HttpResponseRedirect(reverse("account_change_password"))


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type=TEXT)


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For whatever asks without having read a page of ours."""
    return HttpResponseRedirect(static("partnerhub/mark.svg"))


urlpatterns = [
    path(".well-known/security.txt", security_txt, name="security-txt"),
    path(".well-known/change-password", change_password, name="change-password"),
    path("robots.txt", robots, name="robots"),
    path("favicon.ico", favicon, name="favicon"),
]
