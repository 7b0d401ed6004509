"""One-time links: a signed name of a row and its generation. The row decides (design 4.4)."""

import hashlib
import hmac
import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from django.conf import settings

PLACEHOLDER = "[[one-time-link]]"
UNSUBSCRIBE = "[[unsubscribe-link]]"
UNSUBSCRIBING = "unsubscribe"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{67}\Z")


@dataclass(frozen=True)
class Claim:
    """What a token names: `purpose` ("employee"), the row's public id, its generation."""

    purpose: str
    id: uuid.UUID
    generation: int


def _signature(key: str, claim: Claim) -> bytes:
    # Every part has a fixed place and length, so that no two claims sign the same bytes (V40).
    message = (
        hashlib.sha256(claim.purpose.encode()).digest()
        + claim.id.bytes
        + claim.generation.to_bytes(2, "big")
    )
    derived = hashlib.sha256(b"partnerhub.one-time-link" + key.encode()).digest()
    return hmac.new(derived, message, hashlib.sha256).digest()


def sign(claim: Claim) -> str:
    """The token of `claim`: 67 URL-safe characters; it can be computed again, so none is stored."""
    raw = claim.id.bytes + claim.generation.to_bytes(2, "big")
    return urlsafe_b64encode(raw + _signature(settings.SECRET_KEY, claim)).decode().rstrip("=")


def read(purpose: str, token: str) -> Claim | None:
    """The claim that `token` carries for `purpose`, or None when it was not signed by us.

    Keys in SECRET_KEY_FALLBACKS still count (H7). Only the canonical spelling of a token is
    accepted: no padding, no stray bits.
    """
    if not _TOKEN.match(token):
        return None
    raw = urlsafe_b64decode(token + "=")
    if urlsafe_b64encode(raw).decode().rstrip("=") != token:
        return None
    claim = Claim(purpose, uuid.UUID(bytes=raw[:16]), int.from_bytes(raw[16:18], "big"))
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(raw[18:], _signature(key, claim)):
            return claim
    return None


def url(claim: Claim) -> str:
    """The absolute address of the page that opens `claim`, built from SITE_URL only (I8)."""
    return f"{settings.SITE_URL}/invitations/{claim.purpose}/{sign(claim)}/"


def unsubscribe_url(number: int) -> str:
    """The absolute address that stops mail like message `number` to its reader (RFC 8058).

    It names the message, and with it the address and the group; nothing about the person.
    """
    token = sign(Claim(UNSUBSCRIBING, uuid.UUID(int=number), 0))
    return f"{settings.SITE_URL}/unsubscribe/{token}/"


def unsubscribed(token: str) -> int | None:
    """The number of the message whose link this is; None when we did not sign it for this."""
    claim = read(UNSUBSCRIBING, token)
    return claim.id.int if claim and not claim.generation else None
