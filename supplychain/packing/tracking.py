"""Tracking numbers: which carrier's they are, and whether their check digit is right (U35)."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from core.spellings import visible
from supplychain.vocabulary import TrackingVerdict

FORMATS_FILE = Path(__file__).parents[1] / "data" / "tracking_formats.json"
CARRIER_NAMES = {"ups": "UPS", "fedex": "FedEx", "usps": "USPS"}
MAX_LENGTH = 64

_ALLOWED = re.compile(r"[A-Z0-9](?:[A-Z0-9./_-]*[A-Z0-9])?")


class TrackingError(ValueError):
    """The text cannot be a tracking, PRO or bill of lading number; `str()` says why."""


@dataclass(frozen=True)
class Tracking:
    """A tracking number in one spelling, its carrier where known, and what could be checked."""

    carrier: str | None
    normalised: str
    verdict: TrackingVerdict


@dataclass(frozen=True)
class _Format:
    """A carrier's number: serial part and check digit, and how the one follows from the other."""

    carrier: str
    pattern: re.Pattern[str]
    weights: tuple[int, ...]
    rule: str

    def check_digit(self, serial: str) -> int:
        # Letters count as A = 2, B = 3, … modulo 10.
        values = (int(char) if char.isdigit() else (ord(char) - 3) % 10 for char in serial)
        total = sum(value * weight for value, weight in zip(values, self.weights, strict=True))
        return -total % 10 if self.rule == "complement_of_10" else total % 11 % 10


def check_tracking(number: str) -> Tracking:
    """Return what can be said about a tracking number.

    Validated: a known carrier's number with the right check digit. Not validated: it has the shape
    of such a number, but not the check digit. Not supported: another carrier's, nothing can be
    checked. Raises TrackingError for what cannot be a number at all.
    """
    normalised = _normalised(number, _("tracking number"))
    for form in _formats():
        match = form.pattern.fullmatch(normalised)
        if match:
            right = form.check_digit(match[1]) == int(match[2])
            verdict = TrackingVerdict.VALIDATED if right else TrackingVerdict.NOT_VALIDATED
            return Tracking(form.carrier, normalised, verdict)
    return Tracking(None, normalised, TrackingVerdict.NOT_SUPPORTED)


def check_pro(number: str) -> str:
    return _normalised(number, _("PRO number"))


def check_bol(number: str) -> str:
    return _normalised(number, _("bill of lading number"))


def _normalised(number: str, what: str) -> str:
    text = "".join(visible(number).split()).upper()
    if not text:
        raise TrackingError(_("Enter the %(what)s.") % {"what": what})
    if len(text) > MAX_LENGTH:
        message = _("A %(what)s has at most %(limit)s characters.")
        raise TrackingError(message % {"what": what, "limit": MAX_LENGTH})
    if not _ALLOWED.fullmatch(text):
        message = _("A %(what)s has only letters, digits and the signs . / _ - between them.")
        raise TrackingError(message % {"what": what})
    return text


@cache
def _formats() -> tuple[_Format, ...]:
    rows: list[dict[str, Any]] = json.loads(FORMATS_FILE.read_text("utf-8"))
    return tuple(
        _Format(row["carrier"], re.compile(row["pattern"]), tuple(row["weights"]), row["rule"])
        for row in rows
    )
