"""One-time links: a signed name of a row and its generation. The row decides."""

import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare

PLACEHOLDER = "[[one-time-link]]"
UNSUBSCRIBE = "[[unsubscribe-link]]"
UNSUBSCRIBING = "unsubscribe"
SALT = "partnerhub.one-time-link"
_FIRST_FORM = re.compile(r"[A-Za-z0-9_-]{67}\Z")


@dataclass(frozen=True)
class Claim:
    """What a token names: `purpose` ("employee"), the row's public id, its generation."""

    purpose: str
    id: uuid.UUID
    generation: int


def _signer(purpose: str) -> signing.Signer:
    return signing.Signer(salt=f"{SALT}.{purpose}")


def sign(claim: Claim) -> str:
    """The token of `claim`: 68 URL-safe characters; it can be computed again, so none is stored."""
    raw = claim.id.bytes + claim.generation.to_bytes(2, "big")
    return _signer(claim.purpose).sign(signing.b64_encode(raw).decode())


def read(purpose: str, token: str) -> Claim | None:
    """The claim that `token` carries for `purpose`, or None when it was not signed by us. Keys in
    SECRET_KEY_FALLBACKS still count (H7)."""
    try:
        raw = signing.b64_decode(_signer(purpose).unsign(token).encode())
    except signing.BadSignature:
        return _read_first_form(purpose, token)
    return Claim(purpose, uuid.UUID(bytes=raw[:16]), int.from_bytes(raw[16:], "big"))


def _read_first_form(purpose: str, token: str) -> Claim | None:
    # Links sent until November 2026. It goes a year after that: their invitations have ended, and
    # whoever still gets mail that repeats has a newer link that stops it.
    if not _FIRST_FORM.match(token):
        return None
    raw = signing.b64_decode(token.encode())
    # The last character has stray bits: only the spelling that was sent is accepted.
    if signing.b64_encode(raw).decode() != token:
        return None
    message = hashlib.sha256(purpose.encode()).digest() + raw[:18]
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        derived = hashlib.sha256(SALT.encode() + key.encode()).digest()
        if constant_time_compare(raw[18:], hmac.digest(derived, message, "sha256")):
            return Claim(purpose, uuid.UUID(bytes=raw[:16]), int.from_bytes(raw[16:18], "big"))
    return None


def claim_url(claim: Claim) -> str:
    """The absolute address of the page that opens `claim`, built from SITE_URL only (I8)."""
    return f"{settings.SITE_URL}/invitations/{claim.purpose}/{sign(claim)}/"


def unsubscribe_url(number: int) -> str:
    """The absolute address that stops mail like message `number` to its reader (RFC 8058). It names
    the message, and with it the address and the group; nothing about the person."""
    token = sign(Claim(UNSUBSCRIBING, uuid.UUID(int=number), 0))
    return f"{settings.SITE_URL}/unsubscribe/{token}/"


def unsubscribed(token: str) -> int | None:
    """The number of the message whose link this is; None when we did not sign it for this."""
    claim = read(UNSUBSCRIBING, token)
    return claim.id.int if claim and not claim.generation else None
