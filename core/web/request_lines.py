"""Around every request: its id, one line in the log, and the same headers on every answer."""

import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import structlog
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django_structlog.middlewares import RequestMiddleware
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from core.origin import Origin, origin

logger = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
# Of what browsers can do, pages here use keys for signing in and copying.
_UNUSED = (
    "accelerometer autoplay "
    "browsing-topics camera compute-pressure display-capture encrypted-media fullscreen gamepad "
    "geolocation gyroscope hid identity-credentials-get idle-detection interest-cohort "
    "keyboard-map local-fonts magnetometer microphone midi otp-credentials payment "
    "picture-in-picture screen-wake-lock serial storage-access sync-xhr unload usb "
    "window-management xr-spatial-tracking"
)
_USED = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS = ", ".join(
    [*(f"{name}=()" for name in _UNUSED.split()), *(f"{name}=(self)" for name in _USED)]
)
# What is answered before any address is looked up.
NO_ROUTE = ("/healthz", "/readyz", "/static/")
# What a refused request may be a sign of.
SECURITY = {
    400: "input_refused",
    403: "rights_refused",
    405: "input_refused",
    413: "input_refused",
    429: "limit_hit",
}


def client_ip(request: HttpRequest) -> str:
    """The address of the client: X-Forwarded-For counts only as far as proxies are trusted."""
    count = settings.TRUSTED_PROXY_COUNT
    if count:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= count and hops[-count]:
            return hops[-count][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


class Requests(RequestMiddleware):
    """Gives every request an id and writes one line about it: route, status, person, account,
    milliseconds and statements. Never the path, which carries tokens, nor an address."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began, counted = time.monotonic(), _Statements()
        with connection.execute_wrapper(counted):
            self.prepare(request)
            answer = cast(HttpResponse, self.get_response(request))
        milliseconds = round((time.monotonic() - began) * 1000)
        bind_contextvars(ms=milliseconds, statements=counted.number, **_facts(request, answer))
        self.handle_response(request, answer)
        return answer

    def prepare(self, request: HttpRequest) -> None:
        bind_contextvars(request_id=uuid.uuid4().hex)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """One line, also for what is streamed; the library would write three."""
        self.bind_user_id(request)
        level = self._log_level_for_status_code(response.status_code)
        code, asked = response.status_code, self.format_request(request)
        logger.log(level, "request_finished", code=code, request=asked)
        clear_contextvars()

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Whoever the request has asked for already: the line itself asks the database nothing."""
        person = getattr(request, "_cached_user", None)
        if person is not None and person.is_authenticated:
            bind_contextvars(person=str(person.public_id))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        if match := request.resolver_match:
            return f"{request.method} /{match.route}"
        known = next(filter(request.path.startswith, NO_ROUTE), "-")
        return f"{request.method} {known}"

    def _process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Django logs it with its trace; the line of the request is written as for all others."""


class _Statements:
    """Counts what a request asks of the database."""

    number = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.number += 1
        return execute(*arguments)


def _facts(request: HttpRequest, answer: HttpResponse) -> dict[str, str]:
    """Whose account the request was about, and whether its refusal is worth watching."""
    facts = {}
    # Once more: portals take the account out of what they hand to their views.
    named = resolve(request.path_info).kwargs if request.resolver_match else {}
    if "org" in named:
        facts["organization"] = str(named["org"])
    if named and answer.status_code == HTTPStatus.NOT_FOUND:
        facts["security"] = "unknown_or_foreign"
    if event := SECURITY.get(answer.status_code):
        facts["security"] = event
    return facts


def request_context(get_response: Handler) -> Handler:
    """Give every request its origin for the history, and every answer, whoever made it, the same
    headers; never cache signed-in pages."""

    def handle(request: HttpRequest) -> HttpResponse:
        request_id = str(get_contextvars().get("request_id", ""))
        token = origin.set(Origin(client_ip(request), request_id))
        try:
            response = get_response(request)
        finally:
            origin.reset(token)
        response["X-Request-ID"] = request_id
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = PERMISSIONS
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
            patch_vary_headers(response, ["Cookie"])
        return response

    return handle


def say_signed_out(request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Whoever ends the session, the browser is to forget the pages that it has kept."""
    if request is not None:
        request.signed_out = True  # type: ignore[attr-defined]


user_logged_out.connect(say_signed_out)


def clear_site_data(get_response: Handler) -> Handler:
    """Tell the browser of somebody who signed out to forget our pages. Not the cookies: one of them
    tells that this browser is known."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(request, "signed_out", False):
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return handle
