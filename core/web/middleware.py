"""Middleware that knows no domain: request context, https, clean input, refusals as pages."""

import errno
import logging
import re
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, InternalError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.views import defaults

from core.errors import DomainError
from core.spellings import visible
from core.web.bodies import too_large
from core.web.redirects import page_behind

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]

METHODS = ("GET", "HEAD", "POST")
TEXT = "text/plain; charset=utf-8"
RETRY_SECONDS = 30
# What mails and texts put behind a link: a bracket, a quotation mark, a full stop, a blank.
_COPIED_WITH = re.compile(r"/*[\s<>\[\](){}\"'“”„‘’«»,.;:!?*|…。、，；\u2060\u200b]+/*\Z")
# No space, over quota, a file system that became read-only, no more open files.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}
RECORDED = {400: "400.html", 403: "403.html", 404: "404.html", 409: "409.html"}
RECORDED |= {410: "410.html", 422: "409.html", 429: "429.html"}


def clean_input(get_response: Handler) -> Handler:
    """Refuse NUL characters in path and query before they reach a database driver (B1), and lead
    from a link that was copied with signs around it to the page it means."""

    def handle(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "%00" in query or "\0" in query:
            return HttpResponseBadRequest("Bad request\n", content_type=TEXT)
        meant = "".join(visible(_COPIED_WITH.sub("/", request.path_info)).split())
        if (
            meant != request.path_info
            and request.method in ("GET", "HEAD")
            and is_valid_path(meant)
        ):
            return HttpResponseRedirect(quote(meant, safe="/:") + (f"?{query}" if query else ""))
        return get_response(request)

    return handle


def known_methods(get_response: Handler) -> Handler:
    """Answer 405 to what no page of ours has: a view that forgot would take PUT for a look (A1).
    Whoever reloads the address of a button reads where the page is that held it."""

    def handle(request: HttpRequest) -> HttpResponse:
        known = request.method in METHODS
        response = get_response(request) if known else HttpResponseNotAllowed(METHODS)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            response.content = render_to_string("405.html", {"url": page_behind(request)})
        return response

    return handle


def https_only(get_response: Handler) -> Handler:
    """Send pages that were asked for in clear to https, and refuse everything else in clear: a
    program would send its form once more, in clear, each time.

    Where the proxy does not say how it was asked, or says "http" of a browser that adds what it
    sends over https only, sending on would never end: whoever runs the site reads what is wrong.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if not settings.SITE_HTTPS or request.is_secure():
            return get_response(request)
        said = "X-Forwarded-Proto" in request.headers and "Sec-Fetch-Mode" not in request.headers
        page = request.method in ("GET", "HEAD") and not request.path.startswith("/webhooks/")
        if said and page:
            return HttpResponsePermanentRedirect(f"{settings.SITE_URL}{request.get_full_path()}")
        if not said:
            logger.error("the proxy in front does not say X-Forwarded-Proto: https")
        text = f"This site answers over https only: {settings.SITE_URL}/\n"
        hint = "For whoever runs it: the proxy has to send X-Forwarded-Proto: https.\n"
        return HttpResponseBadRequest(text + ("" if said else hint), content_type=TEXT)

    return handle


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page for a refusal. A 404 looks the same whether the object exists or not."""
    message = "" if error.status == HTTPStatus.NOT_FOUND else error.message
    context = {"message": message, "retry_at": getattr(error, "retry_at", None)}
    template = RECORDED.get(error.status, "400.html")
    return render(request, template, context, status=error.status)


def _from_broker(error: Exception) -> bool:
    """Whether the cache's client raised it. Who never used the client need not load it."""
    client: Any = sys.modules.get("redis.exceptions")
    return client is not None and isinstance(error, client.RedisError)


def _is_away(error: BaseException | None) -> bool:
    """Whether database, broker, disk or temporary folder failed, and not the request."""
    if isinstance(error, InternalError):  # what psycopg2 calls a database that only reads
        return "read-only" in str(error)
    if isinstance(error, OSError) and not isinstance(error, ConnectionError):
        no_folder = isinstance(error, FileNotFoundError) and "temporary directory" in str(error)
        return error.errno in NO_ROOM or no_folder
    if isinstance(error, (OperationalError, InterfaceError)):
        return True
    return isinstance(error, Exception) and _from_broker(error)


def unavailable(error: BaseException | None) -> HttpResponse | None:
    """The 503 page when `error` says that what we stand on is away or full, else None (F10)."""
    if not _is_away(error):
        return None
    logger.error("database, broker or disk unavailable", exc_info=error)
    # Without the request: what a template reads of it may need the database again.
    answer = HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for a fault, wherever it happened: session and person are read before any view."""
    return unavailable(sys.exc_info()[1]) or defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for what cannot be read. Django calls it a bad request, too, when a session could
    not be stored: where the database is the reason, it is said."""
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return too_large()
    if isinstance(exception, SessionInterrupted):
        failed = exception.__context__  # that the session was not stored, and before it why
        if answer := unavailable(failed.__context__ if failed else None):
            return answer
    return defaults.bad_request(request, exception)


def domain_errors(get_response: Handler) -> Handler:
    """Turn what rules refuse into pages with their status, a lost database or cache into a 503."""

    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return refusal(request, error)
        return unavailable(error)

    handle.process_exception = process_exception  # type: ignore[attr-defined]
    return handle
