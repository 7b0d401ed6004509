"""Showing a mail inside a page: its own styles, no scripts, its links in the whole window."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from core import hooks

# A page with such a frame in it.
PAGE_POLICY: dict[str, Any] = settings.SECURE_CSP | {"frame-src": ["'self'"]}
# A mail carries its own styles; it gets nothing else, and its links open in the whole window.
FRAME_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-top-navigation-by-user-activation"],
}


def sample_of(kind: str) -> hooks.MailSample:
    """The example of a mail of this kind; raises Http404 where there is none."""
    try:
        return hooks.mail_sample(kind)
    except KeyError:
        raise Http404 from None


def mail_page(view: Any) -> Any:
    return csp_override(PAGE_POLICY)(view)


def mail_frame(view: Any) -> Any:
    return csp_override(FRAME_POLICY)(xframe_options_sameorigin(view))


def framed(html: str) -> HttpResponse:
    """The HTML part of a mail as the content of the frame, which may not open a second window."""
    page = html.replace("<head>", '<head><base target="_top">', 1)
    return HttpResponse(page.replace(' target="_blank"', ""))
