"""Around every request: the second factor's gate, and when a session was last used."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.portals import PORTALS
from accounts.states import MembershipRole
from accounts.transitions.factor_resets import has_to_set_anew
from core import clock, time_zones
from core.web.redirects import page_behind

Handler = Callable[[HttpRequest], HttpResponse]
ASKED = [portal for portal in PORTALS if portal.needs_second_factor]
ANYWHERE = {"admin", *(portal.namespace for portal in PORTALS)}
GATED = {"admin", *(portal.namespace for portal in ASKED)}
ACTIVE_AT, BEGAN_AT = "active_at", "began_at"
ACTIVITY_GAP = 300
EVEN_PATHS = frozenset({"/accounts/signup/", "/accounts/password/reset/", "/accounts/email/"})
EVEN_SECONDS = 0.25
ZONE_COOKIE = f"{settings.COOKIE_PREFIX}zone"


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened, or raised, with a second factor or a passkey."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def needs_second_factor(user: Any) -> bool:
    """Reviewers, and administrators of providers and sellers, need one; the others may have one."""
    if user.is_staff:
        return True
    return (
        Membership.objects.active()
        .filter(
            user=user,
            role=MembershipRole.ADMINISTRATOR,
            organization__kind__in=[portal.kind for portal in ASKED],
        )
        .exists()
    )


def to_second_factor(request: HttpRequest) -> HttpResponse:
    """To the page that explains and sets it up, and back to this one afterwards."""
    query = urlencode({"next": page_behind(request)})
    return HttpResponseRedirect(f"{reverse('second-factor')}?{query}")


def second_factor(get_response: Handler) -> Handler:
    """Send who must have a second factor to the page that explains and sets it up (U28, A8)."""

    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(
        request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        match = request.resolver_match
        portal = match.namespaces[0] if match and match.namespaces else ""
        if portal not in ANYWHERE or not request.user.is_authenticated:
            return None
        if has_second_factor(request):
            return None
        needed = portal in GATED and needs_second_factor(request.user)
        if needed or has_to_set_anew(request.user):
            return to_second_factor(request)
        return None

    handle.process_view = process_view  # type: ignore[attr-defined]
    return handle


def readers_zone(get_response: Handler) -> Handler:
    """Pages show moments in the zone of whoever reads them: a signed-in person's own, else what the
    browser says in a cookie that app.js sets, else UTC."""

    def handle(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        named = request.COOKIES.get(ZONE_COOKIE, "")
        zone = user.zone if user.is_authenticated else time_zones.named(named)
        with timezone.override(zone):
            response: Any = get_response(request)
        if response.streaming and not isinstance(response, FileResponse):
            # Its rows are written after this.
            response.streaming_content = _in_zone(response.streaming_content, zone)
        return response

    return handle


def _in_zone(rows: Iterable[bytes], zone: tzinfo) -> Iterator[bytes]:
    with timezone.override(zone):
        yield from rows


def note_sign_in(request: HttpRequest, **kwargs: Any) -> None:
    note_activity(request)
    request.session[BEGAN_AT] = request.session[ACTIVE_AT]


def note_activity(request: HttpRequest) -> None:
    request.session[ACTIVE_AT] = int(clock.real_now().timestamp())


def _is_over(request: HttpRequest, now: float) -> bool:
    """However often it is used, a session ends; the desk's sooner, and when nobody sits there."""
    user: Any = request.user
    began = request.session.setdefault(BEGAN_AT, int(now))
    last = request.session.get(ACTIVE_AT, now)
    if user.is_staff and now - last > settings.DESK_IDLE_SECONDS:
        return True
    return bool(
        now - began > (settings.DESK_SESSION_SECONDS if user.is_staff else settings.SESSION_SECONDS)
    )


def session_activity(get_response: Handler) -> Handler:
    """End what has lasted too long; note when a session was last used, and prolong it, at most
    every five minutes."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            last = request.session.get(ACTIVE_AT)
            now = clock.real_now()
            if _is_over(request, now.timestamp()):
                logout(request)
            elif isinstance(last, int) and now.timestamp() - last >= ACTIVITY_GAP:
                note_activity(request)
                UserSession.objects.filter(session_key=request.session.session_key).update(
                    last_seen_at=now
                )
        return get_response(request)

    return handle


def even_answers(get_response: Handler) -> Handler:
    """Pages that must not tell who has an account answer no faster for anybody (A12).

    Whether a mail is written or a row is made takes milliseconds: all wait for the same moment.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        response = get_response(request)
        if request.method == "POST" and request.path in EVEN_PATHS:
            time.sleep(max(0.0, EVEN_SECONDS - (time.monotonic() - started)))
        return response

    return handle


class RefusedForms:
    """The sign-in library shows a refused form with 200: it gets the 422 of all others.

    A class, because Django asks a template response's hook for the object it belongs to.
    """

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        form = (response.context_data or {}).get("form")
        refused = form is not None and form.is_bound and form.errors
        if request.method == "POST" and response.status_code == HTTPStatus.OK and refused:
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response
