"""Dates as the pages of this app say them."""

from datetime import date, datetime
from typing import Any

from django.utils.dateformat import format as django_format
from django.utils.formats import date_format


def day(moment: date | None) -> str:
    """ "3 May 2026"; empty without a moment."""
    return date_format(moment, "j F Y") if moment else ""


def country(organization: Any) -> str:
    """The name of the country an organization is in."""
    return str(organization.country.name)


def minute(moment: datetime | None) -> str:
    """ "3 May 2026, 14:05 UTC"; empty without a moment."""
    return f"{date_format(moment, 'j F Y, H:i')} UTC" if moment else ""


def short_day(value: date | None, otherwise: str = "not set") -> str:
    """A date as "3 May 2027", or `otherwise` when there is none."""
    return django_format(value, "j M Y") if value else otherwise


def short_minute(value: datetime | None) -> str:
    """A time as "3 May 2027, 14:05 UTC", or nothing."""
    return f"{django_format(value, 'j M Y, H:i')} UTC" if value else ""


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 box", "2 boxes"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
