"""Middleware that knows no domain: health, clean input, request context, refusals as pages."""

import logging
import sys
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.views import defaults

from core.errors import DomainError
from core.origin import Origin, origin

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]

METHODS = ("GET", "HEAD", "POST")
RECORDED = {400: "400.html", 403: "403.html", 404: "404.html", 409: "409.html"}
RECORDED |= {410: "410.html", 422: "409.html", 429: "429.html"}


def health(get_response: Handler) -> Handler:
    """Answer /healthz (the process lives) and /readyz (the database answers) on any host."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path == "/readyz":
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except DatabaseError:
                return JsonResponse({"database": False}, status=HTTPStatus.SERVICE_UNAVAILABLE)
            return JsonResponse({"database": True})
        return get_response(request)

    return handle


def clean_input(get_response: Handler) -> Handler:
    """Refuse NUL characters in path and query before they reach a database driver (B1)."""

    def handle(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "%00" in query or "\0" in query:
            return HttpResponse(
                "Bad request\n", status=HTTPStatus.BAD_REQUEST, content_type="text/plain"
            )
        return get_response(request)

    return handle


def known_methods(get_response: Handler) -> Handler:
    """Answer 405 to what no page of ours has: a view that forgot would take PUT for a look (A1)."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        return get_response(request)

    return handle


def client_ip(request: HttpRequest) -> str:
    """The address of the client: X-Forwarded-For counts only as far as proxies are trusted."""
    count = settings.TRUSTED_PROXY_COUNT
    if count:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= count and hops[-count]:
            return hops[-count][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def request_context(get_response: Handler) -> Handler:
    """Give every request an id and an origin for history and logs; never cache signed-in pages."""

    def handle(request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        token = origin.set(Origin(client_ip(request), request_id))
        try:
            response = get_response(request)
        finally:
            origin.reset(token)
        response["X-Request-ID"] = request_id
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
            patch_vary_headers(response, ["Cookie"])
        return response

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


def unavailable(error: BaseException | None) -> HttpResponse | None:
    """The 503 page when `error` says that the database or the cache is away, else None (F10)."""
    away = isinstance(error, (OperationalError, InterfaceError))
    if not away and not (isinstance(error, Exception) and _from_broker(error)):
        return None
    logger.error("database or cache unavailable", exc_info=error)
    # Without the request: what a template reads of it may need the database again.
    return HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for a fault, wherever it happened: session and person are read before any view."""
    return unavailable(sys.exc_info()[1]) or defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for what cannot be read. Django calls it a bad request, too, when a session could
    not be stored: where the database is the reason, it is said."""
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
