"""The sessions of a person: ending them at once, and noticing a browser never seen before (A10).

Every session carries a hash over the person's session epoch: raising it ends all of them on their
next request, in every process, whether or not anybody kept a list.
"""

from typing import Any

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.emails import security as emails
from accounts.models import User
from core import time_zones

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
SIGN_UP = "accounts_sign_up"
CLAIMED = "accounts_claimed"
BROWSER = f"{settings.COOKIE_PREFIX}browser"
BROWSER_AGE = 365 * 24 * 3600
MOST_PEOPLE = 8
_SALT = "accounts.sessions.browser"


def end_all_sessions(user: Any, *, besides: str | None = None) -> None:
    """Sign this person out everywhere: their next request in any browser is anonymous."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    for session in UserSession.objects.filter(user_id=user.pk).exclude(session_key=besides):
        session.end()


def end_other_sessions(request: HttpRequest, user: Any) -> None:
    current = request.user.is_authenticated and request.user.pk == user.pk
    key = request.session.session_key if current else None
    end_all_sessions(user, besides=key)
    if current:
        UserSession.objects.filter(session_key=key).delete()
        request.user.session_epoch = user.session_epoch  # type: ignore[union-attr]
        update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
        UserSession.objects.create_from_request(request)


def remember_sign_up(
    request: HttpRequest, user: User, *, password: str, name: str, time_zone: str
) -> None:
    """Keep what was typed at sign-up in this browser's session until the code confirms it.

    `password` is a hash, `time_zone` "" where the browser named none that we know. Only the browser
    that enters the mailed code decides the password, so that signing up with somebody else's
    address gains nothing (I17).
    """
    request.session[SIGN_UP] = {
        "user": user.pk,
        "password": password,
        "name": name,
        "time_zone": time_zone,
    }


def claim_account(request: HttpRequest, email_address: Any, **kwargs: Any) -> None:
    """The first proof of an address takes the whole account over.

    Whatever was set before by somebody who could not prove the address dies: password, sessions,
    further addresses, authenticators. A password stays only when this very browser typed it.
    """
    user = email_address.user
    others = EmailAddress.objects.filter(user=user).exclude(pk=email_address.pk)
    if others.filter(verified=True).exists():
        return
    typed = request.session.pop(SIGN_UP, None)
    if typed and typed["user"] == user.pk:
        user.password, user.name = typed["password"], typed["name"]
        _take_zone(request, user, typed.get("time_zone", ""))
    elif "password" not in {r.get("method") for r in get_authentication_records(request, user)}:
        user.set_unusable_password()
    with transaction.atomic():
        user.save(update_fields=["password", "name", "time_zone"])
        others.delete()
        Authenticator.objects.filter(user=user).delete()
        end_other_sessions(request, user)
    setattr(request, CLAIMED, True)


def _take_zone(request: HttpRequest, user: User, zone: str) -> None:
    user.time_zone = zone or time_zones.UTC
    if not zone:
        sentence = _(
            "Your browser named no time zone that we know: days and times are those of UTC. "
            "You can choose yours under Your account, Time zone."
        )
        messages.info(request, sentence)


def end_others_after_change(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    end_other_sessions(request, user)


def end_others_after_address(
    request: HttpRequest, user: Any, from_email_address: Any, **kwargs: Any
) -> None:
    """The address changed: the same, but not for the first address of a new account."""
    if from_email_address is not None:
        end_other_sessions(request, user)


def note_second_factor(request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Who has just set up a second factor has shown it: this session counts as raised."""
    if authenticator.type in FACTORS:
        record_authentication(request, user, method="mfa", type=authenticator.type)


def forget_second_factor(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Without any authenticator left, this session no longer counts as raised."""
    if Authenticator.objects.filter(user=user, type__in=FACTORS).exists():
        return
    kept = [r for r in get_authentication_records(request, user) if r.get("method") != "mfa"]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept


def note_sign_in(request: HttpRequest, user: Any, response: HttpResponse, **kwargs: Any) -> None:
    known = _people_of(request)
    mine = str(user.public_id)
    if mine not in known and not hasattr(request, CLAIMED):
        emails.new_sign_in(user, request.headers.get("User-Agent", ""))
    people = [mine, *(person for person in known if person != mine)][:MOST_PEOPLE]
    response.set_signed_cookie(
        BROWSER,
        ".".join(people),
        salt=_SALT,
        max_age=BROWSER_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SITE_HTTPS,
    )


def _people_of(request: HttpRequest) -> list[str]:
    value = request.get_signed_cookie(BROWSER, default="", salt=_SALT, max_age=BROWSER_AGE)
    return value.split(".") if value else []


def forget_sessions_of(user: Any) -> None:
    """A session's row does not say whose it is: all have to be looked into (D6)."""
    end_all_sessions(user)
    mine = str(user.pk)
    for session in Session.objects.iterator():
        data = session.get_decoded()
        signing_up = data.get(SIGN_UP) or {}
        if data.get(SESSION_KEY) == mine or signing_up.get("user") == user.pk:
            session.delete()
