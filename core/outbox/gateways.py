"""The way to a mail provider's HTTP API: django-anymail's backends, and what their errors mean.

A provider answers for itself and for the address in one status code. What its answer says about
our keys, account or sender is nobody's message; what it says about the recipient is final.
"""

import re
import time
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from importlib import import_module
from typing import Any

from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailNotSupportedWarning,
    AnymailRecipientsRefused,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from requests.structures import CaseInsensitiveDict

from core import clock
from core.outbox.answers import Answer, Outcome, without_addresses, words
from core.outbox.envelopes import Envelope

BUSY = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
# These answer to a message; what else begins with 3 or 4 answers to us: keys, credit, addresses.
OF_A_MESSAGE = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
# Refusals that carry such a status all the same. Sentences of Postmark, Mailgun, SendGrid, Brevo
# and Amazon SES, as their documentation and anymail's tests have them.
_ABOUT_US = re.compile(
    r"['\"]?\bfrom\b['\"]? (?:address|parameter|email)|'From'|\"from(?:\.email)?\"|'Reply-To'"
    r"|sender|signature|not verified|not authorized|not allowed|disabled|suspend|restricted|paused"
    r"|\baccount\b|credits?\b|quota|sandbox|Magnificent",
    re.IGNORECASE,
)
# Amazon's own words: ours to mend, and not now.
_AMAZON_OURS = {
    "AccountSuspendedException",
    "LimitExceededException",
    "MailFromDomainNotVerifiedException",
    "NotFoundException",
    "SendingPausedException",
}
_AMAZON_BUSY = {
    "InternalFailure",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
# What boto3 says when it could not reach Amazon, and when the answer was lost; what else it says
# comes before any request: no keys, no region.
_AMAZON_UNREACHED = {
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "ProxyConnectionError",
    "SSLError",
}
_AMAZON_UNHEARD = {
    "ConnectionClosedError",
    "HTTPClientError",
    "IncompleteReadError",
    "ReadTimeoutError",
    "ResponseParserError",
    "ResponseStreamingError",
}


class ProviderTransport(BaseEmailBackend):
    """anymail's backend of this name. `timeout` are the seconds that a silent provider gets,
    `per_second` bounds what one worker sends, 0 does not."""

    def __init__(
        self, *, provider: str, timeout: float = 10, per_second: float = 0, **options: Any
    ) -> None:
        super().__init__(**options)
        self._seen = _Seen()
        self._provider = provider
        self._gap, self._next = (1 / per_second if per_second else 0.0), 0.0
        # What a provider cannot do, metadata for one, is left out of the mail.
        own: dict[str, Any] = {"ignore_unsupported_features": True}
        if provider == "amazon_ses":
            own |= _amazon(timeout)
        else:
            own["timeout"] = timeout
        backend = import_module(f"anymail.backends.{provider}").EmailBackend
        with warnings.catch_warnings():
            # SendGrid's: anymail no longer tries it, and we do.
            warnings.simplefilter("ignore", AnymailNotSupportedWarning)
            self._inner: Any = backend(**own)

    def open(self) -> bool | None:
        """Raises ImproperlyConfigured, or boto3's errors, where we lack keys."""
        opened = bool(self._inner.open())
        session = getattr(self._inner, "session", None)
        if opened and session is not None:
            for scheme in ("https://", "http://"):
                session.mount(scheme, _Watching(self._seen))
        return opened

    def close(self) -> None:
        self._inner.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        if self._gap:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + self._gap
        self._seen.offered = False
        for mail in email_messages:
            if isinstance(mail, Envelope):
                mail.for_provider(self._provider)
        return int(self._inner.send_messages(email_messages))

    def answer(self, error: Exception) -> Answer:
        """What this error of open() or send_messages() means."""
        said = words(error)
        if isinstance(error, ImproperlyConfigured):
            return Answer(Outcome.OURS, said)
        if isinstance(error, AnymailRecipientsRefused):
            return Answer(Outcome.REFUSED, said)
        amazon = error.__cause__ if isinstance(error, AnymailError) else error
        if type(amazon).__module__.startswith("botocore"):
            return _amazons(amazon, said)
        response = getattr(error, "response", None)
        if response is not None:
            return _answered(response.status_code, response.text, response.headers, said)
        if isinstance(error, RequestException):
            outcome = Outcome.UNCERTAIN if self._seen.offered else Outcome.AWAY
            return Answer(outcome, said)
        # An answer, in words that anymail cannot read.
        if isinstance(error, AnymailAPIError) or self._seen.offered:
            return Answer(Outcome.UNCERTAIN, said)
        return Answer(Outcome.REFUSED, said)


def _answered(status: int, text: str, headers: Mapping[str, str], said: str) -> Answer:
    if status in BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = _asked_wait(headers)
        if wait is None and status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = 0.0  # it has said whom it means: nobody else need ask
        return Answer(Outcome.AWAY, said, wait)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        # Taken, it says, in words that anymail cannot read; or the address is not the API's.
        ours: object = "Magnificent" in text
        return Answer(Outcome.OURS if ours else Outcome.UNCERTAIN, said)
    if status in OF_A_MESSAGE:
        ours = _ABOUT_US.search(without_addresses(text))
        outcome = Outcome.OURS if ours else Outcome.REFUSED
        return Answer(outcome, said, otherwise=Outcome.REFUSED)
    return Answer(Outcome.OURS, said)


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds from Retry-After, which is a number or a date, or from what SendGrid and Brevo say
    instead: the second, or the seconds, until the limit begins anew."""
    now, headers = clock.real_now(), CaseInsensitiveDict(headers)
    if asked := headers.get("Retry-After", "").strip():
        try:
            return max(0.0, float(asked))
        except ValueError:
            pass
        try:
            until = parsedate_to_datetime(asked)
        except ValueError:
            return None
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    for name in ("X-RateLimit-Reset", "x-sib-ratelimit-reset"):
        reset = headers.get(name, "").strip()
        if reset.isdecimal():
            number = float(reset)
            return max(0.0, number - now.timestamp()) if number > 1e9 else number
    return None


def _amazon(timeout: float) -> dict[str, Any]:
    """boto3's own settings, with our patience: it would try four times more by itself, and a lost
    answer would be a mail more each time."""
    import botocore.session  # half a second that only Amazon SES needs
    from botocore.client import Config  # as above

    config = Config(
        connect_timeout=timeout, read_timeout=timeout, retries={"total_max_attempts": 1}
    )
    client = dict(settings.ANYMAIL.get("AMAZON_SES_CLIENT_PARAMS", {}))
    asked = client.pop("config", {})
    client["config"] = Config(**asked).merge(config) if asked else config
    session = botocore.session.get_session()
    session.register_component("data_loader", _amazon_loader())
    given = settings.ANYMAIL.get("AMAZON_SES_SESSION_PARAMS", {})
    return {"client_params": client, "session_params": {**given, "botocore_session": session}}


@cache
def _amazon_loader() -> Any:
    """Keeps the description of the API, which takes half a second to read."""
    from botocore.loaders import create_loader  # as above

    return create_loader()


def _amazons(error: Any, said: str) -> Answer:
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        names = {kind.__name__ for kind in type(error).__mro__}
        if names & _AMAZON_UNREACHED:
            return Answer(Outcome.AWAY, said)
        if names & _AMAZON_UNHEARD:
            return Answer(Outcome.UNCERTAIN, said)
        return Answer(Outcome.OURS, said)
    code = str(response.get("Error", {}).get("Code", ""))
    text = str(response.get("Error", {}).get("Message", ""))
    about = response.get("ResponseMetadata", {})
    headers = about.get("HTTPHeaders", {})
    if code in _AMAZON_BUSY:
        return Answer(Outcome.AWAY, said, _asked_wait(headers) or 0.0)
    if code in _AMAZON_OURS:
        return Answer(Outcome.OURS, said)
    return _answered(int(about.get("HTTPStatusCode", 400)), text, headers, said)


class _Seen:
    """Whether the request in hand went out whole. Before that nothing can have arrived; after it a
    lost answer leaves the question open (F8)."""

    offered = False


class _Watching(HTTPAdapter):
    def __init__(self, seen: _Seen) -> None:
        self._noting = seen
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _watch(self.poolmanager, self._noting)

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        _watch(manager, self._noting)
        return manager


def _watch(manager: Any, seen: _Seen) -> None:
    """Have the connections of this pool note when they begin to wait for an answer."""

    def watched(pool: Any) -> Any:
        class Connection(pool.ConnectionCls):
            def getresponse(self) -> Any:
                seen.offered = True
                return super().getresponse()

        return type(pool.__name__, (pool,), {"ConnectionCls": Connection})

    if not getattr(manager, "notes_offers", False):
        kinds = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {name: watched(pool) for name, pool in kinds.items()}
        manager.notes_offers = True
