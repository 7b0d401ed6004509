"""Lines pasted from a spreadsheet or from the official upload template.

With a line of headings the columns are found by their names; without one they are the template's
where the third cell says who prepares, else SKU, units, FNSKU, title. Every cell is understood or
told: nothing is left out in silence.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.numbers import NumberUnclear, read_whole
from core.spellings import one_line
from core.web.formats import day
from supplychain import vocabulary
from supplychain.forms.skus import exact_sku
from supplychain.packing.boxes import MAX_UNITS_PER_SKU
from supplychain.plans import ItemPlan

MAX_PASTED = 2000
MAX_TOLD = 10
# More than this many lines of ordinary length have.
MAX_TEXT = 400_000
# The line of headings stands within so many.
MAX_PREAMBLE = 20
SHOWN = 20
_FNSKU = re.compile(r"[A-Z0-9]{0,10}")
_OWNERS = frozenset({"amazon", "seller", "none"})

# What a line may hold -> the word for it, and the headings of files and people.
LABELS = {
    "msku": gettext_lazy("SKU"),
    "quantity": gettext_lazy("Units"),
    "fnsku": gettext_lazy("FNSKU"),
    "title": gettext_lazy("Title"),
    "prep_type": gettext_lazy("Prep"),
    "prep_owner": gettext_lazy("Prepared by"),
    "label_owner": gettext_lazy("Labelled by"),
    "expiry": gettext_lazy("Expiry date"),
}
_HEADINGS = {
    "msku": "merchant sku|seller sku|msku|sku",
    "quantity": "quantity|units|qty|pieces",
    "fnsku": "fnsku",
    "title": "title|product title|product name|item name",
    "prep_type": "prep type|prep|prep category",
    "prep_owner": "prep owner|prepared by",
    "label_owner": "labeling owner|labelling owner|label owner|labelled by",
    "expiry": "expiration date|expiry date|expiration|expiry|best before|use by",
}
_KEY_OF = {heading: key for key, headings in _HEADINGS.items() for heading in headings.split("|")}
# Understood, but kept elsewhere: suppliers enter boxes, the marketplace knows its own numbers.
_LEFT_OUT = re.compile(
    r"units per (box|case)|number of (boxes|cases)|box (length|width|height|weight)|box \d+ units|"
    r"asin|condition|upc/ean/isbn/jan/codabar"
)
_PREAMBLE = re.compile(
    r"please review .*|optional\b.*|pack group number|workflow name|skus|units", re.IGNORECASE
)
_DEFAULTS = {"default prep owner": "prep_owner", "default labeling owner": "label_owner"}
_TEMPLATE = (
    *("msku", "quantity", "prep_owner", "label_owner", "expiry"),
    *("units per box", "number of boxes"),
    *("box length", "box width", "box height", "box weight"),
)
_OURS = ("msku", "quantity", "fnsku", "title")
_UNITS_PER_BOX, _BOXES = "units per box", "number of boxes"


@dataclass(frozen=True)
class Pasted:
    """What was read: the columns in their order, those that are left out, and the lines."""

    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    plans: tuple[ItemPlan, ...] = ()

    def headings(self) -> list[str]:
        return [str(LABELS[key]) for key in self.columns]

    def rows(self) -> list[list[str]]:
        """The first lines as they were understood, in words."""
        return [[_told(plan, key) for key in self.columns] for plan in self.plans[:SHOWN]]

    @property
    def more(self) -> int:
        return max(len(self.plans) - SHOWN, 0)


@dataclass(frozen=True)
class _Layout:
    """Where which column stands; `order` is how dates are written, `defaults` who does what."""

    columns: tuple[str, ...]
    order: str = "%m/%d/%Y"
    defaults: Mapping[str, str] | None = None


class PasteField(forms.CharField):
    """Cells parted by tabs, as spreadsheets copy them, or by semicolons or commas."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        """The lines as Pasted; raises ValidationError naming each bad line."""
        text = (super().to_python(value) or "").removeprefix("\ufeff")
        ProhibitNullCharactersValidator()(text)
        if len(text) > MAX_TEXT:
            raise ValidationError(_("This is too much to paste at once."))
        rows = [
            (number, cells)
            for number, cells in enumerate(_rows(text), start=1)
            if any(map(one_line, cells))
        ]
        if not rows:
            return Pasted()
        errors: list[str] = []
        layout, rows = _layout(rows, errors)
        plans = []
        for number, cells in rows:
            try:
                plans.append(_plan(cells, layout))
            except (ValueError, vocabulary.UnknownWord) as error:
                errors.append(_line(number, error))
        if len(plans) > MAX_PASTED:
            errors = [_("Paste at most %(most)s lines at once.") % {"most": f"{MAX_PASTED:,}"}]
        if errors:
            more = len(errors) - MAX_TOLD
            rest = _("%(more)s more lines cannot be read.") % {"more": more}
            raise ValidationError(errors[:MAX_TOLD] + ([rest] if more > 0 else []))
        known = [key for key in layout.columns if key in LABELS]
        given = layout.defaults or {}
        shown = (*known, *(key for key in given if key not in known))
        left_out = [name for name in layout.columns if name not in LABELS and name]
        return Pasted(shown, tuple(left_out), tuple(plans))


def _line(number: int, problem: object) -> str:
    return _("Line %(number)s: %(problem)s") % {"number": number, "problem": problem}


def _rows(text: str) -> list[list[str]]:
    lines = text.splitlines()
    delimiter = next((sign for sign in "\t;," if any(sign in line for line in lines)), "\t")
    return [_cells(line, delimiter) for line in lines]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]


# Which column is which ------------------------------------------------------------------------
def _layout(
    rows: list[tuple[int, list[str]]], errors: list[str]
) -> tuple[_Layout, list[tuple[int, list[str]]]]:
    """How to read the lines, and those that hold items; what cannot be placed goes to `errors`."""
    for place, (number, cells) in enumerate(rows[:MAX_PREAMBLE]):
        names = [_heading(cell) for cell in cells]
        if {"msku", "quantity"} <= {_KEY_OF.get(name) for name in names}:
            defaults = _preamble(rows[:place], errors)
            return _by_headings(number, names, cells, defaults, errors), rows[place + 1 :]
    if any(_names_owner(cells) for _number, cells in rows):
        return _Layout(_TEMPLATE), rows
    return _Layout(_OURS), rows


def _heading(cell: str) -> str:
    """A heading without its unit, format or remark: "Box length (cm)" is "box length"."""
    name = one_line(re.sub(r"\(.*?\)", " ", cell)).rstrip(":*").lower()
    return name.partition("optional:")[0].strip()


def _by_headings(
    number: int,
    names: list[str],
    cells: list[str],
    defaults: Mapping[str, str],
    errors: list[str],
) -> _Layout:
    columns = []
    for name, cell in zip(names, cells, strict=True):
        key = _KEY_OF.get(name) or (name if not name or _LEFT_OUT.fullmatch(name) else "?")
        if key == "?" or (key in columns and key):
            problem = _("the column “%(name)s” is not known here, or there twice. Take it out.")
            errors.append(_line(number, problem % {"name": one_line(cell)[:40]}))
        columns.append(key)
    dates = next((cell for cell in cells if _KEY_OF.get(_heading(cell)) == "expiry"), "")
    order = "%d/%m/%Y" if re.search(r"\(\s*dd", dates, re.IGNORECASE) else "%m/%d/%Y"
    return _Layout(tuple(columns), order, defaults)


def _preamble(rows: Iterable[tuple[int, list[str]]], errors: list[str]) -> dict[str, str]:
    """The default owners that stand above the headings."""
    defaults: dict[str, str] = {}
    for number, cells in rows:
        filled = [one_line(cell) for cell in cells if one_line(cell)]
        key = _DEFAULTS.get(filled[0].lower().rstrip(":"))
        try:
            if key and len(filled) == 2:
                defaults[key] = vocabulary.owner(filled[1])
            elif not _PREAMBLE.fullmatch(filled[0]):
                problem = _("“%(cell)s” is not understood. Take the line out.")
                errors.append(_line(number, problem % {"cell": filled[0][:40]}))
        except vocabulary.UnknownWord as error:
            errors.append(_line(number, error))
    return defaults


def _names_owner(cells: Sequence[str]) -> bool:
    third, fourth = (one_line(cell).lower() for cell in (*cells, "", "", "", "")[2:4])
    return third in _OWNERS or (not third and fourth in _OWNERS)


# One line -------------------------------------------------------------------------------------
def _plan(cells: list[str], layout: _Layout) -> ItemPlan:
    found: dict[str, str] = {}
    for name, cell in zip_longest(layout.columns, cells, fillvalue=""):
        if not name and one_line(cell):
            problem = _("“%(cell)s” stands in a column without a heading. Paste the headings, too.")
            raise ValueError(problem % {"cell": one_line(cell)[:40]})
        found[name] = cell
    sku = _sku(found.get("msku", ""))
    values: dict[str, Any] = dict(layout.defaults or {})
    for key, read in _READERS.items():
        if (cell := found.get(key, "")) and one_line(cell):
            values[key] = read(cell, sku, layout)
    quantity = _units(found.get("quantity", ""), sku)
    _agree(found, quantity, sku)
    return ItemPlan(msku=sku, quantity=quantity, **values)


def _sku(text: str) -> str:
    try:
        sku = exact_sku(text)
    except ValidationError as error:
        raise ValueError(error.message) from None
    if not sku or len(sku) > 255:
        raise ValueError(_("the SKU is missing or too long."))
    return sku


def _units(text: str, sku: str) -> int:
    told = {"sku": sku[:40], "most": f"{MAX_UNITS_PER_SKU:,}"}
    try:
        quantity = read_whole(text.strip())
    except NumberUnclear as error:
        told["problem"] = str(error)
        raise ValueError(_("units of %(sku)s: %(problem)s") % told) from None
    if not 1 <= quantity <= MAX_UNITS_PER_SKU:
        raise ValueError(_("units of %(sku)s must be 1 to %(most)s.") % told)
    return quantity


def _agree(found: Mapping[str, str], quantity: int, sku: str) -> None:
    """Where cases are told, they must make up the units: else one of the three is a mistake."""
    cells = [found.get(name, "").strip() for name in (_UNITS_PER_BOX, _BOXES)]
    if not all(cells):
        return
    each, boxes = (_units(cell, sku) for cell in cells)
    if each * boxes != quantity:
        problem = _("%(boxes)s boxes of %(each)s units of %(sku)s are not %(units)s units.")
        told = {"boxes": boxes, "each": each, "sku": sku[:40], "units": quantity}
        raise ValueError(problem % told)


def _fnsku(cell: str, sku: str, _layout: _Layout) -> str:
    fnsku = one_line(cell).upper()
    if not _FNSKU.fullmatch(fnsku) or fnsku.lower() in _OWNERS:
        raise ValueError(_("“%(cell)s” is no FNSKU of %(sku)s.") % {"cell": cell, "sku": sku[:40]})
    return fnsku


def _title(cell: str, sku: str, _layout: _Layout) -> str:
    title = one_line(cell)
    if len(title) > 250:
        raise ValueError(_("the title of %(sku)s has more than 250 signs.") % {"sku": sku[:40]})
    return title


def _expiry(cell: str, sku: str, layout: _Layout) -> date:
    text = one_line(cell)
    for order in ("%Y-%m-%d", layout.order):
        try:
            return datetime.strptime(text, order).date()  # noqa: DTZ007 -- a day of no zone
        except ValueError:
            continue
    problem = _("“%(cell)s” is no expiry date of %(sku)s. Write %(form)s or YYYY-MM-DD.")
    form = "DD/MM/YYYY" if layout.order.startswith("%d") else "MM/DD/YYYY"
    raise ValueError(problem % {"cell": text[:40], "sku": sku[:40], "form": form})


_READERS: dict[str, Callable[[str, str, _Layout], Any]] = {
    "fnsku": _fnsku,
    "title": _title,
    "prep_type": lambda cell, _sku, _layout: vocabulary.prep_type(cell),
    "prep_owner": lambda cell, _sku, _layout: vocabulary.owner(cell),
    "label_owner": lambda cell, _sku, _layout: vocabulary.owner(cell),
    "expiry": _expiry,
}


def _told(plan: ItemPlan, key: str) -> str:
    value = getattr(plan, key)
    match key:
        case "prep_type":
            return str(vocabulary.PrepType(value).label)
        case "prep_owner" | "label_owner":
            return str(vocabulary.Owner(value).label)
        case "expiry":
            return day(value) if value else ""
        case "quantity":
            return f"{value:,}"
    return str(value)
