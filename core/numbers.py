"""Numbers as people write them, in whatever country they learned it. Needs no database.

Whoever types "1.200" may mean twelve hundred or one and a fifth. What can mean one thing only is
read; everything else is refused in words that say what it could mean.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.spellings import visible

LONGEST = 40
_THOUSANDS = re.compile(
    r"[1-9]\d{0,2}(?P<sign>[., '’])\d{3}(?:(?P=sign)\d{3})*"
    r"|[1-9]\d?(?:,\d{2})+,\d{3}"  # as India parts them
)


class NumberUnclear(ValueError):
    """The text is no number, or could be two; `str()` is a sentence that says what was read."""


def read_whole(text: str) -> int:
    """A count: "1200", "1,200" and "1 200" are twelve hundred, "12,00" and "12.0" are twelve.

    Raises NumberUnclear for everything else, for "1.200" too.
    """
    number = _read(text, whole=True)
    places = -int(number.as_tuple().exponent)
    if number != number.to_integral_value() or places > 3:
        raise NumberUnclear(
            _("“%(typed)s” was read as %(number)s. Enter a whole number.")
            % {"typed": _shown(text), "number": f"{number:f}"}
        )
    return int(number)


def read_amount(text: str) -> Decimal:
    """A measured amount: "12.5" and "12,5" are twelve and a half, "1.234,50" is 1234.50.

    Raises NumberUnclear for everything else, for "1,200" too.
    """
    return _read(text, whole=False)


def _read(text: str, *, whole: bool) -> Decimal:
    # A raised, circled or broken number would become another one.
    if any(char.isnumeric() and not char.isdecimal() for char in text) or len(text) > LONGEST:
        raise NumberUnclear(_unread(text))
    bare = unicodedata.normalize("NFKC", visible(text)).strip()
    sign = "-" if bare[:1] in {"-", "−"} else ""
    digits = _digits(bare[1:] if sign or bare[:1] == "+" else bare)
    decimal = max(",.", key=digits.rfind)
    before, found, rest = digits.rpartition(decimal)
    signs = set(re.sub(r"\d", "", digits))
    if len(signs) == 2 and digits.count(decimal) == 1:
        digits = f"{_joined(before, text)}.{rest}"
    elif len(signs) == 1 and (not found or digits.count(decimal) > 1):
        digits = _joined(digits, text)
    elif found:
        digits = _one_sign(decimal, digits, text, whole=whole)
    if not re.fullmatch(r"\d+(?:\.\d+)?|\.\d+", digits):
        raise NumberUnclear(_unread(text))
    return Decimal(sign + digits)


def _digits(text: str) -> str:
    """The same with the ten digits everybody knows, whatever script they were typed in."""
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)


def _joined(digits: str, text: str) -> str:
    """`digits` without the sign between thousands, which stand in threes, or as India parts."""
    if not _THOUSANDS.fullmatch(digits):
        raise NumberUnclear(_unread(text))
    return re.sub(r"\D", "", digits)


def _one_sign(sign: str, digits: str, text: str, *, whole: bool) -> str:
    """`digits` with one comma or point and nothing else in it.

    Three digits behind it make it unclear, but for the comma of a count, which our own pages
    write, and the point of an amount, which browsers and machines write.
    """
    before, _sign, rest = digits.partition(sign)
    if not _THOUSANDS.fullmatch(digits) or (sign == "." and not whole):
        return f"{before}.{rest}"
    if sign == "," and whole:
        return before + rest
    small = f"{before}.{rest}".rstrip("0").rstrip(".")
    raise NumberUnclear(
        _("“%(typed)s” can mean %(large)s or %(small)s. Type it as one of these.")
        % {"typed": _shown(text), "large": before + rest, "small": small}
    )


def _unread(text: str) -> str:
    return _("“%(typed)s” was not understood as a number.") % {"typed": _shown(text)}


def _shown(text: str) -> str:
    return " ".join(visible(text).split())[:LONGEST]


class WholeField(forms.IntegerField):
    """A count of something, as people write it. The input is text with a keyboard of digits: a
    browser's own field for numbers drops what it does not expect, without a word."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or isinstance(value, int):
            return super().to_python(value)
        if not visible(str(value)).strip():
            return None
        try:
            return read_whole(str(value))
        except NumberUnclear as error:
            raise ValidationError(str(error), code="invalid") from None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"inputmode": "numeric", "autocomplete": "off"}


class AmountField(forms.DecimalField):
    """A measured amount, as people write it."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if value in self.empty_values or isinstance(value, (int, Decimal)):
            return super().to_python(value)
        if not visible(str(value)).strip():
            return None
        try:
            return read_amount(str(value))
        except NumberUnclear as error:
            raise ValidationError(str(error), code="invalid") from None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"inputmode": "decimal", "autocomplete": "off"}
