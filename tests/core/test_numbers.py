"""Numbers are read as they were meant, or refused with what was read."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.numbers import AmountField, NumberUnclear, WholeField, read_amount, read_whole

MARKS = {
    "English": (",", "."),
    "German": (".", ","),
    "Swiss": ("'", "."),
    "French": ("\u202f", ","),
    "Polish": ("\u00a0", ","),
    "plain": ("", "."),
}


def written(number, style):
    """The number as people of that country write it."""
    thousand, point = MARKS[style]
    return f"{number:,}".translate(str.maketrans({",": thousand, ".": point}))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12,00", 12),
        ("12.00", 12),
        ("12.0", 12),
        ("1,200", 1200),
        ("1 200", 1200),
        ("1\u00a0200", 1200),
        ("1\u202f200", 1200),
        ("1'200", 1200),
        ("1,200.00", 1200),
        ("1.200,00", 1200),
        ("1.200.000", 1_200_000),
        ("1,00,000", 100_000),
        (" 007 ", 7),
        ("+7", 7),
        ("-5", -5),
        ("１２", 12),
        ("٣٤", 34),
        ("1\u20602", 12),
    ],
)
def test_counts(typed, read):
    assert read_whole(typed) == read


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("1.200", "can mean 1200 or 1.2"),
        ("2.000", "can mean 2000 or 2"),
        ("12,5", "was read as 12.5"),
        ("1.200,50", "was read as 1200.50"),
        ("1,0000", "was read as 1.0000"),
        ("1,2,3", "“1,2,3” was not understood"),
        ("12 pcs", "“12 pcs” was not understood"),
        ("1 2", "not understood"),
        ("1e3", "not understood"),
        ("10²", "“10²” was not understood"),
        ("1½", "not understood"),
        ("", "not understood"),
        ("nan", "not understood"),
        ("9" * 50, "not understood"),
    ],
)
def test_unclear_counts_are_told_with_what_was_read(typed, told):
    with pytest.raises(NumberUnclear, match=told):
        read_whole(typed)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12,5", "12.5"),
        ("12.50", "12.50"),
        (",5", "0.5"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1 234,5", "1234.5"),
    ],
)
def test_amounts(typed, read):
    assert read_amount(typed) == Decimal(read)


@pytest.mark.parametrize("typed", ["1,200", "12.5 kg", "1.2.3", "1,23,4", "--1", "1_0", "5."])
def test_unclear_amounts(typed):
    with pytest.raises(NumberUnclear):
        read_amount(typed)


@given(st.integers(0, 10_000_000), st.sampled_from(sorted(MARKS)))
def test_a_count_is_never_read_as_another_number(number, style):
    try:
        assert read_whole(written(number, style)) == number
    except NumberUnclear:
        assert style == "German"
        assert 1000 <= number < 1_000_000


@given(st.decimals("0.01", "999999.99", places=2), st.sampled_from(sorted(MARKS)))
def test_an_amount_is_never_read_as_another_number(number, style):
    assert read_amount(written(number, style)) == number


@given(st.text("0123456789.,' -+e\u00a0\u2060½²", max_size=12))
def test_whatever_is_typed_is_a_number_or_a_sentence(text):
    for read in (read_whole, read_amount):
        with suppress(NumberUnclear):
            assert read(f"{read(text):f}") == read(text)


def test_fields_read_and_tell():
    assert WholeField().clean("12,00") == 12
    assert AmountField(decimal_places=2).clean("12,5") == Decimal("12.5")
    assert WholeField(required=False).clean(" \u200b") is None
    for field, typed in ((WholeField(), "1.200"), (AmountField(), "1,200")):
        with pytest.raises(Exception, match="can mean 1200 or 1.2"):
            field.clean(typed)
        assert field.widget.input_type == "text"
