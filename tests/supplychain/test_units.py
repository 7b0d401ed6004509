"""Weights and lengths keep what was typed, whatever the unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.packing.units import (
    UnitError,
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
