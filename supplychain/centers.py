"""The public fulfilment centres. A code that is not among them may be new: see `center_code`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from django.utils.translation import gettext as _

CENTERS_FILE = Path(__file__).parent / "data" / "fulfillment_centers.json"
# Only three quarters of them are three letters and a digit: the list counts, not the shape.
_CODE = re.compile(r"[A-Z0-9]{3,8}")


class UnknownCenter(ValueError):
    """No fulfilment centre can have this code."""


@dataclass(frozen=True)
class Center:
    code: str
    country: str
    state: str

    @property
    def place(self) -> str:
        """ "PA, US", or the country alone."""
        return ", ".join(filter(None, (self.state, self.country)))


@cache
def centers() -> Mapping[str, Center]:
    places = json.loads(CENTERS_FILE.read_text("utf-8"))
    return MappingProxyType(
        {code: Center(code, place["country"], place["state"]) for code, place in places.items()}
    )


def center_code(text: str) -> str:
    """The code however it is spaced or cased; it need not be on the list. Raises UnknownCenter."""
    code = "".join(text.split()).upper()
    if not _CODE.fullmatch(code):
        raise UnknownCenter(_("A centre’s code has three to eight letters and digits."))
    return code


def place_of(code: str) -> str:
    """Where the centre is: "PA, US"; "" when it is not on the list."""
    center = centers().get(code)
    return center.place if center else ""


def country_of(code: str) -> str:
    """The ISO code of the centre's country; "" when it is not on the list."""
    center = centers().get(code)
    return center.country if center else ""
