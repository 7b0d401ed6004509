"""Whether this process can work: what balancers, supervisors and monitors ask."""

import logging
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from core import clock
from core.outbox.models import Message
from core.outbox.states import CLAIMABLE

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
# A full disk still takes what fits into pages that are there: the attempt needs a new one.
PAGE = 9000
# Anybody may ask: a write that went well counts for so long in this process.
WRITES_SECONDS = 2


class _Undone(Exception):
    """Takes the attempt back."""


class Writes:
    """Tries to write, and takes it back, unless that went well a moment ago."""

    good_until = 0.0

    @classmethod
    def work(cls) -> bool:
        """Whether the database takes writes."""
        if time.monotonic() < cls.good_until:
            return True
        try:
            with transaction.atomic():
                Session.objects.create(
                    session_key=secrets.token_hex(16),
                    session_data=secrets.token_urlsafe(PAGE),
                    expire_date=clock.real_now(),
                )
                raise _Undone
        except _Undone:
            cls.good_until = time.monotonic() + WRITES_SECONDS
            return True
        except DatabaseError as error:
            logger.error("database takes no writes", extra={"reason": type(error).__name__})
            return False


def broker_answers() -> bool:
    """Whether the broker, which is the quick cache too, takes a question."""
    try:
        caches["quick"].get("probe")
    except Exception as error:  # noqa: BLE001 - whatever a client of it raises
        logger.warning("broker does not answer", extra={"reason": type(error).__name__})
        return False
    return True


def readiness() -> dict[str, Any]:
    """What this process needs, as far as it answers, and how many seconds the oldest mail that
    could leave has waited."""
    state: dict[str, Any] = {"database": False, "writes": False, "broker": broker_answers()}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        waiting = Message.objects.filter(status__in=CLAIMABLE).order_by("due_at")
        oldest = waiting.values_list("due_at", flat=True).first()
    except DatabaseError:
        return state
    age = (clock.real_now() - oldest).total_seconds() if oldest else 0
    return state | {"database": True, "writes": Writes.work(), "outbox_seconds": max(0, int(age))}


def health(get_response: Handler) -> Handler:
    """Answer /healthz (the process lives) and /readyz (it can work) on any host. A waiting outbox
    is told, and is no reason to send people to another web process."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
        if request.path == "/readyz":
            state = readiness()
            ready = all(state[part] for part in ("database", "writes", "broker"))
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            return JsonResponse(state, status=status)
        return get_response(request)

    return handle
