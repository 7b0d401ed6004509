"""Sealing the secrets of second factors anew, after SECRET_KEY changed."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from accounts import secrets

# Where the library keeps a secret, for each type that has one.
_KEPT = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def reseal_all() -> int:
    """Seal with the newest key what an older one sealed; how many rows. Reads nothing while there
    is no older key."""
    if not settings.SECRET_KEY_FALLBACKS:
        return 0
    rows = Authenticator.objects.filter(type__in=_KEPT).order_by("pk")
    return sum(_reseal(row) for row in rows.iterator(chunk_size=500))


@transaction.atomic
def _reseal(row: Any) -> bool:
    name = _KEPT[row.type]
    if secrets.is_current(row.data.get(name, "")):
        return False
    # The library counts used recovery codes in the same column: read under the lock.
    row = Authenticator.objects.select_for_update().get(pk=row.pk)
    row.data[name] = secrets.seal(secrets.unseal(row.data[name]))
    row.save(update_fields=["data"])
    return True
