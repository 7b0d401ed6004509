"""The walk finds faults: each of these, planted into the rule or its guards, is found by it.

`make faults` runs the list and says after how many steps each was found.
"""

from collections.abc import Callable
from itertools import batched
from typing import Any

import pytest
from hypothesis import Phase

from accounts.models import User
from connections.models import Connection
from connections.rights import effective_rights
from connections.states import CONNECTION
from core.web.access import Access, Level
from roles.transitions import approvals
from supplychain.models import ShareQuerySet, ShipmentQuerySet
from supplychain.states import LIVE_SHARE
from tests.stateful.base import ROLES
from tests.stateful.promises import Promises
from tests.stateful.test_delegation import walk

pytestmark = [pytest.mark.django_db, pytest.mark.soak, pytest.mark.timeout(900)]
BUDGET = 120

RULE = {
    "suspended members still count": ("m.status = 'active'", "m.status <> 'removed'"),
    "inactive people still count": ("AND u.is_active", ""),
    "suspended providers still count": ("AND o.status = 'active'", ""),
    "suspended sellers still open": ("AND s.status = 'active'", ""),
    "revoked approvals still count": ("AND a.status = 'active'", ""),
    "the approval does not limit the level": ("a.level", "3"),
    "the grant does not limit the level": ("g.level", "a.level"),
    "the assignment does not limit the level": (
        "WHEN p.codename = 'assigned_view' THEN 1",
        "WHEN p.codename = 'assigned_view' THEN 3",
    ),
    "everybody counts as assigned": ("OR x.id IS NOT NULL", "OR TRUE", "ELSE 0", "ELSE g.level"),
    "employees count as administrators": ("m.role = 'administrator'", "TRUE"),
    "ended grants still count": ("AND g.status = 'active'", ""),
    "assignments of any person count": ("AND x.user_id = m.user_id", ""),
}
FORCE = {
    "identity never ends": ("e.identity_until > {at} AND", ""),
    "approval never ends": ("e.approval_until > {at} AND", ""),
    "connection never ends": ("AND e.connection_until > {at}", ""),
    "paused connections still count": ("AND (NOT e.paused OR e.paused_until <= {at})", ""),
    "a pause never ends": ("(NOT e.paused OR e.paused_until <= {at})", "NOT e.paused"),
}


def _nothing(*args: Any, **options: Any) -> int:
    """In the place of a guard."""
    return 0


def _ends_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Connection, "is_live", property(lambda row: True))
    arrows = {**CONNECTION.arrows, "terminated": frozenset({"terminated"})}
    patch.setattr(CONNECTION, "arrows", arrows)


def _reviewer_takes_more(patch: pytest.MonkeyPatch) -> None:
    change = approvals._change

    def change_and_more(row: Any, what: str, **values: Any) -> None:
        change(row, what, **values)
        User.objects.filter(pk=values["by"].pk).update(is_superuser=True)

    patch.setattr(approvals, "_change", change_and_more)


def _replace(path: str, new: Any = _nothing) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(path, new)


GUARD: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "pages ask for no right": lambda patch: patch.setattr(
        Access, "allows", lambda access, need: True
    ),
    "shipments of every seller": lambda patch: patch.setattr(
        ShipmentQuerySet, "for_seller", lambda rows, seller: rows.all()
    ),
    "shares with every supplier": lambda patch: patch.setattr(
        ShareQuerySet, "for_supplier", lambda rows, supplier: rows.filter(status__in=LIVE_SHARE)
    ),
    "recalled shares still show": lambda patch: patch.setattr(
        ShareQuerySet,
        "for_supplier",
        lambda rows, supplier: rows.filter(connection__supplier=supplier),
    ),
    "the last administrator may go": _replace("accounts.transitions.members.keep_an_administrator"),
    "what has ended ends again": _ends_twice,
    "an end without history": _replace("connections.transitions.endings.note"),
    "consent above the approval": _replace(
        "connections.transitions.requests.approved_levels",
        lambda provider_id: dict.fromkeys(ROLES, Level.ADMIN),
    ),
    "consent by the provider": _replace("connections.transitions.requests.require_administrator"),
    "requests outlive their connection": _replace(
        "connections.transitions.proposals.void_all",
    ),
    "a look ends the connection": _replace(
        "connections.views.endings.posted", lambda request: request.POST
    ),
    "assignments outlive their member": _replace("connections.receivers.clear_grants"),
    "assignments outlive their grant": _replace("connections.transitions.grants.clear_grants"),
    "assignments outlive their connection": _replace(
        "connections.transitions.endings.clear_grants"
    ),
    "a reviewer becomes a superuser by deciding": _reviewer_takes_more,
    "sessions of inactive people go on": _replace(
        "allauth.account.auth_backends.AuthenticationBackend.user_can_authenticate",
        lambda backend, user: True,
    ),
}


def _rebuilt(patch: pytest.MonkeyPatch, names: tuple[str, ...], old: str, new: str) -> int:
    """Put `new` in the place of `old` in the rule's texts; how many hold it."""
    found = 0
    for name in names:
        text = getattr(effective_rights, name)
        if old in text:
            patch.setattr(effective_rights, name, text.replace(old, new))
            found += 1
    effective_rights.create()
    return found


def _cases(faults: dict[str, Any]) -> list[Any]:
    return [pytest.param(name, id=name) for name in faults]


def _is_found(name: str, record_property: Any) -> None:
    with pytest.raises(AssertionError) as broken:
        # The first failure is enough: several at once would come as a group.
        walk(BUDGET, phases=[Phase.generate], print_blob=False, report_multiple_bugs=False)
    where = broken.traceback[-1]
    by = f"{where.path.name}:{where.lineno + 1}"
    record_property(f"fault: {name}", f"found after {Promises.steps} steps, by {by}")


@pytest.mark.postgres
@pytest.mark.parametrize("name", _cases(RULE))
def test_fault_in_the_rule_is_found(name, monkeypatch, record_property):
    for old, new in batched(RULE[name], 2):
        assert _rebuilt(monkeypatch, ("SELECT",), old, new)
    _is_found(name, record_property)


@pytest.mark.postgres
@pytest.mark.parametrize("name", _cases(FORCE))
def test_date_that_is_not_read_is_found(name, monkeypatch, record_property):
    old, new = FORCE[name]
    assert sum(
        _rebuilt(monkeypatch, ("_FUNCTIONS",), old.format(at=at), new) for at in ("$3", "$4")
    )
    _is_found(name, record_property)


@pytest.mark.parametrize("name", _cases(GUARD))
def test_guard_that_is_missing_is_found(name, monkeypatch, record_property):
    GUARD[name](monkeypatch)
    _is_found(name, record_property)
