"""Redirects that never leave the site (I9), and never to an address that takes only posts."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve
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


def page_behind(request: HttpRequest) -> str:
    """The page that can be looked at and that this request came from: its own address where that is
    a page, else the one that held the button as the browser or htmx names it, else the nearest page
    above it."""
    if _shows_page(request.path):
        return request.get_full_path()
    htmx = getattr(request, "htmx", None)
    named = urlsplit((htmx and htmx.current_url) or request.headers.get("Referer", ""))
    if named.netloc == request.get_host() and _shows_page(named.path):
        return f"{named.path}?{named.query}".rstrip("?")
    path, own = request.path, _view(request.path)
    while path != "/":
        path = f"{path.rstrip('/').rpartition('/')[0]}/"
        # A link that anybody may open is not the page above a page of somebody who is signed in.
        if _shows_page(path) and _needs_sign_in(_view(path)) == _needs_sign_in(own):
            return path
    return "/"


def _view(path: str) -> Any:
    """The view of an address; None without one: the desk has one without a name for all others."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    return found.func if found.url_name else None


def _needs_sign_in(view: Any) -> bool:
    return bool(getattr(view, "login_required", True))


def _shows_page(path: str) -> bool:
    view = _view(path)
    if view is None:
        return False
    while view is not None:
        # Where Django's decorators, require_POST and its like, keep what they let through.
        code, cells = getattr(view, "__code__", None), getattr(view, "__closure__", None) or ()
        held = dict(zip(code.co_freevars if code else (), cells, strict=False))
        if "request_method_list" in held:
            return "GET" in held["request_method_list"].cell_contents
        view = getattr(view, "__wrapped__", None)
    return True
