"""The other tenant's ids, wherever a request can carry one (A3).

In the address they are test_access's. Here: in a field's value, in its name (rows of a grid), in
one choice of several, in a hidden field, in a parameter of the address. Each is answered like an
id that nobody has, and nothing is written.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sweep.engine import Sweep
from tests.sweep.table import ROWS
from tests.sweep.table.rows import RANDOM_ID, RANDOM_NUMBER, Row
from tests.sweep.test_access import Complaints, leaks
from tests.sweep.test_input import in_turn
from tests.sweep.world import OTHER, Tenant

pytestmark = [pytest.mark.django_db, pytest.mark.grows]
WITH_BODY = [row for row in ROWS if row.body]
WITH_QUERY = [row for row in ROWS if row.query]
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-z])\d+(?![0-9a-z])")
# Numbers of businesses and of goods, which anybody may know and type.
NO_ID = ("registration_number", "fnsku")


def pieces(body: Any) -> list[tuple[str, Any]]:
    """A form as (name, value) pairs, one for each choice."""
    return [
        (name, each)
        for name, value in body.items()
        for each in (value if isinstance(value, list) else [value])
    ]


def form(of: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a form again."""
    data: dict[str, Any] = {}
    for name, value in of:
        data.setdefault(name, []).append(value)
    return data


def forged(own: list[Any], other: list[Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The form with one id replaced at a time: which, the form, the id that was put in.

    First with the other tenant's id in that place, then with one that nobody has.
    """
    for place, ((name, value), (name2, value2)) in enumerate(zip(own, other, strict=True)):
        if name.endswith(NO_ID):
            continue
        mine, theirs = f"{name}\0{value}", f"{name2}\0{value2}"
        for found, foreign in zip(_ID.finditer(mine), _ID.finditer(theirs), strict=True):
            if found[0] == foreign[0]:
                continue
            for new in (foreign[0], str(RANDOM_NUMBER if found[0].isdigit() else RANDOM_ID)):
                text = mine[: found.start()] + new + mine[found.end() :]
                changed = [*own[:place], tuple(text.split("\0", 1)), *own[place + 1 :]]
                yield f"{name}={value}", form(changed), new


def bodies(row: Row, home: Tenant, other: Tenant) -> tuple[list[Any], list[Any]]:
    """The manager's form, and the other tenant's."""
    assert row.body
    return pieces(row.body(home)), pieces(row.body(other))


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
def test_foreign_ids_in_a_form_are_unknown_ids(
    row: Row, sweep: Sweep, record_property: Any
) -> None:
    """Hidden fields, values, names of a grid's fields, one of several choices (A3)."""
    wrong = Complaints()
    url = row.url(sweep.world.home)
    tried = forged(*bodies(row, sweep.world.home, sweep.world.other))
    for (what, data, foreign), (_, unknown, nobody) in zip(tried, tried, strict=True):
        theirs = sweep.send(row.manager, "POST", url, data)
        random = sweep.send(row.manager, "POST", url, unknown)
        wrong.check(row, row.manager, "POST", theirs, (random.code,), f"foreign {what}")
        # A number stands in many places of a page for many reasons: its text says nothing.
        if not foreign.isdigit() and theirs.masked(foreign) != random.masked(nobody):
            wrong.append(f"{row.name}: {what}: the foreign id is unlike an unknown one")
        if theirs.changed or OTHER in theirs.body:
            wrong.append(f"{row.name}: took the foreign {what}: {theirs.wrote}")
    record_property("cells: access", wrong.cells)
    wrong.told()


@pytest.mark.parametrize("row", WITH_QUERY, ids=lambda row: row.name)
def test_foreign_ids_in_the_address_are_unknown_ids(
    row: Row, sweep: Sweep, record_property: Any
) -> None:
    """Every parameter of the page, with an id, a key and a handle of the other tenant (A3)."""
    wrong = Complaints()
    other, url = sweep.world.other, row.url(sweep.world.home)
    values = {
        str(other["connection"].public_id): str(RANDOM_ID),
        str(other["provider_employee_membership"].public_id): str(RANDOM_ID),
        str(other.people["provider_employee"].pk): str(RANDOM_NUMBER),
        other["seller"].handle: "no-such-account",
    }
    for place, name in enumerate(row.query, WITH_QUERY.index(row)):
        for foreign, unknown in in_turn([*values.items()], place):
            theirs = sweep.send(row.manager, "GET", url, {name: foreign})
            random = sweep.send(row.manager, "GET", url, {name: unknown})
            wrong.check(row, row.manager, "GET", theirs, (random.code,), f"?{name}={foreign}")
            if leaks(row, row.manager, theirs) or theirs.changed:
                wrong.append(f"{row.name}?{name}={foreign}: shows the other tenant")
            same = foreign.isdigit() or theirs.masked(foreign) == random.masked(unknown)
            if row.portal != "admin" and not same:
                wrong.append(f"{row.name}?{name}={foreign}: unlike an unknown one")
    record_property("cells: access", wrong.cells)
    wrong.told()
