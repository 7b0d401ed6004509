"""What waits for a person, whatever its kind: answered inside, without the mail (U7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.invitations import kinds

PER_KIND = 10


@dataclass(frozen=True)
class Waiting:
    headline: str
    until: datetime
    url: str


def pending_for(user: Any) -> list[Waiting]:
    """What ends first comes first. Proved addresses and administered accounts decide (I1)."""
    waiting = [
        Waiting(kind.headline(row), row.expires_at, kind.answer_url(user, row))
        for kind in kinds.all_kinds()
        for row in kind.waiting_for(user).order_by("expires_at", "id")[:PER_KIND]
    ]
    return sorted(waiting, key=lambda item: item.until)
