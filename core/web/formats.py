"""Days, moments, ages and counts as pages and mails write them; moments are in UTC."""

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format

from core import clock


def day(moment: date | None) -> str:
    """ "3 May 2026"; empty without a moment."""
    return date_format(moment, "j F Y") if moment else ""


def country(organization: Any) -> str:
    return str(organization.country.name)


def minute(moment: datetime | None) -> str:
    """ "3 May 2026, 14:05 UTC"; empty without a moment."""
    return f"{date_format(moment, 'j F Y, H:i')} UTC" if moment else ""


def short_day(value: date | None, otherwise: str = "not set") -> str:
    """ "3 Sep 2027", or `otherwise` when there is none."""
    return date_format(value, "j M Y") if value else otherwise


def short_minute(value: datetime | None) -> str:
    """ "3 Sep 2027, 14:05 UTC"; empty without a moment."""
    return f"{desk_minute(value)} UTC" if value else ""


def desk_minute(value: datetime) -> str:
    """ "3 Sep 2027, 14:05", for a column whose head says UTC."""
    return date_format(value, "j M Y, H:i")


def desk_second(value: datetime) -> str:
    """ "3 Sep 2027, 14:05:59", for a column whose head says UTC."""
    return date_format(value, "j M Y, H:i:s")


def soon(value: datetime) -> str:
    """ "3 September, 14:05 UTC": within days, so that the year goes without saying."""
    return f"{date_format(value, 'j F, H:i')} UTC"


def lately(value: datetime) -> str:
    """ "3 Sep, 14:05", in a mail that says UTC once for all."""
    return date_format(value, "j M, H:i")


def ago(value: datetime) -> str:
    """How old something is, in whole days: "today", "1 day", "12 days"."""
    days = (clock.now() - value).days
    return "today" if days < 1 else count(days, "day")


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 box", "2 boxes"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
