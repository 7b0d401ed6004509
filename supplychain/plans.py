"""What forms and files hand to the transitions: plain values, already in our units."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.edits import Words
from supplychain.vocabulary import Owner, PrepType, TransportMode


@dataclass(frozen=True)
class ShipmentFacts:
    name: str
    center_code: str
    mode: str = TransportMode.SP
    ship_date: date | None = None
    ship_from_name: str = ""
    ship_from_address: str = ""


@dataclass(frozen=True)
class ItemPlan:
    msku: str
    quantity: int
    fnsku: str = ""
    title: str = ""
    prep_type: str = PrepType.ITEM_NO_PREP
    prep_owner: str = Owner.SELLER
    label_owner: str = Owner.SELLER
    expiry: date | None = None


@dataclass(frozen=True)
class ItemChanges:
    """What one visit to the items page changes: lines by their public id, and new lines."""

    changed: dict[uuid.UUID, ItemPlan]
    removed: frozenset[uuid.UUID] = frozenset()
    added: tuple[ItemPlan, ...] = ()
    # The words of the lines as they were shown; a line without them is taken as it stands.
    shown: Mapping[uuid.UUID, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class BoxContent[Key: (str, uuid.UUID)]:
    """So many units of one item: by public id where they are entered, by SKU beside the plan."""

    item: Key
    quantity: int
    expiry: date | None = None


@dataclass(frozen=True)
class BoxPlan:
    """A box, or `count` equal ones."""

    weight_g: Decimal
    length_mm: Decimal
    width_mm: Decimal
    height_mm: Decimal
    contents: tuple[BoxContent[uuid.UUID], ...]
    count: int = 1
    # As they were typed; the amounts above are exact in either.
    weight_unit: str = ""
    length_unit: str = ""


@dataclass(frozen=True)
class NewAccount:
    """An account that is opened while accepting (S1.9)."""

    name: str
    country: str
    supplier_kind: str = ""


@dataclass(frozen=True)
class Targets:
    """With whom: connected suppliers, and invited ones who have not joined yet, by public id."""

    connections: frozenset[uuid.UUID] = frozenset()
    invitations: frozenset[uuid.UUID] = frozenset()
