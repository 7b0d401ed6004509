"""The one clock that the product's rules read. Sessions, codes and leases stay on real time."""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.utils.module_loading import import_string


def real_now() -> datetime:
    """The machine's time (aware, UTC), for leases and retries, which no rule reads."""
    return datetime.now(UTC)


def now() -> datetime:
    """The time the rules go by (aware, UTC): real time, in the demo moved by a shared offset."""
    if settings.CLOCK_OFFSET:
        offset: timedelta = import_string(settings.CLOCK_OFFSET)()
        return real_now() + offset
    return real_now()


def today() -> date:
    return now().date()
