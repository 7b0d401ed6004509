"""Changes of state that no form of the table makes from the world as it stands."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from accounts.transitions import organizations
from connections.transitions import links
from partnerhub import clock
from partnerhub.web.access import Level
from roles.transitions import applications, approvals, review
from supplychain.models import Share
from supplychain.plans import Targets
from supplychain.transitions import carrier, packing, shares
from tests.factories import accounts as people
from tests.factories import connections as ties
from tests.factories import roles
from tests.factories import supplychain as goods
from tests.sweep.world import Tenant, World

PARCEL = "1Z999AA10123456784"


def acts(world: World) -> Iterator[Callable[[], Any]]:
    """Each starts from the world as it stands and leaves it to be undone."""
    home, reviewers = world.home, world.outsiders
    yield lambda: _parcels(home)
    yield lambda: _pallets(home)
    yield lambda: _moved(home)
    yield lambda: _renewed_link(home)
    yield lambda: _draft_account(home)
    yield lambda: _suspended(home, reviewers["lead"])
    yield lambda: _approval(home, reviewers["lead"])
    yield lambda: _reviewed(home, reviewers["lead"], reviewers["reviewer"])


def _share(of: Tenant, status: str = "shared", **fields: Any) -> Share:
    row = goods.shipment(of["seller"], {"KETTLE": 4}, **fields)
    return goods.share(row, of["supplier"], status)


def _parcels(of: Tenant) -> None:
    share, by = _share(of), of.people["supplier_admin"]
    packing.acknowledge_share(by=by, share=share)
    packing.start_packing(by=by, share=share)
    first = goods.box(share, {"KETTLE": 4})
    packing.remove_boxes(by=by, share=share, boxes=[first.public_id])
    box = goods.box(share, {"KETTLE": 4})
    packing.confirm_contents(by=by, share=share)
    packing.reopen_boxes(by=by, share=share)
    packing.confirm_contents(by=by, share=share)
    packing.make_labels(by=by, share=share)
    packing.set_tracking(by=by, share=share, numbers={box.public_id: PARCEL})
    packing.mark_shipped(by=by, share=share)
    carrier.move_by_carrier(by=None, shipment=share.shipment, step="in_transit")


def _pallets(of: Tenant) -> None:
    share, by = _share(of, "packing", mode="LTL"), of.people["supplier_admin"]
    goods.box(share, {"KETTLE": 4})
    packing.confirm_contents(by=by, share=share)
    packing.set_freight(by=by, share=share, pro_number="", bol_number="BOL123")


def _moved(of: Tenant) -> None:
    other = goods.connected(of["seller"], of["second_supplier"])
    targets = Targets(connections=frozenset({other.public_id}))
    shares.move_share(by=of.people["seller_admin"], share=_share(of), targets=targets)


def _renewed_link(of: Tenant) -> None:
    link = ties.partner_link(
        of["seller"], None, address="late@mail.example", expires_at=clock.now() - timedelta(days=1)
    )
    links.renew(link=link, by=of.people["seller_admin"])


def _draft_account(of: Tenant) -> None:
    people.identity(of.people["draft_admin"])
    organizations.activate_organization(by=of.people["draft_admin"], organization=of["draft"])


def _suspended(of: Tenant, lead: Any) -> None:
    organizations.suspend_organization(by=lead, organization=of["provider"], reason="Complaints.")
    of["provider"].refresh_from_db()
    organizations.resume_organization(by=lead, organization=of["provider"])


def _approval(of: Tenant, lead: Any) -> None:
    row = roles.approved_role(
        of["second_provider"], "settings.shipping", expires_at=clock.now() + timedelta(days=20)
    )
    by, category = of.people["second_provider_admin"], row.role.category
    applications.renew(provider=of["second_provider"], category=category, by=by)
    change = {"approved_role": row, "by": lead, "reason": "Complaints."}
    approvals.revoke_approved_role(version=row.version, **change)
    row.refresh_from_db()
    approvals.restore_approved_role(version=row.version, **change)


def _reviewed(of: Tenant, first: Any, second: Any) -> None:
    application = roles.in_review(of["second_provider"], {"settings.cases": "view"})
    line = application.lines.get()
    for by in (first, second):
        review.decide_line(line=line, level=Level.VIEW, by=by)
        if by is first:
            review.reopen_line(line=line, by=by)
    line.refresh_from_db()
    review.second_line(line=line, seen_level=1, agree=True, by=first)
    review.finish_application(application=application, by=first)
