"""The supplier's way through one shipment as a checklist: done, next, still to come."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.web.formats import count
from supplychain.models import Share
from supplychain.packing.contents import Line
from supplychain.states import DONE_SHARE, LABELLED, PACKABLE, PRINTED, TRACKABLE, ShareStatus
from supplychain.vocabulary import TransportMode

DONE, CURRENT, TODO = "done", "current", "todo"


@dataclass(frozen=True)
class Progress:
    boxes: int
    tracked: int
    # Whether all the numbers that the carrier gives are there.
    numbered: bool
    complete: bool

    @classmethod
    def of(cls, share: Share, lines: Iterable[Line]) -> "Progress":
        boxes = share.boxes.count()
        tracked = share.boxes.exclude(tracking_number="").count() if boxes else 0
        freight = bool(share.pro_number or share.bol_number)
        numbered = freight if share.shipment.mode == TransportMode.LTL else tracked == boxes
        return cls(boxes, tracked, numbered, all(line.left == 0 for line in lines))


def for_share(
    share: Share, lines: Iterable[Line], url_of: Callable[[str], str], *, can_work: bool
) -> list[dict[str, Any]]:
    """The five steps, with buttons for those who may work on the share.

    `lines` is the plan with what is packed, `url_of` gives the path of a page about the share.
    """
    progress = Progress.of(share, lines)
    steps = [
        _boxes(share, progress),
        _confirm(share, progress),
        _labels(share, progress),
        _transport(share, progress),
        _ship(share, progress),
    ]
    for step in steps:
        step.setdefault("who", "")
        name = step.pop("page", "")
        button = None
        if can_work and name:
            button = {"label": step["label"], "url": url_of(name), "post": step["post"]}
        step["button"] = button
    return steps


def _boxes(share: Share, progress: Progress) -> dict[str, Any]:
    packable = share.status in PACKABLE
    begun = share.status == ShareStatus.PACKING
    entered = count(progress.boxes, "box", "boxes")
    return {
        "title": "Enter the boxes",
        "text": f"{entered} entered." if progress.boxes else "Weight, size and contents of each.",
        "state": DONE if not packable or (begun and progress.complete) else CURRENT,
        "page": ("box-add" if begun else "share-start") if packable else "",
        "label": "Add boxes" if begun else "Start packing",
        "post": not begun,
    }


def _confirm(share: Share, progress: Progress) -> dict[str, Any]:
    done = share.status in LABELLED
    packing = share.status == ShareStatus.PACKING
    ready = packing and progress.complete
    return {
        "title": "Confirm the contents",
        "text": "They agree with the plan."
        if done
        else "We check the boxes against the plan; labels come after that.",
        "state": DONE if done else (CURRENT if ready else TODO),
        "page": "share-confirm" if packing else "",
        "label": "Confirm contents",
        "post": True,
    }


def _labels(share: Share, progress: Progress) -> dict[str, Any]:
    made = share.status in PRINTED
    ready = share.status == ShareStatus.CONTENTS_CONFIRMED and progress.boxes > 0
    none = share.status in LABELLED and not progress.boxes
    return {
        "title": "Print the labels",
        "text": "No box of yours to label." if none else "One for each box, on the sheet you have.",
        "state": DONE if made or none else (CURRENT if ready else TODO),
        "page": "share-documents" if made and not none else ("share-labels" if ready else ""),
        "label": "Labels and pack list" if made else "Make labels",
        "post": not made,
    }


def _transport(share: Share, progress: Progress) -> dict[str, Any]:
    freight = share.shipment.mode == TransportMode.LTL
    reached = share.status in LABELLED
    text = f"{progress.tracked} of {count(progress.boxes, 'box', 'boxes')} have a number."
    return {
        "title": "Enter the freight numbers" if freight else "Enter tracking numbers",
        "text": "PRO or bill of lading number." if freight else text,
        "state": (DONE if progress.numbered else CURRENT) if reached else TODO,
        "page": "share-tracking" if share.status in TRACKABLE else "",
        "label": "Change numbers" if progress.numbered else "Enter numbers",
        "post": False,
    }


def _ship(share: Share, progress: Progress) -> dict[str, Any]:
    done = share.status in DONE_SHARE
    labelled = share.status == ShareStatus.LABELS_READY
    empty = share.status == ShareStatus.CONTENTS_CONFIRMED and not progress.boxes
    ready = progress.numbered and (labelled or empty)
    return {
        "title": "Mark as shipped",
        "text": "The boxes are on their way." if done else "Once the carrier has the boxes.",
        "state": DONE if done else (CURRENT if ready else TODO),
        "page": "share-shipped" if ready and not done else "",
        "label": "Mark as shipped",
        "post": True,
    }
