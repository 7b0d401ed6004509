"""What the limits of I13 need when many act at once, and over all kinds of invitation."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from accounts.addresses import budget_key
from accounts.invitations import kinds, limits
from accounts.models import Invitation
from core import clock
from core.errors import LimitReached

_LOCK = 0x1A13  # the namespace of our advisory locks on budgets


def hold(addresses: Iterable[str]) -> None:
    """Let nobody else count for these addresses until the transaction ends.

    Their budgets are shared by accounts that lock nothing in common. The caller has locked its
    organization before. SQLite's writers are serial.
    """
    if connection.vendor != "postgresql":
        return
    keys = [budget_key(address) for address in addresses]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, number) FROM (SELECT DISTINCT hashtext(key) AS "
            "number FROM unnest(%s) AS key ORDER BY number) AS numbers",
            [_LOCK, keys],
        )


def check_open(invitation: Any) -> None:
    """Raise LimitReached when the account's open invitations, of all kinds together, are enough."""
    organization, now = invitation.organization, clock.now()
    trusted = limits.day_budget(organization) == limits.PER_ORGANIZATION_TRUSTED
    limit = limits.PENDING_TRUSTED if trusted else limits.PENDING
    rows = [
        model.objects.for_organization(organization)
        .open(now)
        .exclude(pk=invitation.pk if model is type(invitation) else 0)
        .order_by()
        .values_list("expires_at", flat=True)
        for model in (kind.model for kind in kinds.all_kinds())
        if issubclass(model, Invitation)
    ]
    open_ones = rows[0].union(*rows[1:], all=True)
    if open_ones[:limit].count() >= limit:
        raise LimitReached(
            f"There are {limit} open invitations. Take back what nobody will answer, or wait.",
            retry_at=min(open_ones),
        )
