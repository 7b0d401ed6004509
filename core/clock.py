"""The one clock that the product's rules read, and the only place where a moment becomes a day.

A day belongs to somebody: whoever asks for one says whose time zone it is in. Sessions, codes and
leases stay on real time.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.conf import settings
from django.utils.module_loading import import_string

# The hours of a morning; several, so that an hour without a worker loses nobody's mail.
MORNING = range(7, 12)
# Outside of these there are days without moments.
_FIRST, _LAST = date(1, 1, 3), date(9999, 12, 29)


def real_now() -> datetime:
    """The machine's time (aware, UTC), for leases and retries, which no rule reads."""
    return datetime.now(UTC)


def now() -> datetime:
    """The time the rules go by (aware, UTC): real time, in the demo moved by a shared offset."""
    if settings.CLOCK_OFFSET:
        offset: timedelta = import_string(settings.CLOCK_OFFSET)()
        return real_now() + offset
    return real_now()


def today(zone: tzinfo) -> date:
    return day_of(now(), zone)


def day_of(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def is_morning(moment: datetime, zone: tzinfo) -> bool:
    """Whether it is a time at which people want their daily mail."""
    return moment.astimezone(zone).hour in MORNING


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of the day there (UTC). Where clocks jump over midnight it is when they do;
    a day so far away that it has no moments counts as the nearest that does."""
    kept = min(max(day, _FIRST), _LAST)
    return datetime.combine(kept, time.min, tzinfo=zone).astimezone(UTC)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The last moment of the day there (UTC): "until" a day is until then."""
    return start_of(min(day, _LAST) + timedelta(days=1), zone) - timedelta(microseconds=1)


def end_after(days: int, zone: tzinfo, since: datetime | None = None) -> datetime:
    """The last moment of the day that comes so many days after today there, or after `since`."""
    return end_of(day_of(since or now(), zone) + timedelta(days=days), zone)
