"""Opening a link: the token leaves the address bar at once and waits in a signed cookie.

The cookie survives switching accounts and signing up; it gives no right by itself: the row decides
and the person must be the invited one.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.invitations import kinds
from accounts.invitations.kinds import Kind
from accounts.models import OneTimeLink
from core import clock
from core.errors import DomainError
from core.outbox import tokens
from core.outbox.tokens import Claim

COOKIE = f"{settings.COOKIE_PREFIX}invitation"
_SALT = "accounts.invitations.opening"


@dataclass(frozen=True)
class Opened:
    row: Any
    generation: int

    @property
    def kind(self) -> Kind[Any]:
        return kinds.of(self.row)

    @property
    def superseded(self) -> bool:
        return bool(self.row.generation != self.generation)

    @property
    def is_open(self) -> bool:
        """Whether this very link can still be answered."""
        return not self.superseded and bool(self.row.is_open)

    @property
    def state(self) -> str:
        """What the common page tells: "open", or in which way it has ended.

        An open row whose inviter may no longer invite is "inviter_gone", or "suspended" with
        its account (I10).
        """
        if not self.row.is_open:
            return str(self.row.current_status)
        if self.superseded:
            return "superseded"
        if self.kind.inviter(self.row).status in ("suspended", "closed"):
            return "suspended"
        try:
            self.kind.check_inviter(self.row)
        except DomainError:
            return "inviter_gone"
        return "open"


def find(claim: Claim) -> Opened | None:
    kind = kinds.get(claim.purpose)
    if kind is None:
        return None
    row = kind.rows().filter(public_id=claim.id).first()
    return Opened(row, claim.generation) if row else None


def newest(row: OneTimeLink) -> Opened:
    """A row as its newest link would open it, for answer pages inside the product."""
    return Opened(row, row.generation)


def from_token(purpose: str, token: str) -> Opened | None:
    """What a link names; None for a token we did not sign or a row that is gone (I7)."""
    claim = tokens.read(purpose, token)
    return find(claim) if claim else None


def remember(response: HttpResponse, opened: Opened) -> None:
    value = f"{opened.kind.purpose}:{opened.row.public_id}:{opened.generation}"
    left: datetime = opened.row.expires_at
    seconds = int((left - clock.now()).total_seconds())
    response.set_signed_cookie(
        COOKIE,
        value,
        salt=_SALT,
        max_age=max(seconds, 3600),
        httponly=True,
        samesite="Lax",
        secure=settings.SITE_HTTPS,
    )


def from_cookie(request: HttpRequest) -> Opened | None:
    value = request.get_signed_cookie(COOKIE, default=None, salt=_SALT)
    if not value:
        return None
    purpose, _, rest = value.partition(":")
    public_id, _, generation = rest.partition(":")
    try:
        return find(Claim(purpose, uuid.UUID(public_id), int(generation)))
    except ValueError:
        return None


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
