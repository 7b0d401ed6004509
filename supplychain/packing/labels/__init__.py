"""Box and item labels as PDF (S1.13, U34): the same input always gives the same bytes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from supplychain.models import Shipment


class LabelError(ValueError):
    """A label cannot be made from these values; `str()` says why."""


def require_printable(texts: Iterable[tuple[str, str]]) -> None:
    """Raise LabelError with the name of the field unless the fonts we ship draw every text as it
    is read. `texts` are pairs of a field's name and what stands in it."""
    from core.pdf.text import unprintable  # loads reportlab

    for field, text in texts:
        if char := unprintable(text):
            message = _(
                "“%(field)s” holds “%(char)s”, which labels cannot print: they print Latin, "
                "Cyrillic, Greek, Chinese, Japanese and Korean letters."
            )
            raise LabelError(message % {"field": field, "char": char})


def facts_on_labels(shipment: "Shipment") -> list[tuple[str, str]]:
    """What the seller wrote that stands on every box label, by the names of its fields."""
    return [
        (_("Name"), shipment.name),
        (_("Ship from"), shipment.ship_from_name),
        (_("Ship-from address"), shipment.ship_from_address),
    ]
