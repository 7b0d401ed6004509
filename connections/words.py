"""Dates as the pages of this app say them."""

from datetime import date, datetime
from typing import Any

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
