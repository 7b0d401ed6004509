"""What hangs on an approved role, counted before it is changed (X5)."""

from typing import Any

from connections.models import RoleGrant
from connections.states import LIVE_CONNECTION
from partnerhub import clock

NAMED = 10


def sellers_relying_on(approved_role: Any) -> tuple[list[str], int]:
    """Names of up to ten sellers who granted this role to its provider now, and how many there are.

    One grant per live connection, so grants are sellers. The roles app calls it by the name that
    settings.APPROVAL_IMPACT gives.
    """
    now = clock.now()
    grants = RoleGrant.objects.active().filter(
        provider_id=approved_role.provider_id,
        role_id=approved_role.role_id,
        connection__status__in=LIVE_CONNECTION,
        connection__ends_at__gt=now,
    )
    names = grants.order_by("seller__name", "pk").values_list("seller__name", flat=True)
    return list(names[:NAMED]), grants.count()
