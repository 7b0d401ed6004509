"""Lists and single pages agree, for everybody, and after whatever takes a right away (A6, N7).

A list is walked with all its tabs and pages; what it names is what opens.
"""

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.models import Membership, MembershipRight
from accounts.transitions import members
from connections.models import Assignment, Connection, ConnectionInvitation, PartnerLink
from connections.transitions import endings, grants
from core.web.access import Level
from roles.models import ApprovedRole, RoleApplication
from supplychain.models import Share, Shipment
from supplychain.transitions import connections, shares
from tests.factories.connections import FBA
from tests.sweep.engine import MEMBERS, PUT_OUT, STRANGERS, Sweep, outer
from tests.sweep.table import ROWS
from tests.sweep.table.rows import HOUSES, RANDOM_ID
from tests.sweep.test_offers import paths
from tests.sweep.world import Tenant

pytestmark = [pytest.mark.django_db, pytest.mark.grows]
SOAK = os.environ.get("SOAK") == "1"
BY_NAME = {row.name: row for row in ROWS}
# list page, detail page, model: what the list links to is exactly what opens.
LISTS = [
    ("provider:applications", "provider:application", RoleApplication),
    ("provider:employees", "provider:member", Membership),
    ("seller:members", "seller:member", Membership),
    ("supply:members", "supply:member", Membership),
    ("seller:partners", "seller:connection", Connection),
    ("seller:partner-links", "seller:partner-link", PartnerLink),
    ("provider:clients", "provider:client", Connection),
    ("provider:client-invitations", "provider:client-invitation", ConnectionInvitation),
    ("seller:shipments", "seller:shipment", Shipment),
    ("supply:shares", "supply:share", Share),
]
# What a page keeps open beside what its list names: those who have gone, what waits or is over.
OPEN_BESIDE = {"provider:employees", "seller:members", "supply:members", "supply:shares"}


def listed(sweep: Sweep, persona: str, url: str, ids: set[str]) -> set[str]:
    """The ids that a list names on any of its tabs and pages; none when it is refused."""
    found: set[str] = set()
    waiting, seen = [url], {url}
    while waiting:
        answer = sweep.send(persona, "GET", waiting.pop())
        if answer.code != 200:
            continue
        found |= {each for each in ids if each in answer.body}
        own = {path for path in paths(answer.body) if path.startswith(f"{url}?")}
        waiting += own - seen
        seen |= own
    return found


def opening(sweep: Sweep, persona: str, one: str, ids: set[str]) -> set[str]:
    """The ids whose own page opens."""
    base = urlsplit(BY_NAME[one].url(sweep.world.home, found=False)).path
    paths_by_id = {each: base.replace(str(RANDOM_ID), each) for each in ids}
    assert sweep.world.home[HOUSES[BY_NAME[one].portal]].handle in base
    return {
        each for each, path in paths_by_id.items() if sweep.send(persona, "GET", path).code == 200
    }


@pytest.mark.parametrize(("many", "one", "model"), LISTS, ids=[row[0] for row in LISTS])
def test_lists_and_single_pages_agree(
    many: str, one: str, model: Any, sweep: Sweep, record_property: Any
) -> None:
    """Whatever a list names opens; nothing of the other tenant is in one or opens (A6)."""
    rows, detail = BY_NAME[many], BY_NAME[one]
    cells = 0
    ids = {str(each) for each in model.objects.values_list("public_id", flat=True)}
    for persona in (*MEMBERS, *STRANGERS):
        if persona not in rows.may:
            continue
        named = listed(sweep, persona, rows.url(sweep.world.home), ids)
        if persona not in detail.may:
            continue
        opens = opening(sweep, persona, one, ids)
        cells += len(ids)
        assert named - opens == set(), f"{persona}: listed, but refused"
        assert opens, f"{persona}: opens nothing"
        if many not in OPEN_BESIDE:
            assert opens == named, f"{persona}: opens, but is in no list"
    record_property("cells: lists", cells)


def _lower(t: Tenant, level: Level) -> None:
    row = Connection.objects.get(pk=t["connection"].pk)
    levels = {FBA: level}
    by = t.people["seller_admin"]
    grants.change(connection=row, by=by, levels=levels, version=row.version)


def _end(t: Tenant, side: str) -> None:
    by = t.people[f"{side}_admin"]
    endings.terminate(connection=t["connection"], by=by, organization=t[side])


def _remove_supplier(t: Tenant) -> None:
    by, row = t.people["seller_admin"], t["supplier_connection"]
    connections.remove_connection(by=by, connection=row, organization=t["seller"])


# What is taken away, and from whom a page is then refused.
TAKEN: dict[str, tuple[Callable[[Tenant], Any], set[str]]] = {
    "grant lowered": (lambda t: _lower(t, Level.VIEW), set()),
    "grant removed": (lambda t: _lower(t, Level.NONE), {"provider_employee"}),
    "approval revoked": (
        lambda t: ApprovedRole.objects.filter(pk=t["approved_role"].pk).update(
            status="revoked", ended_at=t["approved_role"].approved_at
        ),
        {"provider_admin", "provider_employee"},
    ),
    "connection ended": (lambda t: _end(t, "seller"), {"provider_admin", "provider_employee"}),
    "connection given up": (lambda t: _end(t, "provider"), {"provider_admin"}),
    "employee unassigned": (lambda t: Assignment.objects.all().delete(), {"provider_employee"}),
    "employee removed": (
        lambda t: members.remove(
            by=t.people["provider_admin"], membership=t["provider_employee_membership"]
        ),
        {"provider_employee"},
    ),
    "right taken": (lambda t: MembershipRight.objects.all().delete(), {"seller_viewer"}),
    "supplier removed": (_remove_supplier, {"supplier_admin"}),
    "share recalled": (
        lambda t: shares.recall_share(by=t.people["seller_admin"], share=t["share"]),
        {"supplier_admin"},
    ),
}
AFTER = [each for each in LISTS if each[0] in ("seller:shipments", "supply:shares")]
AFFECTED = (
    "provider_admin", "provider_employee", "seller_viewer", "supplier_admin", "supplier_worker",
    *PUT_OUT,
)  # fmt: skip


# What opens in the world as it stands: asked once.
_BEFORE: dict[tuple[str, str], set[str]] = {}


def opened_before(sweep: Sweep, persona: str, one: str, ids: set[str]) -> set[str]:
    """What opens before anything is taken away."""
    if (persona, one) not in _BEFORE:
        _BEFORE[persona, one] = opening(sweep, persona, one, ids)
    return _BEFORE[persona, one]


@pytest.mark.parametrize("what", TAKEN)
def test_they_agree_after_whatever_was_taken_away(
    what: str, sweep: Sweep, record_property: Any
) -> None:
    """What is refused is in no list any more, and what is in one opens (A6, N7)."""
    take, losers = TAKEN[what]
    cells, lost = 0, set()
    with outer():
        for many, one, model in AFTER:
            ids = {str(each) for each in model.objects.values_list("public_id", flat=True)}
            url = BY_NAME[many].url(sweep.world.home)
            before = {who: opened_before(sweep, who, one, ids) for who in AFFECTED}
            with outer():
                take(sweep.world.home)
                for persona in AFFECTED:
                    named = listed(sweep, persona, url, ids)
                    tried = ids if SOAK else before[persona] | named
                    opens = opening(sweep, persona, one, tried)
                    assert opens <= before[persona], f"{persona} has gained by it"
                    assert named <= opens, f"{persona}: {many}"
                    lost |= {persona} if opens < before[persona] else set()
                    cells += len(tried)
    record_property("cells: lists", cells)
    assert losers <= lost
