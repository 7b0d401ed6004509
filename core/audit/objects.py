"""What events are about, in words that people know: each app says so for its own rows."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from core.audit.models import Event


@dataclass(frozen=True)
class Naming:
    """How rows of one kind are called: `names` gives the names behind object ids in one query,
    `find` the object ids behind a name."""

    names: Callable[[Collection[str]], dict[str, str]]
    find: Callable[[str], list[str]]


_KINDS: dict[str, Naming] = {}
# Labels of models.
CASES: set[str] = set()
DOCUMENTS: set[str] = set()


def register(namings: Mapping[str, Naming]) -> None:
    """Add kinds of rows, each by the label of its model ("supplychain.shipment")."""
    _KINDS.update(namings)


def register_desk(cases: Collection[str] = (), documents: Collection[str] = ()) -> None:
    """Add kinds of rows that the desk decides about, and of documents that few may know of."""
    CASES.update(cases)
    DOCUMENTS.update(documents)


def names_of(events: Iterable[Event]) -> dict[str, str]:
    """Object id -> name, for events about rows that have one; a query for each kind of them."""
    wanted: dict[str, set[str]] = {}
    for event in events:
        if event.object_type in _KINDS:
            wanted.setdefault(event.object_type, set()).add(event.object_id)
    found: dict[str, str] = {}
    for object_type, ids in wanted.items():
        found |= _KINDS[object_type].names(ids)
    return found


def about(text: str) -> Q:
    """The condition for events about what `text` names or whose public id it is."""
    try:
        return Q(object_id=str(UUID(text)))
    except ValueError:
        pass
    condition = Q(pk__in=[])
    for object_type, naming in _KINDS.items():
        if ids := naming.find(text):
            condition |= Q(object_type=object_type, object_id__in=ids)
    return condition
