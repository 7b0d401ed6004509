"""The walk finds faults: each of these, planted into the rule or its guards, is found by it.

`SOAK=1 pytest tests/stateful/test_faults.py` runs the list.
"""

from typing import Any

import pytest
from hypothesis import Phase

from accounts.signals import member_removed
from connections import effective
from partnerhub.objectperms import clear_grants
from tests.stateful.test_delegation import walk

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
BUDGET = 60

RULE = {
    "suspended members still count": ("AND m.status = 'active'", "AND m.status <> 'removed'"),
    "inactive people still count": ("AND u.is_active", ""),
    "suspended providers still count": ("AND o.status = 'active'", ""),
    "suspended sellers still open": ("AND s.status = 'active'", ""),
    "ended connections still count": (
        "AND c.status IN ('active', 'paused')",
        "AND c.status <> 'ended'",
    ),
    "revoked approvals still count": ("AND a.status = 'active'", ""),
    "the approval does not limit the level": ("a.level", "3"),
    "the grant does not limit the level": ("g.level", "a.level"),
    "the assignment does not limit the level": (
        "WHEN p.codename = 'assigned_view' THEN 1",
        "WHEN p.codename = 'assigned_view' THEN 3",
    ),
    "everybody counts as assigned": ("OR x.id IS NOT NULL", "OR TRUE"),
    "employees count as administrators": ("m.role = 'administrator'", "TRUE"),
    "ended grants still count": ("g.status = 'active' AND", ""),
    "assignments of any person count": ("AND x.user_id = m.user_id", ""),
}
FORCE = {
    "identity never ends": ("e.identity_until > {at} AND", ""),
    "approval never ends": ("e.approval_until > {at} AND", ""),
    "connection never ends": ("AND e.connection_until > {at}", ""),
}


def _rebuilt(monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], old: str, new: str) -> None:
    for name in names:
        text = getattr(effective, name)
        if old in text:
            monkeypatch.setattr(effective, name, text.replace(old, new))
    effective.create()


def _cases(faults: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(*change, id=name, marks=pytest.mark.soak) for name, change in faults.items()
    ]


def _is_found() -> None:
    with pytest.raises(AssertionError):
        walk(BUDGET, phases=[Phase.generate], print_blob=False)


@pytest.mark.postgres
@pytest.mark.parametrize(("old", "new"), _cases(RULE))
def test_fault_in_the_rule_is_found(monkeypatch, old, new):
    _rebuilt(monkeypatch, ("SELECT",), old, new)
    _is_found()


@pytest.mark.postgres
@pytest.mark.parametrize(("old", "new"), _cases(FORCE))
def test_date_that_is_not_read_is_found(monkeypatch, old, new):
    filled = (old.format(at="$3"), new), (old.format(at="$4"), new)
    for text, replacement in filled:
        _rebuilt(monkeypatch, ("_FUNCTIONS",), text, replacement)
    _is_found()


@pytest.mark.soak
def test_assignments_that_survive_their_member_are_found(monkeypatch):
    monkeypatch.setattr("connections.receivers.clear_grants", lambda *args, **lookup: 0)
    assert callable(clear_grants)
    assert member_removed.receivers
    _is_found()
