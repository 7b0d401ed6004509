"""Box and item labels as PDF (S1.13, U34): the same input always gives the same bytes.

What draws is loaded when somebody first prints: reportlab is a tenth of the time that every
command takes to start.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from supplychain.packing.labels.errors import LabelError

if TYPE_CHECKING:
    from supplychain.packing.labels.boxes import BoxLabel, box_labels
    from supplychain.packing.labels.codes import box_code, read_scan
    from supplychain.packing.labels.items import ItemLabel, item_labels

__all__ = [
    "BoxLabel",
    "ItemLabel",
    "LabelError",
    "box_code",
    "box_labels",
    "item_labels",
    "read_scan",
]
_HOMES = {
    "BoxLabel": "boxes",
    "box_labels": "boxes",
    "box_code": "codes",
    "read_scan": "codes",
    "ItemLabel": "items",
    "item_labels": "items",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"supplychain.packing.labels.{_HOMES[name]}"), name)
