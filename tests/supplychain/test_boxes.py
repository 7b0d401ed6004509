"""Box ids and limits, and contents compared with the plan."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.packing import boxes
from supplychain.packing.boxes import (
    BoxError,
    box_id,
    box_notes,
    check_contents,
    limits_in,
    split_box_id,
)
from supplychain.packing.units import to_grams, to_millimetres
from supplychain.plans import BoxContent, ItemPlan

MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)
SMALL = [to_millimetres(20, "in")] * 3


def plan_of(lines):
    return [
        ItemPlan(sku, units, expiry=expiry[0] if expiry else None) for sku, units, *expiry in lines
    ]


def packed(*boxes):
    """Boxes numbered from 1, each a list of (SKU, units, expiry)."""
    found = {}
    for number, items in enumerate(boxes, start=1):
        found.setdefault(tuple(BoxContent(*item) for item in items), []).append(number)
    return found


def kinds(plan, *boxes):
    return [difference.kind for difference in check_contents(plan_of(plan), packed(*boxes))]


def test_box_id_and_back():
    assert box_id("fba15dj9s3j5", 1) == "FBA15DJ9S3J5U000001"
    assert split_box_id(" fba1u5U000042 ") == ("FBA1U5", 42)


@given(st.from_regex(r"FBA[A-Z0-9]{3,17}", fullmatch=True), st.integers(1, 999_999))
def test_box_ids_come_back(shipment, number):
    assert split_box_id(box_id(shipment, number)) == (shipment, number)


@pytest.mark.parametrize(
    "text",
    ["", "FBA1", "ABC15DJ9S3J5U000001", "FBA15DJ9U000000", "FBA15DJ9U00001", "FBA15Ä9U000001"],
)
def test_refused_box_ids(text):
    with pytest.raises(BoxError):
        split_box_id(text)


@pytest.mark.parametrize("number", [0, -1, 1_000_000])
def test_refused_box_numbers(number):
    with pytest.raises(BoxError):
        box_id("FBA15DJ9S3J5", number)


@pytest.mark.parametrize(
    ("check", "most"),
    [
        (boxes.check_units, 500_000),
        (boxes.check_group_size, 5_000),
        (boxes.check_equal_boxes, 10_000),
    ],
)
def test_amounts_within_their_limits(check, most):
    assert (check(1), check(most)) == (1, most)
    for amount in (0, -1, most + 1):
        with pytest.raises(BoxError, match=f"{most:,}"):
            check(amount)


@pytest.mark.parametrize(
    ("pounds", "inches", "units", "parcel", "notes"),
    [
        ("50", "25", 9, True, []),
        ("50.01", "25", 9, True, ["too_heavy", "team_lift"]),
        ("50.01", "25", 1, True, ["team_lift"]),
        ("100.01", "25", 1, True, ["mechanical_lift"]),
        ("10", "25.01", 2, True, ["too_long"]),
        ("10", "25.01", None, True, []),
        ("60", "30", 9, False, ["team_lift"]),
    ],
)
def test_notes_on_weight_and_size(pounds, inches, units, parcel, notes):
    sides = [to_millimetres(inches, "in"), *SMALL[:2]]
    found = box_notes(to_grams(pounds, "lb"), sides, units, parcel)
    assert [note.kind for note in found] == notes


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    ("country", "kept", "over"),
    [
        ("US", ("25", "in"), ("25.01", "in")),
        ("CA", ("25", "in"), ("25.01", "in")),
        ("MX", ("25", "in"), ("25.01", "in")),
        ("GB", ("63.5", "cm"), ("63.51", "cm")),
        ("DE", ("63.5", "cm"), ("63.51", "cm")),
        ("CZ", ("63.5", "cm"), ("63.51", "cm")),
        ("JP", ("60", "cm"), ("60.01", "cm")),
    ],
)
def test_each_side_counts_in_each_country(country, kept, over, place):
    """Whichever side is too long, the box may not go."""
    for side, notes in ((kept, []), (over, ["too_long"])):
        sides = [to_millimetres("10", "cm")] * 3
        sides[place] = to_millimetres(*side)
        found = box_notes(to_grams(1, "kg"), sides, 2, limits=limits_in(country))
        assert [note.kind for note in found] == notes


def test_two_long_sides_are_too_long_in_japan():
    sides = [to_millimetres(side, "cm") for side in ("50.01", "20", "60")]
    [note] = box_notes(to_grams(1, "kg"), sides, 2, limits=limits_in("JP"))
    assert note.message == "A box with several units measures at most 60 × 50 × 50 cm."
    sides[0] = to_millimetres("50", "cm")
    assert box_notes(to_grams(1, "kg"), sides, 2, limits=limits_in("JP")) == []


@pytest.mark.parametrize(
    ("country", "weight", "unit", "kinds"),
    [
        ("US", "50.01", "lb", ["too_heavy", "team_lift"]),
        ("GB", "15", "kg", []),
        ("GB", "15.01", "kg", ["heavy"]),
        ("FR", "23", "kg", ["heavy"]),
        ("IT", "23.01", "kg", ["too_heavy", "heavy"]),
        ("JP", "40", "kg", ["heavy"]),
        ("JP", "40.01", "kg", ["too_heavy", "heavy"]),
        ("IN", "400", "kg", []),
        ("", "400", "kg", []),
    ],
)
def test_a_weight_is_measured_by_the_centre_s_country(country, weight, unit, kinds):
    """23 kg are 50.7 lb, and may go to a European centre; where nothing is known, all may."""
    sides = [to_millimetres(15, "in")] * 3
    found = box_notes(to_grams(weight, unit), sides, 2, limits=limits_in(country))
    assert [note.kind for note in found] == kinds
    assert all(note.blocking is note.kind.startswith("too_") for note in found)


def test_contents_that_agree():
    assert kinds([("A", 14), ("B", 20)], [("A", 14)], *[[("B", 5)]] * 4) == []


def test_each_kind_of_difference():
    plan = [("A", 10, MAY), ("B", 5)]
    assert kinds(plan, [("A", 10)]) == ["missing"]
    assert kinds(plan, [("A", 10), ("B", 5), ("B", 1)]) == ["too_many"]
    assert kinds(plan, [("A", 10), ("B", 5), ("C", 1)]) == ["not_in_plan"]
    assert kinds(plan, [("A", 10), ("B", 3, MAY), ("B", 2, JUNE)]) == ["two_expiries"]
    assert kinds(plan, [("A", 10, JUNE), ("B", 5)]) == ["other_expiry"]
    assert kinds(plan, [("A", 10, MAY), ("B", 5)], []) == ["empty_box"]
    assert kinds([("A", 5001)], *[[("A", 1)]] * 5001) == ["too_many_boxes"]


def test_two_dates_in_two_boxes_are_fine():
    plan = [("A", 5, MAY), ("A", 5, JUNE)]
    assert kinds(plan, [("A", 5, MAY)], [("A", 5, JUNE)]) == []


def test_a_difference_says_where_and_how_much():
    boxes = packed([("A", 1500)], [("%(x)s", 1)], [("A", 1500)])
    strange, total = check_contents(plan_of([("A", 4000)]), boxes)
    assert (strange.row, strange.sku) == ("U000002", "%(x)s")
    assert strange.message == "Box U000002: SKU %(x)s is not in the plan."
    assert (total.row, total.planned, total.packed) == ("", 4000, 3000)
    assert total.message == "SKU A: 4,000 planned, 3,000 packed, 1,000 missing."


def test_equal_boxes_are_told_briefly():
    numbers = [1, 2, 3, 7, 9, 11, 13]
    assert boxes.ranges(numbers) == "U000001–U000003, U000007, U000009, U000011 …"


SKUS = st.sampled_from("ABC")
ITEMS = st.tuples(SKUS, st.integers(1, 9))


@given(st.lists(ITEMS, max_size=6), st.lists(st.lists(ITEMS, max_size=4), max_size=4))
def test_differences_add_up(plan, contents):
    found = check_contents(plan_of(plan), packed(*contents))
    units_planned = sum(quantity for _, quantity in plan)
    units_packed = sum(quantity for items in contents for _, quantity in items)
    counted = [d for d in found if d.kind in {"missing", "too_many", "not_in_plan"}]
    assert sum(d.packed - d.planned for d in counted) == units_packed - units_planned


@given(st.lists(ITEMS, min_size=1, max_size=6))
def test_a_plan_packed_as_planned_agrees(plan):
    assert check_contents(plan_of(plan), packed(*([line] for line in plan))) == []


def test_weight_limit_is_exact():
    assert box_notes(to_grams(50, "lb") + Decimal("0.0000001"), SMALL, 1)
