"""The fulfilment centres: a code counts when it is on the list, whatever its shape."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

CENTERS_FILE = Path(__file__).parent / "data" / "fulfillment_centers.json"


class UnknownCenter(ValueError):
    """No fulfilment centre has this code."""


@dataclass(frozen=True)
class Center:
    code: str
    country: str
    state: str


@cache
def centers() -> Mapping[str, Center]:
    places = json.loads(CENTERS_FILE.read_text("utf-8"))
    return MappingProxyType(
        {code: Center(code, place["country"], place["state"]) for code, place in places.items()}
    )


def get_center(code: str) -> Center:
    """Return the centre with this code, however it is spaced or cased; raise UnknownCenter."""
    wanted = code.strip().upper()
    try:
        return centers()[wanted]
    except KeyError:
        raise UnknownCenter(f"There is no fulfilment centre {wanted[:12]!r}.") from None
