"""The seller's own words for items, kept to the letter."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.spellings import is_invisible, one_line, visible
from core.web.fields import VERBATIM


class SkuField(forms.CharField):
    """A seller's own word for an item, exactly as typed: it is compared with what others hold."""

    def to_python(self, value: Any) -> str:
        return exact_sku(super().to_python(value) or "")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | VERBATIM


def exact_sku(text: str) -> str:
    """`text` without blanks around it. Raises ValidationError where anything else would have to
    change: characters that nobody sees, two blanks in a row, letters in another spelling."""
    sku = text.strip()
    if sku == one_line(visible(sku)):
        return sku
    for place, char in enumerate(sku, start=1):
        if is_invisible(char) or (char.isspace() and char != " "):
            raise ValidationError(
                _(
                    "“%(sku)s” holds a character that cannot be seen: U+%(code)s, at place "
                    "%(place)s. Type it again."
                )
                % {"sku": one_line(visible(sku))[:40], "code": f"{ord(char):04X}", "place": place}
            )
    raise ValidationError(
        _("“%(sku)s” holds two blanks in a row, or an accent apart from its letter. Type it again.")
        % {"sku": sku[:40]}
    )
