"""Taking an erased person out of invitations to them, of whatever kind (D6)."""

from collections.abc import Callable
from typing import Any

from accounts.invitations import kinds, transitions
from accounts.models import Invitation, OneTimeLink
from accounts.tenancy import verified_addresses
from core.db import move, require_atomic


def addresses_of(user: Any) -> list[str]:
    """The addresses that are this person's: the one they sign in with, and proved ones."""
    return sorted({user.email, *verified_addresses(user)})


def forget_invited(
    model: type[OneTimeLink], user: Any, then: Callable[[Any], object] = lambda row: None
) -> None:
    """What is still open is taken back first, and `then` told; the rest stays as history."""
    require_atomic()
    kind = kinds.of(model)
    rows = kind.rows().filter(address__in=addresses_of(user))
    for row in rows.order_by("pk").select_for_update(of=("self",), no_key=True):
        if row.status in row.open_statuses:
            transitions.close(row, kind.revoked, by=None)
            then(row)
        name = {"name": ""} if isinstance(row, Invitation) else {}
        move(row, expect={}, address=f"erased-{row.pk}@erased.invalid", **name)
