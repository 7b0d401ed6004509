"""Guests: who works on one shared shipment without an account, and whether they still may (X13)."""

from dataclasses import dataclass

from accounts.addresses import masked
from accounts.invitations.opening import Opened
from accounts.invitations.transitions import ENDED
from core.audit.services import Pseudonym
from core.errors import Ended
from supplychain.models import GuestLink


@dataclass(frozen=True)
class Guest(Pseudonym):
    """A guest at work, by the link and generation that this browser proved."""

    link_id: int = 0
    generation: int = 0

    @classmethod
    def of(cls, link: GuestLink, generation: int) -> "Guest":
        """The guest of this link; history names the supplier and masks the address."""
        return cls(str(link.public_id), pseudonym(link), None, link.pk, generation)


def pseudonym(link: GuestLink) -> str:
    return f"{link.name}, guest ({masked(link.address)})"


def require_in_force(link: GuestLink, generation: int) -> None:
    """Raise Ended unless this very link still opens its share.

    Not once it was renewed, taken back, used up or ran out, nor while whoever sent it could not
    share the shipment today (I10).
    """
    state = Opened(link, generation).state
    if state != "open":
        raise Ended(ENDED.get(state, "This guest link is no longer valid."))
