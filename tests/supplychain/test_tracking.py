"""Tracking numbers of three carriers are checked, others are taken as they are."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.packing.tracking import TrackingError, check_bol, check_pro, check_tracking
from supplychain.vocabulary import TrackingVerdict

DATA = Path(__file__).parent.parent / "data" / "tracking_numbers.json"
FORMATS = json.loads(DATA.read_text("utf-8"))


def numbers(key):
    return [(row["courier"], number) for row in FORMATS for number in row[key]]


@pytest.mark.parametrize(("carrier", "number"), numbers("valid"))
def test_public_valid_numbers_are_validated(carrier, number):
    tracking = check_tracking(number)
    assert (tracking.carrier, tracking.verdict) == (carrier, TrackingVerdict.VALIDATED)
    assert tracking.normalised == "".join(number.split())


@pytest.mark.parametrize(("carrier", "number"), numbers("invalid"))
def test_public_invalid_numbers_are_not(carrier, number):
    assert check_tracking(number).verdict != TrackingVerdict.VALIDATED


def test_wrong_check_digit_keeps_the_carrier():
    tracking = check_tracking("0307 1790 0005 2348 3742")
    assert (tracking.carrier, tracking.verdict) == ("usps", TrackingVerdict.NOT_VALIDATED)


def test_other_carriers_are_not_supported():
    tracking = check_tracking(" jd-0146 0000 ")
    assert (tracking.carrier, tracking.normalised) == (None, "JD-01460000")
    assert tracking.verdict == TrackingVerdict.NOT_SUPPORTED


@given(st.sampled_from(numbers("valid")), st.integers(0, 17), st.integers(1, 9))
def test_one_changed_digit_is_noticed_in_ups_and_usps(row, place, step):
    carrier, number = row
    text = "".join(number.split())
    if carrier == "fedex" or not text[place].isdigit():
        return
    changed = text[:place] + str((int(text[place]) + step) % 10) + text[place + 1 :]
    verdict = check_tracking(changed).verdict
    # Doubling or tripling a digit modulo 10 lets a step of five pass at UPS.
    assert verdict != TrackingVerdict.VALIDATED or (carrier == "ups" and step == 5)


@pytest.mark.parametrize(
    "number",
    ["", "  ", "x" * 65, "12\x00345", "１２３４", "<b>1</b>", "12|34", "-", "-12", "1Z\u202e1"],
)
@pytest.mark.parametrize("check", [check_tracking, check_pro, check_bol])
def test_refused_with_a_sentence(check, number):
    with pytest.raises(TrackingError, match=r"^[A-Z].*\.$"):
        check(number)


def test_freight_numbers_are_normalised():
    assert check_pro(" 123-456 789 ") == "123-456789"
    assert check_bol("bol 77/1") == "BOL77/1"
    assert check_bol("x" * 64) == "X" * 64


@given(st.text(max_size=80))
def test_any_text_is_refused_or_becomes_stable(text):
    try:
        tracking = check_tracking(text)
    except TrackingError:
        return
    assert check_tracking(tracking.normalised) == tracking
