"""Who may use what for which client (U17, U18): never above the grant, one level each."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Membership
from accounts.signals import member_removed
from connections.models import Assignment, Connection, RoleGrant
from connections.transitions import assignments
from core import clock
from core.audit.models import Event
from core.errors import Invalid, NotPermitted, NotRelated
from core.web.access import Level
from tests.connections.conftest import Pair, queries
from tests.factories import connections as make
from tests.factories.accounts import member, organization, person
from tests.support import drain, nothing_changes, signed_in


def url(pair: Pair, row: Connection) -> str:
    return pair.provider_url(f"clients/{row.public_id}/assignments/")


def membership(user: Any) -> Membership:
    return Membership.objects.get(user=user, status="active")


def cell(grant: RoleGrant, user: Any) -> str:
    return f"assign-{grant.pk}-{membership(user).pk}"


def levels(user: Any) -> dict[str, str]:
    rows = Assignment.objects.filter(user=user).values_list(
        "content_object__role__code", "permission__codename"
    )
    return {code: codename.removeprefix("assigned_") for code, codename in rows}


def test_matrix_shows_employees_and_only_granted_levels(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="view")
    pair.employee("Ana Berg")
    pair.employee("Cem Dahl", identified=False)
    text = pair.at_provider().get(url(pair, row)).text
    assert text.count("<select") == 4
    assert text.count("<option") == 2 * 3 + 2 * 2
    assert text.count("identity not verified") == 1
    assert pair.provider_admin.name not in text.split("<table")[1]


def test_saving_the_form_assigns_raises_lowers_and_takes_away(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    fba, listings = row.grants.order_by("role__position").all()[::-1]
    ana, cem = pair.employee("Ana Berg"), pair.employee("Cem Dahl")
    make.assigned(cem, fba, "edit")
    data = {
        cell(fba, ana): "1",
        cell(listings, ana): "2",
        cell(fba, cem): "0",
        "state": assignments.state_of(row),
    }
    assert pair.at_provider().post(url(pair, row), data).status_code == 302
    assert levels(ana) == {fba.role.code: "view", listings.role.code: "edit"}
    assert levels(cem) == {}
    mails = {mail.to[0]: str(mail.body) for mail in drain()}
    assert set(mails) == {ana.email, cem.email}
    assert "You no longer act for" in mails[cem.email]
    events = Event.objects.filter(verb="assignment.changed")
    assert {event.after["person"] for event in events} == {
        str(membership(user).public_id) for user in (ana, cem)
    }


def test_history_names_the_person_to_both_sides(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee("Ana Berg")
    data = {cell(row.grants.get(), ana): "2", "state": assignments.state_of(row)}
    pair.at_provider().post(url(pair, row), data)
    for client, page in (
        (pair.at_provider(), pair.provider_url(f"clients/{row.public_id}/")),
        (pair.at_seller(), pair.seller_url(f"partners/{row.public_id}/")),
    ):
        assert "Ana Berg: Manage FBA Inventory/Shipments: edit" in client.get(page).text


def test_nothing_changed_writes_nothing(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    make.assigned(ana, row, "view")
    data = {cell(row.grants.get(), ana): "1", "state": assignments.state_of(row)}
    with nothing_changes():
        assert pair.at_provider().post(url(pair, row), data).status_code == 302


@pytest.mark.parametrize("value", ["3", "9", "-1", "x"])
def test_above_the_grant_is_refused_at_the_cell(pair: Pair, value: str) -> None:
    """U18."""
    row = pair.connect(fba="edit")
    ana = pair.employee()
    name = cell(row.grants.get(), ana)
    with nothing_changes():
        data = {name: value, "state": assignments.state_of(row)}
        response = pair.at_provider().post(url(pair, row), data)
    assert response.status_code == 422
    assert f'id="id_{name}_error"' in response.text


def test_the_rule_holds_below_the_form_too(pair: Pair, other: Pair) -> None:
    row, foreign = pair.connect(fba="edit"), other.connect(fba="edit")
    grant, ana = row.grants.get(), pair.employee()
    mine = membership(ana)

    def refused(error: Any, changes: Any, by: Any = pair.provider_admin) -> None:
        with pytest.raises(error), nothing_changes():
            assignments.assign(connection=row, by=by, changes=changes)

    refused(Invalid, {mine.pk: {grant.pk: Level.ADMIN}})
    refused(Invalid, {membership(pair.provider_admin).pk: {grant.pk: Level.VIEW}})
    refused(NotRelated, {mine.pk: {foreign.grants.get().pk: Level.VIEW}})
    refused(NotRelated, {membership(other.employee()).pk: {grant.pk: Level.VIEW}})
    refused(NotRelated, {mine.pk: {grant.pk: Level.VIEW}}, by=other.provider_admin)
    refused(NotRelated, {mine.pk: {grant.pk: Level.VIEW}}, by=pair.seller_admin)
    refused(NotPermitted, {mine.pk: {grant.pk: Level.VIEW}}, by=ana)


def test_somebody_who_is_not_active_cannot_be_assigned(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    mine = membership(ana)
    for status, removed in (("suspended", None), ("removed", clock.now())):
        Membership.objects.filter(pk=mine.pk).update(status=status, removed_at=removed)
        changes = {mine.pk: {row.grants.get().pk: Level.VIEW}}
        with pytest.raises(NotRelated):
            assignments.assign(connection=row, by=pair.provider_admin, changes=changes)


def test_the_effective_level_follows_a_lowered_grant(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    make.assigned(ana, row, "edit")
    RoleGrant.objects.update(level=Level.VIEW)
    text = pair.at_provider().get(url(pair, row)).text
    assert '<option value="1" selected>View</option>' in text
    mine = pair.provider_url(f"employees/{membership(ana).public_id}/clients/")
    assert "(view)" in pair.at_provider().get(mine).text


@pytest.mark.both
def test_one_level_for_each_person_and_grant(pair: Pair) -> None:
    """N8, by the database."""
    row = pair.connect(fba="edit")
    ana = pair.employee()
    make.assigned(ana, row, "view")
    with pytest.raises(IntegrityError), transaction.atomic():
        make.assigned(ana, row, "edit")


@pytest.mark.both
def test_two_administrators_at_once(pair: Pair) -> None:
    """C9: the second sees the conflict, with what was typed."""
    row = pair.connect(fba="edit")
    ana, cem = pair.employee("Ana Berg"), pair.employee("Cem Dahl")
    grant, state = row.grants.get(), assignments.state_of(row)
    pair.at_provider().post(url(pair, row), {cell(grant, ana): "1", "state": state})
    response = pair.at_provider().post(url(pair, row), {cell(grant, cem): "2", "state": state})
    assert response.status_code == 409
    assert levels(cem) == {}
    mine = response.text.split(f'name="{cell(grant, cem)}"')[1].split("</select>")[0]
    assert '<option value="2" selected>' in mine
    fresh = response.text.split('name="state" value="')[1].split('"')[0]
    again = pair.at_provider().post(url(pair, row), {cell(grant, cem): "2", "state": fresh})
    assert again.status_code == 302
    assert levels(cem) == {make.FBA: "edit"}


def test_only_administrators_of_the_provider_assign(pair: Pair, other: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    data = {cell(row.grants.get(), ana): "1", "state": assignments.state_of(row)}
    employee = signed_in(ana)
    with nothing_changes():
        assert employee.get(url(pair, row)).status_code == 403
        assert employee.post(url(pair, row), data).status_code == 403
        foreign = other.provider_url(f"clients/{row.public_id}/assignments/")
        assert other.at_provider().post(foreign, data).status_code == 404


def test_a_removed_member_who_rejoins_has_no_old_rights(pair: Pair) -> None:
    """N8."""
    row = pair.connect(fba="edit")
    ana = pair.employee()
    make.assigned(ana, row)
    mine = membership(ana)
    Membership.objects.filter(pk=mine.pk).update(status="removed", removed_at=clock.now())
    member_removed.send(sender=Membership, membership=mine, by=pair.provider_admin)
    member(pair.provider, user=ana)
    assert signed_in(ana).get(pair.seller_url("shipments/")).status_code == 404


def test_an_employee_keeps_what_another_employer_assigned(pair: Pair, other: Pair) -> None:
    ana = pair.employee()
    member(other.provider, user=ana)
    make.assigned(ana, pair.connect(fba="edit"))
    make.assigned(ana, other.connect(fba="edit"))
    mine = Membership.objects.get(user=ana, organization=pair.provider)
    member_removed.send(sender=Membership, membership=mine, by=pair.provider_admin)
    assert Assignment.objects.filter(user=ana).count() == 1


@pytest.mark.both
def test_pages_by_employee_and_overview(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="view")
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row, "view")
    client = pair.at_provider()
    mine = pair.provider_url(f"employees/{membership(ana).public_id}/clients/")
    assert pair.seller.name in client.get(mine).text
    overview = client.get(pair.provider_url("clients/assignments/")).text
    assert "2 roles" in overview
    assert f"{url(pair, row)}?only={membership(ana).public_id}" in overview
    only = client.get(f"{url(pair, row)}?only={membership(ana).public_id}").text
    assert only.count("<select") == 2
    for odd in ("only=x", "only=%27", "people=zzz", "person=%25"):
        assert client.get(f"{url(pair, row)}?{odd}").status_code == 200


@pytest.mark.both
def test_searches_take_words_literally(pair: Pair) -> None:
    """B4."""
    pair.connect(fba="edit")
    pair.employee("Ana Berg")
    client = pair.at_provider()
    for text in ("%", "_", "\\"):
        page = client.get(pair.provider_url("clients/assignments/"), {"client": text})
        assert pair.seller.name not in page.text
        page = client.get(pair.provider_url("clients/"), {"client": text})
        assert pair.seller.name not in page.text


def test_pages_take_a_fixed_number_of_queries_with_many_clients(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row, "view")
    client = pair.at_provider()
    paths = [
        url(pair, row),
        pair.provider_url("clients/assignments/"),
        pair.provider_url(f"employees/{membership(ana).public_id}/clients/"),
    ]
    few = [queries(client, path) for path in paths]
    for number in range(26):
        new = make.connection(organization("seller"), pair.provider)
        make.assigned(ana, new, "view")
        member(pair.provider, user=person(f"Zoe {number}"))
    assert few == [queries(client, path) for path in paths]
    assert "More employees" in client.get(paths[1]).text
