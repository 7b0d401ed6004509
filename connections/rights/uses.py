"""When rights were last used: at most one write for a person, connection, role and day (X4).

PartnerHub knows it for the roles that open pages here; each app says which. The cache answers
whether today is noted already, so that a page costs no statement more.
"""

import logging
from datetime import date

from django.core.cache import caches
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponseBase

from connections.models import RightUse
from core import clock
from roles.models import Role

logger = logging.getLogger(__name__)
A_DAY = 60 * 60 * 24
_observed: set[str] = set()


def observe(role_code: str) -> None:
    """Pages of ours ask for this role: whether it is used can be known."""
    _observed.add(role_code)


def observed() -> frozenset[str]:
    """The codes of the roles whose use PartnerHub knows about."""
    return frozenset(_observed)


def note_use(request: HttpRequest, response: HttpResponseBase) -> None:
    """Note what a delegate's answered request rested on; never in the way of the answer."""
    access = getattr(request, "access", None)
    if access is None or access.member or response.status_code >= 400:
        return
    match = request.resolver_match
    need = getattr(match.func, "need", None) if match else None
    if need is None or need.role not in access.acting_by_role:
        return
    acting = access.acting_by_role[need.role]
    # The day is the seller's, in whose account it happens.
    today = clock.today(access.organization.zone)
    if _is_first(access.user_id, acting.connection_id, need.role, today):
        _write(access.user_id, acting.connection_id, need.role, today)


def _is_first(user_id: int, connection_id: int, role_code: str, day: date) -> bool:
    """Whether nobody noted it that day; without a cache it is noted again: that changes nothing."""
    key = f"right-use:{user_id}:{connection_id}:{role_code}:{day}"
    try:
        return bool(caches["quick"].add(key, True, timeout=A_DAY))
    except Exception as error:  # noqa: BLE001 - whatever a cache does, the page is shown
        logger.warning("use noted without the cache", extra={"reason": type(error).__name__})
        return True


def _write(user_id: int, connection_id: int, role_code: str, day: date) -> None:
    role_id = Role.objects.values_list("pk", flat=True).get(code=role_code)
    row = RightUse(user_id=user_id, connection_id=connection_id, role_id=role_id, last_used_on=day)
    try:
        with transaction.atomic():
            RightUse.objects.bulk_create(
                [row],
                update_conflicts=True,
                unique_fields=["connection", "role", "user"],
                update_fields=["last_used_on"],
            )
    except DatabaseError as error:
        logger.warning("use not noted", extra={"reason": type(error).__name__})
