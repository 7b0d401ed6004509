"""Weights in grams and lengths in millimetres, exact both ways for two decimals.

A pound is 453.59237 g and an inch 25.4 mm by definition, so seven and three places hold any weight
and length that people type.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _

from supplychain.vocabulary import LengthUnit, WeightUnit

_GRAMS: Mapping[WeightUnit, Decimal] = {
    WeightUnit.LB: Decimal("453.59237"),
    WeightUnit.KG: Decimal(1000),
}
_MILLIMETRES: Mapping[LengthUnit, Decimal] = {
    LengthUnit.IN: Decimal("25.4"),
    LengthUnit.CM: Decimal(10),
}
_WEIGHT_WORDS = {
    WeightUnit.LB: "lb lbs pound pounds",
    WeightUnit.KG: "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes",
}
_LENGTH_WORDS = {
    LengthUnit.IN: 'in ins inch inches " ″',
    LengthUnit.CM: "cm cms centimeter centimeters centimetre centimetres",
}
_GRAM_PLACES = Decimal("0.0000001")
_MILLIMETRE_PLACES = Decimal("0.001")
_SHOWN_PLACES = Decimal("0.01")
_HEAVIEST = Decimal(2_000_000)
_LONGEST = Decimal(20_000)


class UnitError(ValueError):
    """A unit is unknown or a number is no weight or length; `str()` says which."""


def weight_unit(text: str) -> WeightUnit:
    """Return the unit that "LB", "pounds", "KG" and the like mean; raise UnitError."""
    for unit, words in _WEIGHT_WORDS.items():
        if _word(text) in words.split():
            return unit
    raise UnitError(_("Weights are in lb or kg."))


def length_unit(text: str) -> LengthUnit:
    """Return the unit that "IN", "inches", "CM" and the like mean; raise UnitError."""
    for unit, words in _LENGTH_WORDS.items():
        if _word(text) in words.split():
            return unit
    raise UnitError(_("Lengths are in inches or centimetres."))


def to_grams(value: Decimal | int | str, unit: str) -> Decimal:
    """Return a weight in grams with seven places, exactly.

    Raises UnitError when the value is no number above zero, has more than two decimals of a pound
    or is heavier than any pallet, and for an unknown unit.
    """
    grams = _positive(value) * _GRAMS[weight_unit(unit)]
    return _exact(grams, _GRAM_PLACES, _HEAVIEST)


def to_millimetres(value: Decimal | int | str, unit: str) -> Decimal:
    """Return a length in millimetres with three places, exactly; raises as `to_grams` does."""
    millimetres = _positive(value) * _MILLIMETRES[length_unit(unit)]
    return _exact(millimetres, _MILLIMETRE_PLACES, _LONGEST)


def from_grams(grams: Decimal, unit: str) -> Decimal:
    return (grams / _GRAMS[weight_unit(unit)]).quantize(_SHOWN_PLACES, ROUND_HALF_UP)


def from_millimetres(millimetres: Decimal, unit: str) -> Decimal:
    return (millimetres / _MILLIMETRES[length_unit(unit)]).quantize(_SHOWN_PLACES, ROUND_HALF_UP)


def entered_weight(grams: Decimal, unit: str) -> tuple[Decimal, WeightUnit]:
    """A weight as it was typed, with its unit. A box from before units were kept has none (""):
    it gets the one in which its weight has two decimals, which was the only way to enter it."""
    known = WeightUnit(unit) if unit else _fitting(grams, _GRAMS, WeightUnit.LB)
    return from_grams(grams, known), known


def entered_unit(sides: Iterable[Decimal], unit: str) -> LengthUnit:
    """The unit in which these millimetres were typed; for "" as with weights."""
    every = list(sides)
    if unit:
        return LengthUnit(unit)
    units = {_fitting(side, _MILLIMETRES, LengthUnit.IN) for side in every}
    return LengthUnit.CM if LengthUnit.CM in units else LengthUnit.IN


def _fitting[U: (WeightUnit, LengthUnit)](
    amount: Decimal, sizes: Mapping[U, Decimal], usual: U
) -> U:
    for unit, size in sizes.items():
        if amount % (size * _SHOWN_PLACES) == 0:
            return unit
    return usual


def _word(text: str) -> str:
    return text.strip().rstrip(".").lower()


def _positive(value: Decimal | int | str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise UnitError(_("Enter a number.")) from error
    if not number.is_finite() or number <= 0:
        raise UnitError(_("Enter a number above zero."))
    if number > _HEAVIEST:
        raise UnitError(_("This is too large."))
    return number


def _exact(amount: Decimal, places: Decimal, largest: Decimal) -> Decimal:
    if amount > largest:
        raise UnitError(_("This is too large."))
    stored = amount.quantize(places)
    if stored != amount or stored == 0:
        raise UnitError(_("Use at most two decimals."))
    return stored
