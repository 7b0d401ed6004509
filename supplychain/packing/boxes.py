"""Boxes of an inbound shipment: their ids, their limits, and contents against the plan (X12)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from supplychain.packing.units import to_grams, to_millimetres
from supplychain.plans import BoxContent, ItemPlan

MAX_UNITS_PER_SKU = 500_000
MAX_BOXES_PER_GROUP = 5_000
MAX_EQUAL_BOXES = 10_000
MAX_BOX_NUMBER = 999_999

_SHIPMENT_ID = re.compile(r"FBA[A-Z0-9]{3,17}")
_BOX_ID = re.compile(rf"({_SHIPMENT_ID.pattern})U([0-9]{{6}})")


class BoxError(ValueError):
    """A box id or an amount is outside its rule; `str()` says which."""


@dataclass(frozen=True)
class BoxNote:
    """What a box's weight or size means: a label to put on, or that it cannot go."""

    kind: str
    blocking: bool
    message: str


# What boxes hold, and the numbers of the boxes that hold just that.
type Packed = Mapping[tuple[BoxContent[str], ...], Sequence[int]]


@dataclass(frozen=True)
class Difference:
    """One way in which boxes and plan disagree; `row` names the boxes, "" means the whole plan."""

    kind: str
    row: str
    sku: str
    planned: int
    packed: int
    message: str


def check_shipment_id(text: str) -> str:
    """Return a shipment id in upper case: FBA, then letters and digits; raise BoxError."""
    shipment_id = text.strip().upper()
    if not _SHIPMENT_ID.fullmatch(shipment_id):
        raise BoxError(_("A shipment id is FBA followed by letters and digits."))
    return shipment_id


def box_id(shipment_id: str, number: int) -> str:
    """Return the id of a shipment's n-th box, such as FBA15DJ9S3J5U000001; raise BoxError."""
    if not 1 <= number <= MAX_BOX_NUMBER:
        raise BoxError(_("A box number is between 1 and %(most)s.") % {"most": MAX_BOX_NUMBER})
    return f"{check_shipment_id(shipment_id)}{short_id(number)}"


def short_id(number: int) -> str:
    """The end of a box id, which tells the boxes of one shipment apart: "U000003"."""
    return f"U{number:06d}"


def split_box_id(text: str) -> tuple[str, int]:
    """Return the shipment id and the number that a box id stands for; raise BoxError."""
    match = _BOX_ID.fullmatch(text.strip().upper())
    if not match or int(match[2]) == 0:
        raise BoxError(_("A box id is a shipment id, U and six digits."))
    return match[1], int(match[2])


def check_units(units: int) -> int:
    """Return the units of one SKU in a shipment; raise BoxError beyond 1 to 500,000."""
    return _within(units, MAX_UNITS_PER_SKU, _("Units of one SKU: 1 to %(most)s."))


def check_equal_boxes(count: int) -> int:
    """Return how many equal boxes one row stands for; raise BoxError beyond 1 to 10,000."""
    return _within(count, MAX_EQUAL_BOXES, _("Equal boxes in one row: 1 to %(most)s."))


def check_group_size(count: int) -> int:
    """Return how many boxes a packing group has; raise BoxError beyond 1 to 5,000."""
    return _within(count, MAX_BOXES_PER_GROUP, _("Boxes in one group: 1 to %(most)s."))


@dataclass(frozen=True)
class Limits:
    """How heavy and long a parcel box with several units may be, and what heavy ones are marked
    with. `sides_mm` holds the longest side first. Words are translated where they are shown.
    """

    told: str
    weight_g: Decimal
    weight_told: str
    sides_mm: tuple[Decimal, Decimal, Decimal]
    sides_told: str
    # From which weight on -> kind and text of the mark; the heaviest that applies counts.
    marks: tuple[tuple[Decimal, str, str], ...]


def _cubic(longest: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    return longest, longest, longest


NORTH_AMERICA = Limits(
    gettext_noop("50 lb, and 25 in on each side"),
    to_grams(50, "lb"),
    "50 lb",
    _cubic(to_millimetres(25, "in")),
    "25 in",
    (
        (to_grams(100, "lb"), "mechanical_lift", gettext_noop("Mechanical Lift")),
        (to_grams(50, "lb"), "team_lift", gettext_noop("Team Lift")),
    ),
)
EUROPE = Limits(
    gettext_noop("23 kg, and 63.5 cm on each side"),
    to_grams(23, "kg"),
    "23 kg",
    _cubic(to_millimetres("63.5", "cm")),
    "63.5 cm",
    ((to_grams(15, "kg"), "heavy", gettext_noop("Heavy Package")),),
)
JAPAN = Limits(
    gettext_noop("40 kg, and 60 × 50 × 50 cm"),
    to_grams(40, "kg"),
    "40 kg",
    (Decimal(600), Decimal(500), Decimal(500)),
    "60 × 50 × 50 cm",
    ((to_grams(15, "kg"), "heavy", gettext_noop("Heavy Package")),),
)
UNKNOWN_LIMITS = gettext_noop("not known for this centre: ask the seller")
_EUROPEAN = "GB AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_LIMITS = {
    **dict.fromkeys(("US", "CA", "MX"), NORTH_AMERICA),
    **dict.fromkeys(_EUROPEAN.split(), EUROPE),
    "JP": JAPAN,
}


def limits_in(country: str) -> Limits | None:
    """What holds for boxes to a centre in this country; None where we do not know."""
    return _LIMITS.get(country)


def box_notes(
    weight_g: Decimal,
    sides_mm: Iterable[Decimal],
    units: int | None = None,
    parcel: bool = True,
    limits: Limits | None = NORTH_AMERICA,
) -> list[BoxNote]:
    """Return what a box's weight and size mean, blocking notes first.

    A parcel over its limits is allowed only when it holds a single unit, which cannot be made
    smaller; `units` None means unknown and blocks nothing. On pallets only marks count. Without
    `limits` nothing is known, and nothing refused.
    """
    if limits is None:
        return []
    single = units is None or units == 1
    blocking = parcel and not single
    notes: list[BoxNote] = []
    mark = next((mark for mark in limits.marks if weight_g > mark[0]), None)
    if mark:
        label = _("Put a “%(mark)s” label on this box.") % {"mark": _(mark[2])}
        notes.append(BoxNote(mark[1], False, label))
    if blocking and weight_g > limits.weight_g:
        limit = _("A box with several units weighs at most %(most)s.")
        notes.append(BoxNote("too_heavy", True, limit % {"most": limits.weight_told}))
    longest_first = sorted(sides_mm, reverse=True)
    over = any(side > most for side, most in zip(longest_first, limits.sides_mm, strict=True))
    if blocking and over:
        limit = _("A box with several units measures at most %(most)s on each side.")
        if len(set(limits.sides_mm)) > 1:
            limit = _("A box with several units measures at most %(most)s.")
        notes.append(BoxNote("too_long", True, limit % {"most": limits.sides_told}))
    return sorted(notes, key=lambda note: not note.blocking)


def check_contents(plan: Iterable[ItemPlan], packed: Packed) -> list[Difference]:
    """Return every difference between the plan and the boxes; none means that they agree.

    First what is wrong within single boxes, in their order, then what is missing or too many per
    SKU, in the order of the plan.
    """
    planned = list(plan)
    expiries: dict[str, set[date | None]] = defaultdict(set)
    for item in planned:
        expiries[item.msku].add(item.expiry)
    differences: list[Difference] = []
    for contents, numbers in packed.items():
        differences += _of_box(contents, numbers, expiries)
    differences += _of_totals(planned, packed)
    total = sum(map(len, packed.values()))
    if total > MAX_BOXES_PER_GROUP:
        text = _("%(packed)s boxes are more than the %(planned)s that one group may have.")
        differences.append(_difference("too_many_boxes", "", "", MAX_BOXES_PER_GROUP, total, text))
    return differences


def ranges(numbers: Sequence[int], most: int = 4) -> str:
    """Ascending box numbers told briefly: "U000001–U000004, U000007"; at most so many ranges."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    told = [
        short_id(low) if low == high else f"{short_id(low)}–{short_id(high)}" for low, high in parts
    ]
    return ", ".join(told[:most]) + (" …" if len(told) > most else "")


def _within(amount: int, most: int, message: str) -> int:
    if not 1 <= amount <= most:
        raise BoxError(message % {"most": f"{most:,}"})
    return amount


def _of_box(
    contents: Iterable[BoxContent[str]],
    numbers: Sequence[int],
    expiries: Mapping[str, set[date | None]],
) -> Iterator[Difference]:
    row = ranges(numbers)
    if not contents:
        yield _difference("empty_box", row, "", 0, 0, _("Box %(row)s is empty."))
    dates: dict[str, set[date]] = defaultdict(set)
    units: Counter[str] = Counter()
    for content in contents:
        units[content.item] += content.quantity * len(numbers)
        if content.expiry:
            dates[content.item].add(content.expiry)
    for sku, packed in units.items():
        if sku not in expiries:
            text = _("Box %(row)s: SKU %(sku)s is not in the plan.")
            yield _difference("not_in_plan", row, sku, 0, packed, text)
            continue
        yield from _of_dates(row, sku, dates[sku], expiries[sku] - {None})


def _of_dates(
    row: str, sku: str, packed: set[date], planned: set[date | None]
) -> Iterator[Difference]:
    if len(packed) > 1:
        text = _("Box %(row)s: SKU %(sku)s has several expiry dates. Use one box for each date.")
        yield _difference("two_expiries", row, sku, 1, len(packed), text)
    if planned and packed - planned:
        text = _("Box %(row)s: SKU %(sku)s has another expiry date than planned.")
        yield _difference("other_expiry", row, sku, len(planned), len(packed), text)


def _of_totals(plan: Iterable[ItemPlan], boxes: Packed) -> Iterator[Difference]:
    planned: Counter[str] = Counter()
    for item in plan:
        planned[item.msku] += item.quantity
    packed: Counter[str] = Counter()
    for contents, numbers in boxes.items():
        for content in contents:
            packed[content.item] += content.quantity * len(numbers)
    for sku, wanted in planned.items():
        if packed[sku] < wanted:
            text = _("SKU %(sku)s: %(planned)s planned, %(packed)s packed, %(by)s missing.")
            yield _difference("missing", "", sku, wanted, packed[sku], text)
        elif packed[sku] > wanted:
            text = _("SKU %(sku)s: %(planned)s planned, %(packed)s packed, %(by)s too many.")
            yield _difference("too_many", "", sku, wanted, packed[sku], text)


def _difference(kind: str, row: str, sku: str, planned: int, packed: int, text: str) -> Difference:
    message = text % {
        "row": row,
        "sku": sku,
        "planned": f"{planned:,}",
        "packed": f"{packed:,}",
        "by": f"{abs(planned - packed):,}",
    }
    return Difference(kind, row, sku, planned, packed, message)
