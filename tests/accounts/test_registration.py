"""Registration numbers by country, and which of them name one business."""

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.registration import (
    _RULES,
    RegistrationError,
    business_key,
    registration_hint,
    validate_registration,
)


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("US", "12-3456789", "123456789"),
        ("us", " 123456789 ", "123456789"),
        ("DE", "DE 136695976", "136695976"),
        ("AT", "FN 122119m", "122119m"),
        ("GB", "sc 123456", "SC123456"),
        ("IT", "IT 00743110157", "00743110157"),
        ("ES", "B-64717838", "B64717838"),
        ("NL", "12345678", "12345678"),
        ("JP", "５-8356-7825-6246", "5835678256246"),
        ("CN", "91110000600037341l", "91110000600037341L"),
        ("KE", "p051-234567/x", "P051234567X"),
    ],
)
def test_number_gets_one_spelling(country, typed, stored):
    assert validate_registration(country, typed) == stored


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("US", ["12-3456789", "123456789"]),
        ("DE", ["DE136695976", "136 695 976"]),
        ("FR", ["404833048", "FR83404833048", "404 833 048 00022"]),
        ("AU", ["53004085616", "004 085 616"]),
        ("CA", ["12302 6635", "123026635RC0001"]),
        ("IN", ["27AAPFU0939F1ZV", "AAPFU0939F"]),
    ],
)
def test_spellings_of_one_business_share_a_key(country, numbers):
    assert len({business_key(country, number) for number in numbers}) == 1


def test_key_tells_countries_apart_but_not_for_a_lei():
    assert business_key("NL", "12345678") != business_key("KE", "12345678")
    lei = "213800KUD8LAJWSQ9D15"
    assert business_key("US", lei) == business_key("DE", lei.lower()) == f"LEI:{lei}"


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("US", "12-345678"),
        ("US", "07-1144442"),
        ("DE", "136695977"),
        ("FR", "404833047"),
        ("KE", "abc"),
        ("KE", "ABCDEFG"),
        ("US", ""),
        ("US", "12\0-3456789"),
        ("US", "1" * 10_000),
        ("", "123456789"),
        ("USA", "123456789"),
    ],
)
def test_refused_with_a_sentence(country, typed):
    with pytest.raises(RegistrationError, match=r"^[A-Z].*\.$"):
        validate_registration(country, typed)


def test_refusal_names_the_expected_number():
    with pytest.raises(RegistrationError, match="EIN"):
        validate_registration("US", "12")
    assert registration_hint("fr").startswith("SIREN (9 digits) or SIRET")
    assert "4 to 30" in registration_hint("KE")


def test_every_named_rule_exists():
    modules = [rule.module for rules in _RULES.values() for rule in rules if rule.module]
    for module in modules:
        assert callable(importlib.import_module(f"stdnum.{module}").validate)


@given(st.sampled_from([*_RULES, "KE", "XX"]), st.text(max_size=30))
def test_any_text_is_refused_or_becomes_stable(country, typed):
    try:
        stored = validate_registration(country, typed)
    except RegistrationError:
        return
    assert validate_registration(country, stored) == stored


@given(st.sampled_from([*_RULES]), st.text("0123456789ABCZ -/.", max_size=20))
def test_number_like_text_is_refused_or_becomes_stable(country, typed):
    try:
        stored = validate_registration(country, typed)
    except RegistrationError:
        return
    assert business_key(country, stored) == business_key(country, typed)
