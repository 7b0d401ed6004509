"""A share's boxes beside the plan (X12): what is planned, packed and still to pack."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Sum
from django.utils.translation import gettext as _

from core.web.formats import short_day
from supplychain.models import BoxItem, Share, ShipmentItem
from supplychain.packing.boxes import Difference, Packed, check_contents, ranges
from supplychain.plans import BoxContent, ItemPlan
from supplychain.states import LABELLED, OUTSTANDING_SHARE, ShareStatus


@dataclass(frozen=True)
class Line:
    item: ShipmentItem
    packed: int
    elsewhere: int

    @property
    def left(self) -> int:
        """Units that are still to be packed; below zero when there are too many."""
        return self.item.quantity - self.elsewhere - self.packed


def lines(share: Share) -> list[Line]:
    """Every line of the plan with what this share's boxes hold; three statements."""
    packed = _units(share, mine=True)
    elsewhere = _units(share, mine=False)
    return [Line(item, packed[item.pk], elsewhere[item.pk]) for item in share.shipment.items.all()]


def _units(share: Share, *, mine: bool) -> Counter[int]:
    """Units by item in this share's boxes, or in boxes that others have confirmed."""
    rows = BoxItem.objects.filter(box__shipment_id=share.shipment_id)
    if mine:
        rows = rows.filter(box__share=share)
    else:
        rows = rows.filter(box__share__status__in=LABELLED).exclude(box__share=share)
    totals = rows.order_by().values_list("item_id").annotate(units=Sum("quantity"))
    return Counter(dict(totals))


def others_remain(share: Share) -> bool:
    others = Share.objects.filter(shipment_id=share.shipment_id, status__in=OUTSTANDING_SHARE)
    return others.exclude(pk=share.pk).exclude(status__in=LABELLED).exists()


def differences(share: Share) -> list[Difference]:
    """Everything in which this share's boxes and its part of the plan disagree.

    The part is the plan less what others have confirmed. Nothing is missing as long as somebody
    else is still to pack.
    """
    elsewhere = _units(share, mine=False)
    items = list(share.shipment.items.all())
    plan = [
        ItemPlan(item.msku, max(item.quantity - elsewhere[item.pk], 0), expiry=item.expiry)
        for item in items
    ]
    found = check_contents(plan, packed_boxes(share))
    if others_remain(share):
        return [difference for difference in found if difference.kind != "missing"]
    return found


def packed_boxes(share: Share) -> Packed:
    by_box: dict[int, list[BoxContent[str]]] = {
        number: [] for number in share.boxes.values_list("number", flat=True)
    }
    rows = BoxItem.objects.filter(box__share=share).order_by("box__number", "item_id")
    for number, sku, units, expiry in rows.values_list(
        "box__number", "item__msku", "quantity", "expiry"
    ):
        by_box[number].append(BoxContent(sku, units, expiry))
    packed: dict[tuple[BoxContent[str], ...], list[int]] = {}
    for number, held in by_box.items():
        packed.setdefault(tuple(held), []).append(number)
    return packed


def void_ids(share: Share) -> str:
    """The ids that must not be used once the share has ended, each of them: "FBA15DJ9S3J5
    U000001–U000004, U000007"; "" without boxes."""
    numbers = list(share.boxes.order_by("number").values_list("number", flat=True))
    return f"{share.shipment.shipment_id} {ranges(numbers, len(numbers))}" if numbers else ""


def ended_words(share: Share) -> str:
    """What became of a share that its supplier or guest does not see any more, and what of their
    boxes must not be used."""
    day, seller = short_day(share.ended_at), share.shipment.seller.name
    said = {
        ShareStatus.RECALLED: _("%(seller)s took this shipment back on %(day)s."),
        ShareStatus.DECLINED: _("You declined this shipment of %(seller)s on %(day)s."),
    }.get(ShareStatus(share.status), _("%(seller)s stopped this shipment on %(day)s."))
    told = [said % {"seller": seller, "day": day}]
    if ids := void_ids(share):
        told.append(
            _("Do not use the labels of these boxes, and do not ship them: %(ids)s.") % {"ids": ids}
        )
    return " ".join(told)
