"""Days, moments, ages and counts as pages and mails write them: the only place that does.

Pages: a moment is written in the zone that is active, which is the reader's (accounts.middleware),
and stands in a `<time>`. Mails: one text goes to many readers, so it holds marks, which in_zone()
turns into words for each of them.
"""

import math
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core import clock

_DAY, _SHORT_DAY = "j F Y", "j M Y"
# The last minute of a day: "until" then is until the end of that day.
_LAST_MINUTE = time(23, 59)
# Characters for private use: nobody types them, and outbox.rendering drops them from foreign words.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([dlmu])(-?[0-9]+){_CLOSE}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Shown(str):
    """A day or a moment in words; in a page it stands in `<time>`, which says it to machines."""

    machine: str

    def __html__(self) -> SafeString:
        return format_html('<time datetime="{}">{}</time>', self.machine, str(self))


def _shown(text: str, value: date | datetime) -> Shown:
    shown = Shown(text)
    shown.machine = (
        value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
    )
    return shown


def _local(value: date) -> date:
    """A moment in the reader's zone; a day is a day everywhere."""
    return timezone.localtime(value) if isinstance(value, datetime) else value


def zone_label(moment: datetime) -> str:
    """What the zone of a local moment is called then: "CEST", or "UTC+05:45" without a name."""
    name = moment.strftime("%Z")
    return name if name.isalpha() else f"UTC{moment.strftime('%:z')}"


def _written(value: date | None, form: str, *, named: bool = False) -> str:
    if value is None:
        return ""
    local = _local(value)
    text = date_format(local, form)
    return _shown(
        f"{text} {zone_label(local)}" if named and isinstance(local, datetime) else text, local
    )


def day(value: date | None) -> str:
    """ "3 May 2026"; empty without one."""
    return _written(value, _DAY)


def short_day(value: date | None, otherwise: str = "not set") -> str:
    """ "3 Sep 2027", or `otherwise` when there is none."""
    return _written(value, _SHORT_DAY) or otherwise


def minute(moment: datetime | None) -> str:
    """ "3 May 2026, 14:05 CEST"; empty without a moment."""
    return _written(moment, f"{_DAY}, H:i", named=True)


def short_minute(moment: datetime | None) -> str:
    """ "3 Sep 2027, 14:05 CEST"; empty without a moment."""
    return _written(moment, f"{_SHORT_DAY}, H:i", named=True)


def second(moment: datetime | None) -> str:
    """ "3 Sep 2027, 14:05:59 CEST"; empty without a moment."""
    return _written(moment, f"{_SHORT_DAY}, H:i:s", named=True)


def ending(moment: datetime | None) -> str:
    """Until when something holds: "3 May 2026" where that is the end of a day for the reader, and
    else the minute, "3 May 2026, 05:59 CEST"."""
    return day(moment) if moment is None or _ends_day(moment) else minute(moment)


def short_ending(moment: datetime | None) -> str:
    """ "3 Sep 2027" or "3 Sep 2027, 05:59 CEST", as ending() does."""
    return (
        _written(moment, _SHORT_DAY)
        if moment is None or _ends_day(moment)
        else (short_minute(moment))
    )


def _ends_day(moment: datetime) -> bool:
    local = timezone.localtime(moment)
    return local.time() >= _LAST_MINUTE


def soon(moment: datetime) -> str:
    """ "3 September, 14:05 CEST": within days, so that the year goes without saying."""
    return _written(moment, "j F, H:i", named=True)


def lately(moment: datetime) -> str:
    """ "3 Sep, 14:05"."""
    return _written(moment, "j M, H:i")


def month_day(value: date) -> str:
    """ "3 May": this year's."""
    return _written(value, "j F")


def stamp(value: date) -> str:
    """ "2026-05-03", for names of files and fields of forms: the reader's day of a moment."""
    local = _local(value)
    return (local.date() if isinstance(local, datetime) else local).isoformat()


def mail_day(value: date | None) -> str:
    """day() in a mail: the reader's day of a moment."""
    return _mark("d", value)


def mail_minute(moment: datetime | None) -> str:
    """minute() in a mail."""
    return _mark("m", moment)


def mail_ending(moment: datetime | None) -> str:
    """ending() in a mail."""
    return _mark("u", moment)


def mail_lately(moment: datetime) -> str:
    """lately() in a mail."""
    return _mark("l", moment)


def _mark(style: str, value: date | None) -> str:
    if not isinstance(value, datetime):
        return day(value)
    return f"{_OPEN}{style}{(value - _EPOCH) // timedelta(microseconds=1)}{_CLOSE}"


_WRITERS = {"d": day, "l": lately, "m": minute, "u": ending}


def in_zone(text: str, zone: tzinfo) -> str:
    """`text` of a mail with the moments that are marked in it written for a reader of this zone."""
    if _OPEN not in text:
        return text

    def write(found: re.Match[str]) -> str:
        moment = _EPOCH + timedelta(microseconds=int(found[2]))
        return str(_WRITERS[found[1]](moment))

    with timezone.override(zone):
        return _MARK.sub(write, text)


def ago(value: datetime) -> str:
    """How many days ago something was, by the reader's calendar: "today", "1 day", "12 days"."""
    zone = timezone.get_current_timezone()
    days = (clock.today(zone) - clock.day_of(value, zone)).days
    return "today" if days < 1 else count(days, "day")


def in_days(days: int, moment: datetime) -> str:
    """How long it is until then, of a reminder that is to come so many days before: it may come
    late, and then says what is left."""
    left = math.ceil((moment - clock.now()) / timedelta(days=1))
    if left < days - 1:
        days = max(left, 1)
    return _("tomorrow") if days == 1 else _("in %(days)d days") % {"days": days}


def country(organization: Any) -> str:
    return str(organization.country.name)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 box", "2 boxes"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
