"""How much a request may carry: each page has its limit, judged before anything is read (B3).

Reading a form fills memory, and a file the disk: whoever has not signed in gets no more than any
form needs, wherever they send it.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
KILOBYTE, MEGABYTE = 1024, 1024 * 1024
# The widest form, 3,000 fields of a grid, has half of it.
MOST = 512 * KILOBYTE


def takes[View: Callable[..., Any]](most: int) -> Callable[[View], View]:
    """Let a view take bodies of up to so many bytes; from people who are signed in, unless it is
    open to all."""

    def decorate(view: View) -> View:
        view.most_bytes = most  # type: ignore[attr-defined]
        return view

    return decorate


def too_large() -> HttpResponse:
    """The page that says so. Without the request: what a template reads of it may be the body."""
    answer = HttpResponse(render_to_string("413.html"), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    answer["Connection"] = "close"
    return answer


def body_limit(get_response: Handler) -> Handler:
    """Refuse what is larger than the page takes. It stands before whatever reads a form."""

    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(
        request: HttpRequest, view: Any, args: object, kwargs: object
    ) -> HttpResponse | None:
        said = request.META.get("CONTENT_LENGTH") or "0"
        size = int(said) if said.isdecimal() else 0
        if size <= MOST:
            return None
        open_to_all = not getattr(view, "login_required", True)
        most = getattr(view, "most_bytes", MOST)
        if size <= most and (open_to_all or request.user.is_authenticated):
            return None
        logger.warning("body refused", extra={"bytes": size})
        return too_large()

    handle.process_view = process_view  # type: ignore[attr-defined]
    return handle
