"""What a supplier does with a shared shipment: boxes, contents, labels, tracking, shipped."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import clock
from core.db import lock, move
from core.edits import Words, fingerprint, merge
from core.errors import Conflict, Invalid
from core.state_tables import advance
from supplychain import emails
from supplychain.centers import country_of
from supplychain.models import Box, BoxItem, Share, Shipment, ShipmentItem
from supplychain.packing import contents
from supplychain.packing.boxes import (
    MAX_BOX_NUMBER,
    BoxError,
    Difference,
    box_id,
    box_notes,
    check_equal_boxes,
    check_group_size,
    limits_in,
    short_id,
)
from supplychain.packing.labels import LabelError, facts_on_labels, require_printable
from supplychain.packing.tracking import (
    Tracking,
    TrackingError,
    check_bol,
    check_pro,
    check_tracking,
)
from supplychain.packing.units import entered_unit, entered_weight
from supplychain.permissions import WORK_SHARES
from supplychain.plans import BoxContent, BoxPlan
from supplychain.states import DONE_SHARE, LABELLED, PACKABLE, SHARE, TRACKABLE, ShareStatus
from supplychain.transitions.guards import enter_share, note_share, require_open
from supplychain.transitions.shipments import settle
from supplychain.vocabulary import TransportMode

CHUNK = 1000
# Equal boxes x lines that one request writes.
MAX_LINES_AT_ONCE = 50_000
# Column of a box -> the field in which it is typed.
MEASURES = {
    "weight_g": "weight",
    "length_mm": "length",
    "width_mm": "width",
    "height_mm": "height",
    "weight_unit": "weight_unit",
    "length_unit": "length_unit",
}


class ContentsDiffer(Invalid):
    """The boxes do not hold what was planned; `differences` says where (X12)."""

    def __init__(self, differences: list[Difference]) -> None:
        super().__init__("The boxes do not hold what was planned.")
        self.differences = differences


@transaction.atomic
def acknowledge_share(*, by: Any, share: Share) -> Share:
    """Doing it again changes nothing. Raises NotPermitted without the right to work on shares."""
    share = enter_share(share, by, WORK_SHARES)
    if share.status != ShareStatus.SHARED:
        return share
    advance(share, SHARE, ShareStatus.VIEWED, viewed_at=clock.now())
    note_share(share, "share.viewed", by, ShareStatus.SHARED)
    return share


@transaction.atomic
def start_packing(*, by: Any, share: Share) -> Share:
    """Begin; doing it again changes nothing. Raises Conflict once the contents are confirmed."""
    share = enter_share(share, by, WORK_SHARES)
    _require_packable(share)
    _start(share, by)
    return share


def _require_packable(share: Share) -> None:
    require_open(share.shipment)
    if share.status not in PACKABLE:
        raise Conflict("The contents are confirmed. Reopen the boxes to change them.")


def _start(share: Share, by: Any) -> None:
    if share.status == ShareStatus.PACKING:
        return
    before = share.status
    advance(share, SHARE, ShareStatus.PACKING, viewed_at=share.viewed_at or clock.now())
    note_share(share, "share.packing", by, before)


@transaction.atomic
def add_boxes(*, by: Any, share: Share, plan: BoxPlan) -> list[Box]:
    """Raises Invalid with the field for too many boxes or units and for a box that may not go."""
    share = enter_share(share, by, WORK_SHARES)
    _require_packable(share)
    items = _items(share.shipment, plan)
    _check_box(share.shipment, plan)
    _check_number(share, plan.count, len(items))
    _start(share, by)
    shipment, last = share.shipment, share.shipment.last_box_number
    move(shipment, expect={"last_box_number": last}, last_box_number=last + plan.count)
    boxes = [
        Box(shipment=shipment, share=share, number=number, **_measures(plan))
        for number in range(last + 1, last + plan.count + 1)
    ]
    Box.objects.bulk_create(boxes, batch_size=CHUNK)
    _fill(boxes, items, plan)
    note_share(share, "share.boxes_added", by, share.status, boxes=plan.count)
    return boxes


@transaction.atomic
def change_box(
    *, by: Any, share: Share, box: Box, plan: BoxPlan, shown: Words | None = None
) -> Box:
    """Weigh, measure or fill one box anew; only what differs from `shown`, the words of `box_facts`
    that a form carried, is written. Raises as add_boxes does, and Overtaken."""
    share = enter_share(share, by, WORK_SHARES)
    _require_packable(share)
    box = lock(Box.objects.filter(share=share), pk=box.pk)
    now = box_facts(box)
    # What stood in the box and is not in the plan is taken out; what came since stays.
    wanted = dict.fromkeys(now if shown is None else shown) | _facts(plan)
    changed = merge(now, wanted, shown)
    if not changed:
        return box
    plan = _plan_of(now | changed)
    items = _items(share.shipment, plan)
    _check_box(share.shipment, plan)
    move(box, expect={"share": share}, **_measures(plan))
    box.contents.all().delete()
    _fill([box], items, plan)
    note_share(share, "share.box_changed", by, share.status, box=box.number)
    return box


def box_facts(box: Box) -> dict[str, Any]:
    """What stands in a box, exactly, under the names of the form's fields."""
    sides = (box.length_mm, box.width_mm, box.height_mm)
    units = {
        "weight_unit": entered_weight(box.weight_g, box.weight_unit)[1],
        "length_unit": entered_unit(sides, box.length_unit),
    }
    plan = BoxPlan(
        **{name: getattr(box, name) for name in MEASURES} | units,
        contents=tuple(
            BoxContent(content.item.public_id, content.quantity, content.expiry)
            for content in box.contents.select_related("item")
        ),
    )
    return _facts(plan)


def _facts(plan: BoxPlan) -> dict[str, Any]:
    facts: dict[str, Any] = {field: getattr(plan, name) for name, field in MEASURES.items()}
    for content in plan.contents:
        facts[f"units-{content.item}"] = content.quantity
        facts[f"expiry-{content.item}"] = content.expiry
    return facts


def _plan_of(facts: Mapping[str, Any]) -> BoxPlan:
    units = {
        uuid.UUID(name.removeprefix("units-")): value
        for name, value in facts.items()
        if name.startswith("units-") and value
    }
    contents = [BoxContent(key, n, facts.get(f"expiry-{key}")) for key, n in units.items()]
    measures = {name: facts[field] for name, field in MEASURES.items()}
    return BoxPlan(**measures, contents=tuple(contents))


@transaction.atomic
def remove_boxes(*, by: Any, share: Share, boxes: Iterable[uuid.UUID]) -> int:
    """Remove these boxes and return how many there were; their numbers are not used again."""
    share = enter_share(share, by, WORK_SHARES)
    _require_packable(share)
    rows = Box.objects.filter(share=share, public_id__in=list(boxes))
    BoxItem.objects.filter(box__in=rows).delete()
    removed = rows.delete()[0]
    if removed:
        note_share(share, "share.boxes_removed", by, share.status, boxes=removed)
    return removed


def _items(shipment: Shipment, plan: BoxPlan) -> dict[uuid.UUID, ShipmentItem]:
    wanted = {content.item for content in plan.contents}
    if not wanted:
        raise Invalid("Enter how many units of at least one item are in the box.")
    rows = {row.public_id: row for row in shipment.items.filter(public_id__in=wanted)}
    if rows.keys() != wanted:
        raise Invalid("An item is not in the plan any more: reload the page.")
    return rows


def _check_box(shipment: Shipment, plan: BoxPlan) -> None:
    units = sum(content.quantity for content in plan.contents)
    sides = (plan.length_mm, plan.width_mm, plan.height_mm)
    parcel = shipment.mode == TransportMode.SP
    limits = limits_in(country_of(shipment.center_code))
    for note in box_notes(plan.weight_g, sides, units=units, parcel=parcel, limits=limits):
        if note.blocking:
            field = "weight" if note.kind == "too_heavy" else "length"
            raise Invalid(note.message, field=field)


def _check_number(share: Share, count: int, lines: int) -> None:
    try:
        check_equal_boxes(count)
        check_group_size(share.boxes.count() + count)
    except BoxError as error:
        raise Invalid(str(error), field="count") from error
    if count * lines > MAX_LINES_AT_ONCE:
        raise Invalid("This is too much at once: add fewer equal boxes at a time.", field="count")
    if share.shipment.last_box_number + count > MAX_BOX_NUMBER:
        raise Invalid("This shipment has used up its box numbers.", field="count")


def _measures(plan: BoxPlan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in MEASURES}


def _fill(boxes: Sequence[Box], items: Mapping[uuid.UUID, ShipmentItem], plan: BoxPlan) -> None:
    rows = [
        BoxItem(
            box=box,
            item=items[content.item],
            quantity=content.quantity,
            expiry=content.expiry or items[content.item].expiry,
        )
        for box in boxes
        for content in plan.contents
    ]
    BoxItem.objects.bulk_create(rows, batch_size=CHUNK)


@transaction.atomic
def confirm_contents(*, by: Any, share: Share) -> Share:
    """The boxes hold what was planned: from now on labels may be printed.

    Where several suppliers pack one shipment, only the last one has to make it complete. Raises
    ContentsDiffer with every difference, and Conflict from a wrong state.
    """
    share = enter_share(share, by, WORK_SHARES)
    _require_packable(share)
    differences = contents.differences(share)
    if differences:
        raise ContentsDiffer(differences)
    # Now, while the seller can still change it: from here on the plan stands still.
    _require_printable(share)
    _start(share, by)
    before = share.status
    advance(share, SHARE, ShareStatus.CONTENTS_CONFIRMED, confirmed_at=clock.now())
    note_share(share, "share.contents_confirmed", by, before, boxes=share.boxes.count())
    emails.shares.contents_confirmed(share, by=by)
    return share


@transaction.atomic
def reopen_boxes(*, by: Any, share: Share) -> Share:
    """Back to packing; labels printed so far must not be used. Raises Conflict once shipped."""
    share = enter_share(share, by, WORK_SHARES)
    require_open(share.shipment)
    before = share.status
    if before == ShareStatus.PACKING:
        return share
    advance(share, SHARE, ShareStatus.PACKING, confirmed_at=None)
    note_share(share, "share.reopened", by, before)
    settle(share.shipment)
    return share


@transaction.atomic
def make_labels(*, by: Any, share: Share) -> Share:
    """Doing it again changes nothing. Raises Conflict for open contents and without boxes."""
    share = enter_share(share, by, WORK_SHARES)
    _require_labelled(share)
    if share.status == ShareStatus.CONTENTS_CONFIRMED:
        require_open(share.shipment)
        _require_printable(share)
        advance(share, SHARE, ShareStatus.LABELS_READY)
        note_share(share, "share.labels_ready", by, ShareStatus.CONTENTS_CONFIRMED)
        settle(share.shipment)
        emails.shares.labels_ready(share, by=by)
    return share


def _require_printable(share: Share) -> None:
    """Raise Invalid with the field's name when the labels of these boxes cannot be drawn."""
    held = BoxItem.objects.filter(box__share=share).order_by()
    skus = held.values_list("item__msku", flat=True).distinct()
    try:
        require_printable([*facts_on_labels(share.shipment), *((_("SKU"), sku) for sku in skus)])
    except LabelError as error:
        then = _("Ask the seller to write it with other letters.")
        raise Invalid(f"{error} {then}") from error


def _require_labelled(share: Share) -> None:
    if share.status not in LABELLED:
        raise Conflict("Confirm the contents of the boxes first: labels come after that.")
    if not share.boxes.exists():
        raise Conflict("There is no box of yours to label.")


@transaction.atomic
def note_download(*, by: Any, share: Share, what: str) -> Share:
    """Write the download of "labels", "item_labels" or "pack_list" to history.

    Returns the share as it is now. Raises NotRelated once it was recalled (A5), Conflict for
    labels before the contents are confirmed, and Invalid for labels that cannot be drawn.
    """
    share = enter_share(share, by, WORK_SHARES)
    if what == "labels":
        _require_labelled(share)
        _require_printable(share)
    note_share(share, f"share.{what}_downloaded", by, share.status)
    return share


class Doubtful(Invalid):
    """Numbers that may be wrong: `doubts` says why, by field, and `stamp` confirms just these."""

    def __init__(self, doubts: Mapping[str, str]) -> None:
        super().__init__(_("Look at these numbers once more, or say that they are right."))
        self.doubts = dict(doubts)
        self.stamp = fingerprint(sorted(doubts.items()))


@transaction.atomic
def set_tracking(
    *,
    by: Any,
    share: Share,
    numbers: Mapping[uuid.UUID, str],
    shown: Words | None = None,
    confirmed: str = "",
) -> int:
    """How many changed; "" takes one back until the boxes are shipped (U35).

    Only what differs from `shown`, the words that a form carried by field, is written. A number
    that may be wrong has to be `confirmed`: see Doubtful. Raises Invalid with the field of a bad
    number, Doubtful, Overtaken.
    """
    share = enter_share(share, by, WORK_SHARES)
    _require_trackable(share)
    boxes = list(Box.objects.filter(share=share, public_id__in=numbers).order_by("number"))
    if len(boxes) != len(numbers):
        raise Conflict(_("The boxes have changed in the meantime. Reload the page."))
    now = {_field(box): box.tracking_number for box in boxes}
    typed = {_field(box): numbers[box.public_id] for box in boxes}
    meant = merge(now, typed, shown)
    doubts: dict[str, list[str]] = defaultdict(list)
    changed = []
    for box in boxes:
        if _field(box) in meant:
            tracking = _tracking(share, box, meant[_field(box)])
            if tracking and tracking.doubt:
                doubts[_field(box)].append(tracking.doubt)
            changed += [box] if _track(box, tracking) else []
    for field, doubt in _repeated(share, changed):
        doubts[field].append(doubt)
    said = Doubtful({field: " ".join(lines) for field, lines in doubts.items()})
    if doubts and confirmed != said.stamp:
        raise said
    Box.objects.bulk_update(
        changed, ["tracking_number", "carrier", "tracking_verdict"], batch_size=CHUNK
    )
    if changed:
        note_share(share, "share.tracking_entered", by, share.status, boxes=len(changed))
    return len(changed)


def _repeated(share: Share, changed: Sequence[Box]) -> Iterator[tuple[str, str]]:
    """The fields of boxes whose new number another box of theirs has, in this shipment or in
    another one between the same two; what other suppliers have entered is not told."""
    wanted = {box.tracking_number for box in changed if box.tracking_number}
    if not wanted:
        return
    theirs = Q(share__connection=share.connection_id) if share.connection_id else Q(share=share)
    rows = Box.objects.filter(theirs, tracking_number__in=wanted).select_related("shipment")
    mine = {box.pk for box in changed}
    owners: dict[str, list[Box]] = defaultdict(list)
    for box in [*changed, *(row for row in rows[:CHUNK] if row.pk not in mine)]:
        owners[box.tracking_number].append(box)
    for box in changed:
        others = [other for other in owners[box.tracking_number] if other.pk != box.pk]
        if box.tracking_number and others:
            other = others[0]
            shipment = share.shipment if other.pk in mine else other.shipment
            yield (
                _field(box),
                _("Box %(box)s has %(number)s, too.")
                % {
                    "box": box_id(shipment.shipment_id, other.number),
                    "number": box.tracking_number,
                },
            )


def _field(box: Box) -> str:
    return f"box-{box.public_id}"


def _tracking(share: Share, box: Box, number: str) -> Tracking | None:
    """What this text says for the box; None for none."""
    field = _field(box)
    if not number.strip():
        _require_kept(share, box.tracking_number, field)
        return None
    try:
        return check_tracking(number)
    except TrackingError as error:
        raise Invalid(f"Box {short_id(box.number)}: {error}", field=field) from error


def _require_kept(share: Share, number: str, field: str) -> None:
    """What has left is found by its number: it may be corrected, but not taken away."""
    if number and share.status in DONE_SHARE:
        text = _("The boxes have been shipped: you can correct the number, but not remove it.")
        raise Invalid(text, field=field)


def _track(box: Box, tracking: Tracking | None) -> bool:
    """Put the number on the box; False when it stood there already."""
    before = box.tracking_number
    box.tracking_number = tracking.normalised if tracking else ""
    box.carrier = (tracking and tracking.carrier) or ""
    box.tracking_verdict = tracking.verdict if tracking else ""
    return box.tracking_number != before


@transaction.atomic
def set_freight(
    *, by: Any, share: Share, pro_number: str, bol_number: str, shown: Words | None = None
) -> Share:
    """For pallets; only what differs from `shown`, the words that a form carried, is written.
    Raises Invalid with the field, Conflict for small parcels, and Overtaken."""
    share = enter_share(share, by, WORK_SHARES)
    _require_trackable(share)
    if share.shipment.mode != TransportMode.LTL:
        raise Conflict("This shipment goes by small parcel: enter a tracking number for each box.")
    now = {"pro_number": share.pro_number, "bol_number": share.bol_number}
    checks = {"pro_number": check_pro, "bol_number": check_bol}
    meant = merge(now, {"pro_number": pro_number, "bol_number": bol_number}, shown)
    values = {name: _checked(checks[name], number, name) for name, number in meant.items()}
    for name, number in values.items():
        if not number:
            _require_kept(share, now[name], name)
    if values:
        move(share, expect=now | {"status": share.status}, **values)
        note_share(share, "share.freight_entered", by, share.status)
    return share


def _checked(check: Any, number: str, field: str) -> str:
    if not number.strip():
        return ""
    try:
        return str(check(number))
    except TrackingError as error:
        raise Invalid(str(error), field=field) from error


def _require_trackable(share: Share) -> None:
    if share.status not in TRACKABLE:
        raise Conflict("Confirm the contents of the boxes first.")


@transaction.atomic
def mark_shipped(*, by: Any, share: Share) -> Share:
    """Raises Invalid while a tracking number is missing, and Conflict before labels are ready."""
    share = enter_share(share, by, WORK_SHARES)
    require_open(share.shipment)
    nothing = share.status == ShareStatus.CONTENTS_CONFIRMED and not share.boxes.exists()
    if share.status != ShareStatus.LABELS_READY and not nothing:
        raise Conflict("Confirm the contents and print the labels first.")
    _require_tracked(share)
    before = share.status
    advance(share, SHARE, ShareStatus.SHIPPED, shipped_at=clock.now())
    note_share(share, "share.shipped", by, before)
    settle(share.shipment)
    emails.shares.share_shipped(share, by=by)
    return share


def _require_tracked(share: Share) -> None:
    if share.shipment.mode == TransportMode.LTL:
        if not share.pro_number and not share.bol_number:
            raise Invalid("Enter the PRO or the bill of lading number first.")
        return
    missing = share.boxes.filter(tracking_number="").order_by("number")
    number = missing.values_list("number", flat=True).first()
    if number is not None:
        raise Invalid(_("Box %(box)s has no tracking number yet.") % {"box": short_id(number)})
