"""Box ids and limits, and contents compared with the plan."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.packing import boxes
from supplychain.packing.boxes import (
    BoxError,
    BoxItem,
    PackedBox,
    PlannedItem,
    box_id,
    box_notes,
    check_contents,
    split_box_id,
)
from supplychain.packing.units import to_grams, to_millimetres

MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)
SMALL = [to_millimetres(20, "in")] * 3


def packed(*items, row="1", count=1, box=""):
    return PackedBox(row, tuple(BoxItem(*item) for item in items), count, box)


def kinds(plan, *packed_boxes, shipment=""):
    items = [PlannedItem(*line) for line in plan]
    return [difference.kind for difference in check_contents(items, packed_boxes, shipment)]


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
        (boxes.check_case, 150),
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
    assert all(note.blocking is note.kind.startswith("too_") for note in found)


def test_contents_that_agree():
    plan = [("A", 14), ("B", 20)]
    assert kinds(plan, packed(("A", 14)), packed(("B", 5), count=4)) == []


def test_each_kind_of_difference():
    plan = [("A", 10, "2", MAY), ("B", 5, "3")]
    assert kinds(plan, packed(("A", 10))) == ["missing"]
    assert kinds(plan, packed(("A", 10), ("B", 5), ("B", 1))) == ["too_many"]
    assert kinds(plan, packed(("A", 10), ("B", 5), ("C", 1))) == ["not_in_plan"]
    assert kinds(plan, packed(("A", 10), ("B", 3, MAY), ("B", 2, JUNE))) == ["two_expiries"]
    assert kinds(plan, packed(("A", 10, JUNE), ("B", 5))) == ["other_expiry"]
    assert kinds(plan, packed(("A", 10, MAY), ("B", 5)), packed()) == ["empty_box"]
    foreign = packed(("A", 10), ("B", 5), box="FBA2222U000001")
    assert kinds(plan, foreign, shipment="FBA1111") == ["other_shipment"]
    assert kinds(plan, foreign, shipment="FBA2222") == []
    assert kinds([("A", 5001)], packed(("A", 1), count=5001)) == ["too_many_boxes"]


def test_two_dates_in_two_boxes_are_fine():
    plan = [("A", 5, "2", MAY), ("A", 5, "3", JUNE)]
    assert kinds(plan, packed(("A", 5, MAY)), packed(("A", 5, JUNE))) == []


def test_a_difference_says_where_and_how_much():
    plan = [PlannedItem("A", 4000, row="2")]
    strange = PackedBox("7", (BoxItem("%(x)s", 1),))
    box_difference, total = check_contents(plan, [strange, packed(("A", 3000), row="8")])
    assert (box_difference.row, box_difference.sku) == ("7", "%(x)s")
    assert box_difference.message == "Box 7: SKU %(x)s is not in the plan."
    assert (total.row, total.planned, total.packed) == ("2", 4000, 3000)
    assert total.message == "SKU A: 4,000 planned, 3,000 packed, 1,000 missing."


SKUS = st.sampled_from("ABC")
ITEMS = st.tuples(SKUS, st.integers(1, 9))


@given(st.lists(ITEMS, max_size=6), st.lists(st.lists(ITEMS, max_size=4), max_size=4))
def test_differences_add_up(plan, contents):
    planned = [PlannedItem(*line) for line in plan]
    rows = [packed(*items, row=str(row)) for row, items in enumerate(contents)]
    found = check_contents(planned, rows)
    units_planned = sum(quantity for _, quantity in plan)
    units_packed = sum(quantity for items in contents for _, quantity in items)
    counted = [d for d in found if d.kind in {"missing", "too_many", "not_in_plan"}]
    assert sum(d.packed - d.planned for d in counted) == units_packed - units_planned


@given(st.lists(ITEMS, min_size=1, max_size=6))
def test_a_plan_packed_as_planned_agrees(plan):
    planned = [PlannedItem(*line) for line in plan]
    assert check_contents(planned, [packed(line, row=line[0]) for line in plan]) == []


def test_weight_limit_is_exact():
    assert box_notes(to_grams(50, "lb") + Decimal("0.0000001"), SMALL, 1)
