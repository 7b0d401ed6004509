"""Tables of states: the guard and the buttons read the same one."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from core.db import move
from core.errors import TransitionNotAllowed


class StateTable:
    """Which state may follow which. A state without arrows is final."""

    def __init__(self, noun: str, arrows: Mapping[str, frozenset[str] | set[str]]) -> None:
        self.noun = noun
        self.arrows = {str(old): frozenset(map(str, new)) for old, new in arrows.items()}

    def allows(self, old: str, new: str) -> bool:
        return str(new) in self.arrows.get(str(old), frozenset())

    def check(self, old: str, new: str) -> None:
        """Raise TransitionNotAllowed unless there is an arrow from `old` to `new`."""
        if not self.allows(old, new):
            raise TransitionNotAllowed(f"This {self.noun} is {old.replace('_', ' ')}.")

    def sources(self, new: str) -> list[str]:
        return [old for old, targets in self.arrows.items() if str(new) in targets]


def advance(
    row: Any,
    table: StateTable,
    new: str,
    *,
    expect: Mapping[str, Any] | None = None,
    stay: bool = False,
    **values: Any,
) -> Any:
    """Move `row.status` along `table` to `new` with one guarded UPDATE (see db.move). `expect`
    names what must not have changed besides the state; with `stay` a row that is `new` already is
    written all the same, as a renewal does. Raises TransitionNotAllowed without an arrow and
    Conflict when somebody was faster."""
    if not (stay and row.status == new):
        table.check(row.status, new)
    return move(row, expect={**(expect or {}), "status": row.status}, status=new, **values)


def advance_all(rows: QuerySet[Any], table: StateTable, new: str, **values: Any) -> int:
    """The same for every one of `rows` that has an arrow to `new`, in one UPDATE; how many."""
    return rows.filter(status__in=table.sources(new)).update(status=new, **values)
