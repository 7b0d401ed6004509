"""Changes of state that no form of the table makes from the world as it stands."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from accounts.models import Membership
from accounts.transitions import factor_resets, identity, members, organizations
from accounts.transitions import people as accounts
from connections.models import Connection
from connections.transitions import grants, links, pauses, requests, reviews
from core import clock
from core.web.access import Level
from roles.permissions import category_ids
from roles.transitions import applications, approvals, categories, decisions
from supplychain.models import GuestLink, Share
from supplychain.plans import Targets
from supplychain.transitions import carriers, guests, packing, shares, shipments
from tests.factories import accounts as people
from tests.factories import connections as ties
from tests.factories import roles
from tests.factories import supplychain as goods
from tests.sweep.world import Tenant, World

PARCEL = "1Z999AA10123456784"
YEAR = timedelta(days=366)


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
    yield lambda: _categories(reviewers["lead"])
    yield lambda: _looked_at(home, reviewers["lead"])
    yield lambda: _lost_factors(home, reviewers["support"], reviewers["lead"])
    yield lambda: _people(home, reviewers["superuser"])
    yield lambda: _handed_over(home)
    yield _dates_that_have_come
    yield lambda: _dates_that_come(home)
    yield lambda: _downloads(home)
    yield lambda: _guest(home["guest_link"])


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
    carriers.move_by_carrier(by=None, shipment=share.shipment, step="in_transit")


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
    row = approvals.ask_to_restore(version=row.version, **change)
    row = approvals.decline_to_restore(approved_role=row, version=row.version, by=lead)
    roles.restore(row, by=lead)


def _reviewed(of: Tenant, first: Any, second: Any) -> None:
    application = roles.in_review(of["second_provider"], {"settings.cases": "view"})
    line = application.lines.get()
    for by in (first, second):
        decisions.decide_line(line=line, level=Level.VIEW, by=by)
        if by is first:
            decisions.reopen_line(line=line, by=by)
    line.refresh_from_db()
    decisions.second_line(line=line, seen_level=1, agree=True, by=first)
    decisions.finish_application(application=application, by=first)


def _looked_at(of: Tenant, lead: Any) -> None:
    identity.note_view(by=lead, document=of.rows["identity_document"])


def _lost_factors(of: Tenant, first: Any, second: Any) -> None:
    """One reset of a lost second factor is done, others end before."""
    person, by = of.people["provider_employee"], of.people["provider_admin"]
    factor_resets.send_code(person=person)
    TOTP.activate(person, generate_totp_secret())
    factor_resets.withdraw(by=person, reset=of.rows["factor_reset"])
    asked = {"person": person, "legal_name": "x", "birth_date": date(1985, 4, 12)}
    factor_resets.refuse(by=first, reset=factor_resets.ask(**asked))
    reset = factor_resets.ask(**asked)
    firm = of["provider"]
    reset = factor_resets.vouch(by=by, reset=reset, organization=firm, known=True)
    reset = factor_resets.agree(by=first, reset=reset)
    factor_resets.confirm_reset(by=second, reset=reset)
    factor_resets.note_renewed(person=person)


def _categories(lead: Any) -> None:
    before = category_ids()
    first = min(before)
    fewer = before | {first: frozenset(sorted(before[first])[1:])}
    categories.assign_categories(by=lead, choice=fewer, seen=categories.state_of(before))


def _people(of: Tenant, operator: Any) -> None:
    person = of.people["provider_employee"]
    act = {"by": operator, "person": person}
    accounts.deactivate_person(successors={}, **act)
    accounts.reactivate_person(**act)
    accounts.erase_person(successors={}, **act)


def _handed_over(of: Tenant) -> None:
    other = Membership.objects.get(
        user=of.people["seller_viewer"], organization=of["seller"], status="active"
    )
    members.hand_over(by=of.people["seller_admin"], membership=other)


def _dates_that_have_come() -> None:
    seller, _, provider, _ = ties.pair()
    past = clock.now() - timedelta(days=1)
    row = ties.connection(
        seller, provider, {ties.FBA: "view", ties.LISTINGS: "view"}, review_from=past - YEAR
    )
    row.grants.filter(role__code=ties.LISTINGS).update(ends_at=past)
    grants.end_due(connection=row)
    reviews.open_review(connection=row)
    paused = {"status": "paused", "paused_at": past - timedelta(days=3), "paused_until": past}
    Connection.objects.filter(pk=row.pk).update(**paused)
    pauses.resume_overdue(connection=row)


def _dates_that_come(of: Tenant) -> None:
    """Both sides are told before what is granted, asked and paused ends; a link is opened."""
    seller, _, provider, admin = ties.pair()
    row, soon = ties.connection(seller, provider, {ties.FBA: "view"}), timedelta(hours=20)
    asked = ties.role_request(row, {ties.FBA: "edit"}, expires_at=clock.now() + soon)
    requests.remind_of_lapse(request=asked)
    row.grants.update(ends_at=clock.now() + soon)
    grants.remind_of_end(connection=row, days=7)
    paused = {"status": "paused", "paused_at": clock.now(), "paused_until": clock.now() + soon}
    Connection.objects.filter(pk=row.pk).update(**paused)
    pauses.remind_of_end(connection=row)
    application = roles.application(
        of["second_provider"], {"settings.cases": "view"}, "information_requested"
    )
    type(application).objects.filter(pk=application.pk).update(answer_due_at=clock.now() + soon)
    applications.remind_of_question(application=application)
    link = ties.partner_link(people.organization("seller"), provider)
    links.note_opened(link=link, provider=provider, by=admin)


def _downloads(of: Tenant) -> None:
    by, share = of.people["supplier_admin"], _share(of, "packing")
    packing.note_download(by=by, share=share, what="pack_list")
    shipments.note_pack_list(by=of.people["seller_admin"], shipment=share.shipment)


def _guest(link: Any) -> None:
    sent = {"code_hash": guests._hash(link, "123456"), "code_sent_at": clock.real_now()}
    GuestLink.objects.filter(pk=link.pk).update(**sent)
    guests.enter_code(link=link, generation=link.generation, code="123456")
