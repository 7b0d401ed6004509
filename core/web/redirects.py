"""Redirects that never leave the site (I9)."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 1000


def safe_next(request: HttpRequest, fallback: str) -> str:
    """The `next` parameter when it is a path of ours, else `fallback`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    allowed = (
        target.startswith("/")
        and len(target) <= LONGEST
        and target.isprintable()
        and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    )
    return target if allowed else fallback
