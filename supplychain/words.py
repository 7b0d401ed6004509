"""Dates and amounts as pages and mails of this app write them."""

from datetime import date, datetime

from django.utils.dateformat import format as date_format


def day(value: date | None, otherwise: str = "not set") -> str:
    """A date as "3 May 2027", or `otherwise` when there is none."""
    return date_format(value, "j M Y") if value else otherwise


def moment(value: datetime | None) -> str:
    """A time as "3 May 2027, 14:05 UTC", or nothing."""
    return f"{date_format(value, 'j M Y, H:i')} UTC" if value else ""


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 box", "2 boxes"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
