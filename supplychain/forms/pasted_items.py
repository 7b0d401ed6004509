"""Lines pasted from a spreadsheet: SKU, units, FNSKU, title."""

import csv
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _

from core.numbers import NumberUnclear, read_whole
from core.outbox.rendering import one_line
from supplychain.forms.fields import exact_sku
from supplychain.packing.boxes import MAX_UNITS_PER_SKU
from supplychain.plans import ItemPlan

MAX_PASTED = 2000
MAX_TOLD = 10
# More than this many lines of ordinary length have.
MAX_TEXT = 400_000
_FNSKU = re.compile(r"[A-Z0-9]{0,10}")


class PasteField(forms.CharField):
    """Cells parted by tabs, as spreadsheets copy them, or by semicolons or commas."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        """The lines as a list of ItemPlan; raises ValidationError naming each bad line."""
        text = super().to_python(value) or ""
        ProhibitNullCharactersValidator()(text)
        if len(text) > MAX_TEXT:
            raise ValidationError("This is too much to paste at once.")
        plans, errors = [], []
        for number, cells in enumerate(_rows(text), start=1):
            if not any(map(one_line, cells)):
                continue
            try:
                plans.append(_plan(cells))
            except ValueError as error:
                errors.append(f"Line {number}: {error}")
        if len(plans) > MAX_PASTED:
            errors = [f"Paste at most {MAX_PASTED:,} lines at once."]
        if errors:
            more = len(errors) - MAX_TOLD
            told = errors[:MAX_TOLD] + ([f"{more} more lines cannot be read."] if more > 0 else [])
            raise ValidationError(told)
        return plans


def _rows(text: str) -> list[list[str]]:
    lines = text.splitlines()
    delimiter = next((sign for sign in "\t;," if any(sign in line for line in lines)), "\t")
    return [_cells(line, delimiter) for line in lines]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]


def _sku(text: str) -> str:
    try:
        return exact_sku(text)
    except ValidationError as error:
        raise ValueError(error.message) from None


def _plan(cells: list[str]) -> ItemPlan:
    typed, units, fnsku, title = (*cells, "", "", "", "")[:4]
    sku = _sku(typed)
    units, fnsku, title = units.strip(), one_line(fnsku), one_line(title)
    if not sku or len(sku) > 255:
        raise ValueError("the SKU is missing or too long.")
    try:
        quantity = read_whole(units)
    except NumberUnclear as error:
        raise ValueError(
            _("units of %(sku)s: %(problem)s") % {"sku": sku[:40], "problem": error}
        ) from None
    if not 1 <= quantity <= MAX_UNITS_PER_SKU:
        raise ValueError(f"units of {sku[:40]} must be 1 to {MAX_UNITS_PER_SKU:,}.")
    if not _FNSKU.fullmatch(fnsku.upper()):
        raise ValueError(f"the FNSKU of {sku[:40]} has other signs than letters and digits.")
    return ItemPlan(msku=sku, quantity=quantity, fnsku=fnsku.upper(), title=title[:250])
