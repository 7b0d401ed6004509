"""Tracking numbers of all published formats are checked, others are taken as they are."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.packing.tracking import (
    TrackingError,
    carriers_of,
    check_bol,
    check_pro,
    check_tracking,
)
from supplychain.vocabulary import TrackingVerdict

DATA = Path(__file__).parent.parent / "data" / "tracking_numbers.json"
FORMATS = json.loads(DATA.read_text("utf-8"))


def numbers(key):
    return [(row["courier"], number) for row in FORMATS for number in row[key]]


# No sign of theirs is a check digit.
WITHOUT_DIGIT = {
    "Amazon Logistics",
    "Amazon International",
    "Canpar (22)",
    "DHL Express (Piece ID)",
    "DHL E-Commerce",
    "DHL E-Commerce (14)",
    "GOFO Express (US)",
    "Landmark Global LTN",
    "LaserShip LX",
    "LaserShip 1LS7 (15)",
    "LaserShip 1LS7 (18)",
    "LaserShip 1LSCX (15)",
    "Purolator (alpha + 9)",
    "Spee-Dee (20)",
    "Yodel",
    "YunExpress",
}


@pytest.mark.parametrize("form", FORMATS, ids=lambda row: row["format"])
def test_public_numbers_of_every_carrier(form):
    """Published as right: their carrier is among those told, and nothing speaks against them.
    Published as wrong: never validated as that carrier's."""
    for number in form["valid"]:
        tracking = check_tracking(number)
        assert tracking.doubt == ""
        assert tracking.normalised == "".join(number.split())
        checked = form["format"] not in WITHOUT_DIGIT
        expected = TrackingVerdict.VALIDATED if checked else TrackingVerdict.NOT_VALIDATED
        assert tracking.verdict == expected
        if tracking.carrier is None:
            assert len(tracking.carriers) > 1
        else:
            assert tracking.carrier == form["courier"]
        # A post is called by its own name.
        known = form["courier"].replace("_", "")
        told = [re.sub("[^a-z]", "", carrier.lower()) for carrier in tracking.carriers]
        assert known == "s10" or any(known in carrier for carrier in told)
    for number in form["invalid"]:
        if (form["format"], number) == ("Purolator (alpha + 9)", "331426749957"):
            continue  # a right number of Purolator's other format
        tracking = check_tracking(number)
        assert tracking.verdict != TrackingVerdict.VALIDATED or tracking.carrier != form["courier"]


def test_every_published_format_is_known():
    assert len(FORMATS) == 39
    assert len({row["courier"] for row in FORMATS}) == 18


def test_a_wrong_check_digit_is_doubted():
    tracking = check_tracking("0307 1790 0005 2348 3742")
    assert (tracking.carriers, tracking.verdict) == (("USPS",), TrackingVerdict.NOT_VALIDATED)
    assert tracking.doubt == (
        "03071790000523483742 looks like a number of USPS, but its check digit is wrong."
    )
    assert check_tracking("1Z5R89390357567128").carrier == "ups"


@pytest.mark.parametrize("number", ["996578788855", "320595463939", "123456789013"])
def test_twelve_digits_of_another_carrier_are_not_fedex(number):
    """Its check digit is wrong for everybody we know: it is nobody's we could name."""
    tracking = check_tracking(number)
    assert (tracking.carrier, tracking.verdict) == (None, TrackingVerdict.NOT_VALIDATED)
    assert "FedEx" in tracking.doubt


def test_several_carriers_are_told():
    tracking = check_tracking("320610804900")
    assert (tracking.carrier, tracking.carriers) == (None, ("FedEx", "Purolator"))
    assert (tracking.verdict, tracking.doubt) == (TrackingVerdict.VALIDATED, "")
    assert carriers_of("320610804900") == "FedEx or Purolator"
    assert carriers_of("996578788855") == "looks like FedEx"


@pytest.mark.parametrize(
    "number",
    ["0" * 12, "0" * 15, "0" * 16, "0" * 20, "1Z" + "0" * 16, "0" * 10],
)
def test_a_row_of_zeros_is_not_validated(number):
    """The check digit of nothing but zeros agrees, which proves nothing."""
    tracking = check_tracking(number)
    assert tracking.verdict != TrackingVerdict.VALIDATED
    assert tracking.doubt


def test_a_post_is_called_by_its_name():
    assert check_tracking("RB123456785GB").carriers == ("Royal Mail Group plc",)
    assert check_tracking("RB123456785XX").doubt


def test_other_carriers_are_not_supported():
    tracking = check_tracking(" jd-0146 0000 ")
    assert (tracking.carrier, tracking.normalised) == (None, "JD-01460000")
    assert tracking.verdict == TrackingVerdict.NOT_SUPPORTED


@given(
    st.sampled_from([row for row in numbers("valid") if row[0] in ("ups", "canada_post")]),
    st.integers(0, 17),
    st.integers(1, 9),
)
def test_one_changed_digit_is_noticed_in_ups_and_canada_post(row, place, step):
    carrier, number = row
    text = "".join(number.split())
    if place >= len(text) or not text[place].isdigit() or len(text) < 16:
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
