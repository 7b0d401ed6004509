"""Taking an erased person out of invitations to them, of whatever kind (D6)."""

from collections.abc import Callable
from typing import Any

from accounts.invitations import transitions
from accounts.models import Invitation
from accounts.states import InvitationStatus
from accounts.tenancy import verified_addresses
from core.db import move, require_atomic


def addresses_of(user: Any) -> list[str]:
    """The addresses that are this person's: the one they sign in with, and proved ones."""
    return sorted({user.email, *verified_addresses(user)})


def nobody(row: Any) -> str:
    """The address that stands in the place of an erased one."""
    return f"erased-{row.pk}@erased.invalid"


def forget_invited(
    model: type[Invitation], user: Any, then: Callable[[Any], object] = lambda row: None
) -> None:
    """Take address and name out of invitations of one kind.

    What is still open is taken back first, and `then` told; the rest stays as history.
    """
    require_atomic()
    rows = model.objects.filter(address__in=addresses_of(user)).select_related("organization")
    for row in rows.order_by("pk").select_for_update(of=("self",), no_key=True):
        if row.status in row.open_statuses:
            transitions.close(row, InvitationStatus.REVOKED, by=None)
            then(row)
        move(row, expect={}, address=nobody(row), name="")
