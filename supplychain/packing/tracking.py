"""Tracking numbers: whose they can be, and whether their check digit is right (U35)."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from core.spellings import visible
from supplychain.vocabulary import TrackingVerdict

FORMATS_FILE = Path(__file__).parents[1] / "data" / "tracking_formats.json"
MAX_LENGTH = 64

_ALLOWED = re.compile(r"[A-Z0-9](?:[A-Z0-9./_-]*[A-Z0-9])?")
# Nobody copies these by accident: they hide a part of the number, or turn it round.
_HIDING = re.compile("[\0-\x08\x0e-\x1b\x7f\u202a-\u202e]")


class TrackingError(ValueError):
    """The text cannot be a tracking, PRO or bill of lading number; `str()` says why."""


@dataclass(frozen=True)
class Tracking:
    """A tracking number in one spelling, and what can be said about it.

    `carriers` names every carrier whose number it can be; where its check digit is wrong, those
    whose number it looks like. `carrier` is the code of the one it must be. `doubt` is a sentence
    that somebody should confirm before the number is used, "" when nothing speaks against it.
    """

    carrier: str | None
    normalised: str
    verdict: TrackingVerdict
    carriers: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True)
class _Format:
    """One kind of number of one carrier, as jkeen/tracking_number_data describes it."""

    carrier: str
    name: str
    pattern: re.Pattern[str]
    check: Mapping[str, Any]
    prefix: Mapping[str, str]
    lookup: Mapping[str, Any]

    def name_of(self, match: re.Match[str]) -> str:
        """The carrier's name; a post's own name where the number says whose it is."""
        found = self.lookup.get("found", {}).get(match[self.lookup["group"]]) if self.lookup else ""
        return found or self.name

    def is_right(self, match: re.Match[str]) -> bool | None:
        """Whether check digit and look-up agree; None where there is nothing to compare."""
        if self.lookup and match[self.lookup["group"]] not in self.lookup["found"]:
            return False
        if not self.check:
            return None
        serial = match["SerialNumber"]
        if self.prefix and re.match(self.prefix["where"], serial):
            serial = self.prefix["add"] + serial
        return _check_digit(serial, self.check) == match["CheckDigit"]


def check_tracking(number: str) -> Tracking:
    """Return what can be said about a tracking number.

    Validated: the check digit of at least one carrier is right. Not validated: it has the shape of
    a known number whose check digit is wrong, or that has none. Not supported: no known carrier's.
    Raises TrackingError for what cannot be a number at all.
    """
    normalised = _normalised(number, _("tracking number"))
    found = [(form, match) for form in _formats() if (match := form.pattern.fullmatch(normalised))]
    if not found:
        return Tracking(None, normalised, TrackingVerdict.NOT_SUPPORTED)
    right = [pair for pair in found if pair[0].is_right(pair[1])]
    possible = right or [pair for pair in found if pair[0].is_right(pair[1]) is None]
    shown = possible or found
    names = tuple(dict.fromkeys(form.name_of(match) for form, match in shown))
    codes = {form.carrier for form, _ in shown}
    # A row of digits with a wrong check digit may as well be somebody else's.
    sure = len(codes) == 1 and (possible or not normalised.isdigit())
    carrier = codes.pop() if sure else None
    told = {"number": normalised, "carriers": one_of(names)}
    if not possible:
        doubt = _("%(number)s looks like a number of %(carriers)s, but its check digit is wrong.")
        return Tracking(carrier, normalised, TrackingVerdict.NOT_VALIDATED, names, doubt % told)
    if right and all(len(set(match["SerialNumber"])) == 1 for _, match in right):
        # Zeros, or any digit all the way: the check digit agrees, and says nothing.
        doubt = _("%(number)s is made of one digit only.")
        return Tracking(None, normalised, TrackingVerdict.NOT_VALIDATED, names, doubt % told)
    verdict = TrackingVerdict.VALIDATED if right else TrackingVerdict.NOT_VALIDATED
    return Tracking(carrier, normalised, verdict, names)


def carriers_of(number: str) -> str:
    """The carriers whose number it can be, in words: "FedEx or Purolator"; "" for none."""
    try:
        tracking = check_tracking(number)
    except TrackingError:
        return ""
    if not tracking.carriers:
        return ""
    if tracking.carrier is None and tracking.doubt:
        return _("looks like %(carriers)s") % {"carriers": one_of(tracking.carriers)}
    return one_of(tracking.carriers)


def one_of(names: Iterable[str]) -> str:
    """Names as alternatives: "FedEx or Purolator"."""
    *first, last = names
    if not first:
        return last
    return _("%(first)s or %(last)s") % {"first": ", ".join(first), "last": last}


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
    if _HIDING.search(number) or not _ALLOWED.fullmatch(text):
        message = _("A %(what)s has only letters, digits and the signs . / _ - between them.")
        raise TrackingError(message % {"what": what})
    return text


@cache
def _formats() -> tuple[_Format, ...]:
    rows: list[dict[str, Any]] = json.loads(FORMATS_FILE.read_text("utf-8"))
    return tuple(
        _Format(
            row["carrier"],
            row["name"],
            re.compile(row["pattern"]),
            row.get("check", {}),
            row.get("prefix", {}),
            row.get("lookup", {}),
        )
        for row in rows
    )


def _check_digit(serial: str, rule: Mapping[str, Any]) -> str:
    """The sign that has to follow `serial`; the rules are those of tracking_number_data."""
    match rule["name"]:
        case "mod10":
            return str(_mod10(serial, rule))
        case "mod7":
            return str(int(serial) % 7)
        case "luhn":
            doubled = (int(char) * (2 - n % 2) for n, char in enumerate(reversed(serial)))
            return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
        case "s10":
            rest = _weighted(serial, rule["weightings"]) % rule["modulo"]
            return {0: "5", 1: "0"}.get(rest, str(rule["modulo"] - rest))
        case "sum_product_with_weightings_and_modulo":
            total = _weighted(serial, rule["weightings"])
            return str(total % rule["modulo1"] % rule["modulo2"])
        case "mod_37_36":
            return _mod_37_36(serial, rule)
    raise ValueError(f"unknown rule {rule['name']}")


def _weighted(serial: str, weights: Sequence[int]) -> int:
    return sum(int(char) * weight for char, weight in zip(serial, weights, strict=True))


def _mod10(serial: str, rule: Mapping[str, Any]) -> int:
    signs = reversed(serial) if rule["reverse"] else serial
    times = (rule["evens_multiplier"], rule["odds_multiplier"])
    # Letters count as A = 2, B = 3, … modulo 10.
    values = (int(char) if char.isdigit() else (ord(char) - 3) % 10 for char in signs)
    return -sum(value * times[place % 2] for place, value in enumerate(values)) % 10


def _mod_37_36(serial: str, rule: Mapping[str, Any]) -> str:
    alphabet, modulo = rule["alphabet"], rule["modulo"]
    check = modulo
    for char in serial:
        check += alphabet.index(char)
        check -= modulo if check > modulo else 0
        check *= 2
        check -= modulo + 1 if check > modulo else 0
    return str(alphabet[(modulo + 1 - check) % modulo])
