"""Where the mail provider reports what became of mail; there only with a secret (X15)."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from anymail.urls import urlpatterns as everybodys
from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import path

TEXT = "text/plain; charset=utf-8"
logger = logging.getLogger(__name__)


def readable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 400 to a body that cannot be read: a provider would repeat it for days after a 500.
    When our database is away it is to repeat it."""

    @wraps(view)
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (DatabaseError, InterfaceError, Http404, PermissionDenied, SuspiciousOperation):
            raise
        except Exception:  # noqa: BLE001 - whatever a library makes of words from outside
            logger.warning("mail report that cannot be read", exc_info=True)
            return HttpResponseBadRequest("This report cannot be read.\n", content_type=TEXT)

    return handle


# Of all providers' addresses the one of the configured provider, and none for incoming mail.
urlpatterns = [
    path(str(pattern.pattern), readable(pattern.callback), name=pattern.name)
    for pattern in everybodys
    if pattern.name
    in (f"{settings.MAIL_WEBHOOK}_tracking_webhook", f"{settings.MAIL_WEBHOOK}_webhook")
]
