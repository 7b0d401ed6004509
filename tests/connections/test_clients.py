"""For whom a person may act: lists agree with checks (A6), and a loss counts at once (A5, N26)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory

from accounts.models import IdentityCheck, Membership, Organization, User
from connections.models import Assignment, Connection, RoleGrant
from connections.reads.clients import clients_of, sellers_for
from core import clock
from roles.models import ApprovedRole
from tests.connections.conftest import Pair, queries
from tests.factories import connections as make
from tests.factories.accounts import member, organization, person
from tests.support import signed_in

LOSSES: dict[str, Callable[[Pair, User], Any]] = {
    "role revoked": lambda p, u: RoleGrant.objects.update(status="ended", ended_at=clock.now()),
    "grant past its end": lambda p, u: RoleGrant.objects.update(ends_at=clock.now()),
    "connection ended": lambda p, u: Connection.objects.update(
        status="terminated", ended_at=clock.now()
    ),
    "connection past its end": lambda p, u: Connection.objects.update(ends_at=clock.now()),
    "connection paused": lambda p, u: Connection.objects.update(
        status="paused", paused_at=clock.now()
    ),
    "approval revoked": lambda p, u: ApprovedRole.objects.update(
        status="revoked", ended_at=clock.now()
    ),
    "approval lapsed": lambda p, u: ApprovedRole.objects.update(expires_at=clock.now()),
    "unassigned": lambda p, u: Assignment.objects.all().delete(),
    "membership suspended": lambda p, u: Membership.objects.filter(user=u).update(
        status="suspended"
    ),
    "membership removed": lambda p, u: Membership.objects.filter(user=u).update(
        status="removed", removed_at=clock.now()
    ),
    "user deactivated": lambda p, u: User.objects.filter(pk=u.pk).update(is_active=False),
    "identity expired": lambda p, u: IdentityCheck.objects.filter(user=u).update(
        expires_at=clock.now()
    ),
    "provider suspended": lambda p, u: Organization.objects.filter(pk=p.provider.pk).update(
        status="suspended"
    ),
    "seller suspended": lambda p, u: Organization.objects.filter(pk=p.seller.pk).update(
        status="suspended"
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_next_request_of_an_open_session_is_refused(pair: Pair, loss: str) -> None:
    make.connection(pair.seller, pair.provider, {make.FBA: "edit"})
    ana = pair.employee()
    make.assigned(ana, Connection.objects.get(), "view")
    client = signed_in(ana)
    page = pair.seller_url("shipments/")
    assert client.get(page).status_code == 200
    LOSSES[loss](pair, ana)
    response = client.get(page)
    # A deactivated person is signed out; for the others the seller's pages do not exist any more.
    assert response.status_code in (404, 302)
    if response.status_code == 302:
        assert loss == "user deactivated"
        assert "/accounts/login/" in response.url
    assert sellers_for(ana) == []


def test_an_administrator_loses_it_the_same_way(pair: Pair) -> None:
    pair.connect(fba="edit")
    client, page = pair.at_provider(), pair.seller_url("shipments/")
    assert client.get(page).status_code == 200
    ApprovedRole.objects.update(status="revoked", ended_at=clock.now())
    assert client.get(page).status_code == 404
    ApprovedRole.objects.update(status="active", ended_at=None)
    # X3: what comes back, comes back by itself.
    assert client.get(page).status_code == 200
    IdentityCheck.objects.all().delete()
    assert client.get(page).status_code == 404


def test_too_little_right_is_403(pair: Pair) -> None:
    row = pair.connect(listings="edit")
    ana = pair.employee()
    make.assigned(ana, row, "edit")
    assert signed_in(ana).get(pair.seller_url("shipments/")).status_code == 403


@pytest.mark.both
def test_employees_list_is_what_they_can_enter(pair: Pair) -> None:
    """A6: every listed client opens, every other does not."""
    ana = pair.employee()
    sellers = [organization("seller", f"Seller {name}") for name in "ABCDEF"]
    rows = [make.connection(seller, pair.provider) for seller in sellers]
    for row in rows[:4]:
        make.assigned(ana, row, "view")
    Connection.objects.filter(pk=rows[0].pk).update(ends_at=clock.now())
    RoleGrant.objects.filter(connection=rows[1]).update(ends_at=clock.now() - timedelta(days=1))
    client = signed_in(ana)
    text = client.get(pair.provider_url("clients/")).text
    listed = {seller.pk for seller in sellers if f"/seller/{seller.handle}/" in text}
    opens = {
        seller.pk
        for seller in sellers
        if client.get(f"/seller/{seller.handle}/shipments/").status_code == 200
    }
    assert listed == opens == {sellers[2].pk, sellers[3].pk}
    assert {row["seller_name"] for row in sellers_for(ana)} == {"Seller C", "Seller D"}


def test_entering_is_a_link_and_keeps_no_state(pair: Pair) -> None:
    pair.connect(fba="edit")
    client = pair.at_provider()
    home = pair.seller_url()
    assert f'href="{home}"' in client.get(pair.provider_url("clients/")).text
    assert client.get(home, follow=True).status_code == 200


@pytest.mark.both
def test_an_employee_sees_only_their_own(pair: Pair, other: Pair) -> None:
    pair.connect(fba="edit")
    ana = pair.employee()
    text = signed_in(ana).get(pair.provider_url("clients/")).text
    assert pair.seller.name not in text
    assert signed_in(ana).get(other.provider_url("clients/")).status_code == 404


def test_rights_of_two_firms_stay_apart(pair: Pair, other: Pair) -> None:
    ana = pair.employee()
    member(other.provider, user=ana)
    make.assigned(ana, pair.connect(fba="edit"))
    make.assigned(ana, other.connect(fba="edit"))
    request = RequestFactory().get("/")
    assert [row["name"] for row in clients_of(ana, pair.provider, request)] == [pair.seller.name]
    assert len(sellers_for(ana)) == 2
    assert [row["seller_name"] for row in sellers_for(ana, search=other.seller.name)] == [
        other.seller.name
    ]


@pytest.mark.both
def test_pages_of_clients_walk_to_the_end(pair: Pair) -> None:
    ana = pair.employee()
    for _ in range(7):
        make.assigned(ana, make.connection(organization("seller"), pair.provider), "view")
    seen: list[int] = []
    url = ""
    while True:
        page = clients_of(ana, pair.provider, RequestFactory().get(f"/{url}"), size=3)
        seen += [row["id"] for row in page]
        if not page.next_url:
            break
        url = page.next_url
    assert len(seen) == len(set(seen)) == 7
    back = clients_of(ana, pair.provider, RequestFactory().get(f"/{page.previous_url}"), size=3)
    assert [row["id"] for row in back] == seen[3:6]


@pytest.mark.both
def test_lists_take_a_fixed_number_of_queries(pair: Pair, django_assert_num_queries: Any) -> None:
    ana = pair.employee()
    client = signed_in(ana)
    make.assigned(ana, pair.connect(fba="edit"), "view")
    few = queries(client, pair.provider_url("clients/"))
    for _ in range(12):
        make.assigned(ana, make.connection(organization("seller"), pair.provider), "view")
    assert queries(client, pair.provider_url("clients/")) == few
    with django_assert_num_queries(1):
        sellers_for(ana)


def test_a_stranger_may_act_for_nobody(pair: Pair) -> None:
    pair.connect(fba="edit")
    assert sellers_for(person()) == []
