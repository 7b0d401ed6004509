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
    registration_note,
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
    ("country", "typed", "key"),
    [
        ("TW", "62140097", "TW:62140097"),
        ("TW", "04595257", "TW:04595257"),
        ("HU", "12345676-2-42", "HU:12345676"),
        ("HU", "HU12345676", "HU:12345676"),
        ("HU", "01-09-123456", "HU:0109123456"),
        ("SK", "31333532", "SK:31333532"),
        ("SK", "IČO: 31 333 532", "SK:31333532"),
        ("NO", "988 077 917 MVA", "NO:988077917"),
        ("NO", "NO988077917MVA", "NO:988077917"),
        ("IN", "U72200KA2013PTC097389", "IN:U72200KA2013PTC097389"),
        ("IN", "AAA-1234", "IN:AAA1234"),
        ("GB", "IP28211R", "GB:IP28211R"),
        ("GB", "oc 301540", "GB:OC301540"),
        ("GB", "445790", "GB:00445790"),
        ("PL", "KRS: 0000006865", "PL:0000006865"),
        ("FR", "404 833 048 R.C.S. Paris", "FR:404833048"),
        ("FR", "RCS Paris B 404 833 048", "FR:404833048"),
        ("SG", "UEN 00192200M", "SG:00192200M"),
        ("AU", "ACN 004 085 616", "AU:004085616"),
        ("DE", "HRB 12345 B", "DE:HRB12345B"),
        ("DE", "DE136695976-00001", "DE:136695976"),
        ("CH", "CHE-107.787.577 MWST", "CH:CHE107787577"),
        ("NL", "KvK-nummer 12345678", "NL:12345678"),
        ("LU", "B 123456", "LU:B123456"),
        ("RO", "J40/1234/2020", "RO:J4012342020"),
        ("AE", "CN-1234567", "AE:CN1234567"),
        ("RS", "PIB 101134702", "RS:101134702"),
        ("XK", "811234567", "XK:811234567"),
        ("SA", "سجل ١٠١٠١٠١٠١٠", "SA:1010101010"),
    ],
)
def test_numbers_are_read_as_registers_write_them(country, typed, key):
    assert business_key(country, typed) == key
    assert len(key) <= 80


@pytest.mark.parametrize("country", [*_RULES, "KE", "AE"])
def test_what_no_rule_checks_is_told_to_the_reviewer(country):
    checked = {"TW": "62140097", "SK": "31333532", "NO": "988 077 917 MVA", "US": "12-3456789"}
    if country in checked:
        assert registration_note(country, checked[country]) == ""
    for rule in _RULES.get(country, ()):
        assert rule.is_checked or rule.pattern
    assert "look it up" in registration_note("KE", "P051234567X")
    assert "look it up" in registration_note("GB", "IP28211R")


@pytest.mark.parametrize(
    ("country", "typed"),
    [("TW", "62140098"), ("SK", "31333533"), ("HU", "12345677-2-42"), ("NO", "988 077 918 MVA")],
)
def test_a_wrong_check_digit_is_refused(country, typed):
    with pytest.raises(RegistrationError):
        business_key(country, typed)


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
    assert "4 to 40" in registration_hint("KE")


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
