"""Weights and lengths keep what was typed, whatever the unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.packing.units import (
    UnitError,
    entered_unit,
    entered_weight,
    from_grams,
    from_millimetres,
    length_unit,
    to_grams,
    to_millimetres,
    weight_unit,
)
from supplychain.vocabulary import LengthUnit, WeightUnit

AMOUNTS = st.decimals("0.01", "500", places=2)


@pytest.mark.parametrize("word", ["LB", "lbs.", "pounds", " Pound "])
def test_words_for_pounds(word):
    assert weight_unit(word) is WeightUnit.LB


@pytest.mark.parametrize("word", ["IN", "inches", "inch", '"'])
def test_words_for_inches(word):
    assert length_unit(word) is LengthUnit.IN


def test_words_for_metric_units():
    assert weight_unit("KG") is weight_unit("kilograms") is WeightUnit.KG
    assert length_unit("CM") is length_unit("centimetres") is LengthUnit.CM


def test_known_amounts():
    assert to_grams("50", "LB") == Decimal("22679.6185")
    assert to_millimetres(25, "inches") == Decimal(635)
    assert to_grams("5.5", WeightUnit.KG) == Decimal(5500)
    assert from_grams(Decimal(1000), "LB") == Decimal("2.20")


@given(AMOUNTS, st.sampled_from(["LB", "pounds", "KG"]))
def test_weights_come_back_as_typed(amount, unit):
    assert from_grams(to_grams(amount, unit), unit) == amount


@given(AMOUNTS, st.sampled_from(["IN", "inches", "CM"]))
def test_lengths_come_back_as_typed(amount, unit):
    assert from_millimetres(to_millimetres(amount, unit), unit) == amount


@given(AMOUNTS, st.sampled_from(WeightUnit), st.booleans())
def test_a_weight_is_shown_in_the_unit_it_was_typed_in(amount, unit, kept):
    """Without a unit, from before they were kept: in one that says the same amount."""
    grams = to_grams(amount, unit)
    shown, shown_unit = entered_weight(grams, unit if kept else "")
    assert to_grams(shown, shown_unit) == grams
    assert not kept or (shown, shown_unit) == (amount, unit)


@given(st.lists(AMOUNTS, min_size=3, max_size=3), st.sampled_from(LengthUnit), st.booleans())
def test_sides_are_shown_in_the_unit_they_were_typed_in(amounts, unit, kept):
    sides = [to_millimetres(amount, unit) for amount in amounts]
    shown = entered_unit(sides, unit if kept else "")
    again = [to_millimetres(from_millimetres(side, shown), shown) for side in sides]
    assert again == sides
    assert not kept or shown == unit


@pytest.mark.parametrize(
    ("grams", "shown"),
    [("2267.9618500", "5.00"), ("2270.22981185", "5.01"), ("2274.76573555", "5.02")],
)
def test_half_a_hundredth_is_rounded_up(grams, shown):
    """5.005 and 5.015 lb, which nobody typed: away from zero, not to even."""
    assert from_grams(Decimal(grams), "LB") == Decimal(shown)


def test_half_a_hundredth_of_a_length_is_rounded_up():
    assert [from_millimetres(Decimal(mm), "CM") for mm in ("100.05", "100.15")] == [
        Decimal("10.01"),
        Decimal("10.02"),
    ]


@pytest.mark.parametrize(
    "value", ["", "x", "NaN", "Infinity", "-1", "0", "1e99", "1e-99", "0.001", "9" * 500, "１\0"]
)
def test_refused_amounts(value):
    for convert, unit in ((to_grams, "LB"), (to_millimetres, "IN")):
        with pytest.raises(UnitError, match=r"^[A-Z].*\.$"):
            convert(value, unit)


@pytest.mark.parametrize("word", ["", "oz", "m", "lb in"])
def test_refused_units(word):
    for read in (weight_unit, length_unit):
        with pytest.raises(UnitError):
            read(word)
