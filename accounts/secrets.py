"""Secrets of second factors as the database holds them: sealed with a key made from SECRET_KEY.

Keys rotate as Django's do: what one of SECRET_KEY_FALLBACKS sealed is read, and sealed anew each
day until nothing needs that key. Rows from before there was a seal are read as they stand.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

SEAL = "sealed:"
_PURPOSE = b"accounts.secrets"


@lru_cache(maxsize=8)
def _fernet(key: str) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(_PURPOSE + key.encode()).digest()))


def seal(text: str) -> str:
    return SEAL + _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode()


def unseal(stored: str) -> str:
    """Raises InvalidToken for what none of the keys sealed."""
    if not stored.startswith(SEAL):
        return stored
    keys = MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *_older())])
    return keys.decrypt(stored.removeprefix(SEAL).encode()).decode()


def is_current(stored: str) -> bool:
    """Whether it is sealed, with the newest key."""
    if not stored.startswith(SEAL):
        return False
    try:
        _fernet(settings.SECRET_KEY).decrypt(stored.removeprefix(SEAL).encode())
    except InvalidToken:
        return False
    return True


def _older() -> list[str]:
    return list(settings.SECRET_KEY_FALLBACKS)
