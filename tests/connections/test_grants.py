"""Changing what is granted later, by either side, without losing anybody's work (U12, C9)."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from connections.models import Assignment, Connection
from connections.transitions import grants, invitations, requests
from core import clock
from core.audit.models import Event
from core.errors import Invalid
from core.web.access import Level
from tests.connections.conftest import Pair, grants_in, queries
from tests.editing import held, opened
from tests.factories import connections as make
from tests.factories.accounts import administrator, member
from tests.support import drain, nothing_changes, signed_in

FBA, LISTINGS = f"grant-{make.FBA}", f"grant-{make.LISTINGS}"


# What the confirm page's button sends.
YES = {"confirmed": "1"}


def url(pair: Pair, row: Connection, rest: str = "roles/") -> str:
    return pair.seller_url(f"partners/{row.public_id}/{rest}")


def back(pair: Pair, row: Connection, rest: str = "roles/") -> str:
    return pair.provider_url(f"clients/{row.public_id}/{rest}")


def test_seller_raises_lowers_adds_and_removes(pair: Pair) -> None:
    make.approved(pair.provider, make.FBA, "admin")
    make.approved(pair.provider, "reports.business", "view")
    row = pair.connect(fba="edit", listings="view")
    old = row.grants.get(role__code=make.FBA)
    data = {FBA: "3", LISTINGS: "0", "grant-reports.business": "1", "version": "1", **YES}
    assert pair.at_seller().post(url(pair, row), data).status_code == 302
    assert grants_in(row) == {make.FBA: 3, "reports.business": 1}
    assert row.grants.get(role__code=make.FBA, status="active") == old
    row.refresh_from_db()
    assert row.version == 2
    event = Event.objects.get(verb="connection.roles_changed")
    assert event.before == {make.FBA: "edit", make.LISTINGS: "view"}
    assert event.after == {make.FBA: "admin", make.LISTINGS: "none", "reports.business": "view"}
    mails = drain()
    assert {mail.to[0] for mail in mails} == {pair.seller_admin.email, pair.provider_admin.email}
    assert "edit → admin" in str(mails[0].body)


def test_saving_what_stands_changes_nothing(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    data = {FBA: "2", "version": "1", "until": row.ends_at.date().isoformat()}
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row), data).status_code == 302


def test_a_role_the_form_did_not_send_stays(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    pair.at_seller().post(url(pair, row), {FBA: "1", "version": "1", **YES})
    assert grants_in(row) == {make.FBA: 1, make.LISTINGS: 2}


@pytest.mark.parametrize(
    ("name", "value"), [(FBA, "3"), ("grant-reports.business", "1"), (LISTINGS, "9")]
)
def test_above_the_approval_is_refused_at_the_row(pair: Pair, name: str, value: str) -> None:
    """S0.6 on edit."""
    make.approved(pair.provider, make.FBA, "edit")
    row = pair.connect(fba="edit", listings="edit")
    with nothing_changes():
        response = pair.at_seller().post(url(pair, row), {name: value, "version": "1", **YES})
    assert response.status_code == 422
    assert f'id="id_{name}_error"' in response.text


def test_what_lost_its_approval_may_stay_or_fall_but_not_rise(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    make.approved(pair.provider, make.FBA, "admin", status="revoked", ended_at=clock.now())
    text = pair.at_seller().get(url(pair, row)).text
    assert "revoked the approval" in text
    client = pair.at_seller()
    assert client.post(url(pair, row), {FBA: "3", "version": "1", **YES}).status_code == 422
    assert client.post(url(pair, row), {FBA: "1", "version": "1", **YES}).status_code == 302
    assert grants_in(row) == {make.FBA: 1}


def test_the_last_role_is_not_removed_silently(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    with nothing_changes():
        response = pair.at_seller().post(url(pair, row), {FBA: "0", "version": "1"})
    assert response.status_code == 422
    assert "end the connection instead" in response.text


@pytest.mark.parametrize("version", ["7", "", "x", "1\0"])
def test_a_form_made_from_another_state_is_a_conflict_that_keeps_what_was_typed(
    pair: Pair, version: str
) -> None:
    """C9."""
    row = pair.connect(fba="edit", listings="edit")
    Connection.objects.update(version=2)
    with nothing_changes():
        response = pair.at_seller().post(url(pair, row), {FBA: "1", "version": version})
    assert response.status_code in (409, 422)
    fba = response.text.split(f'name="{FBA}"')[1].split("</select>")[0]
    assert '<option value="1" selected>' in fba
    assert 'name="version" value="2"' in response.text


def test_second_of_two_administrators_gets_the_conflict_and_can_save_again(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    colleague = signed_in(administrator(pair.seller, identified=False))
    pair.at_seller().post(url(pair, row), {FBA: "1", "version": "1", **YES})
    assert colleague.post(url(pair, row), {LISTINGS: "1", "version": "1", **YES}).status_code == 409
    assert grants_in(row) == {make.FBA: 1, make.LISTINGS: 2}
    assert colleague.post(url(pair, row), {LISTINGS: "1", "version": "2", **YES}).status_code == 302
    assert grants_in(row) == {make.FBA: 1, make.LISTINGS: 1}


def test_end_date_moves_with_the_same_form(pair: Pair) -> None:
    """U16."""
    row = pair.connect(fba="edit")
    until = clock.today(UTC) + timedelta(days=500)
    data = {FBA: "2", "until": until.isoformat(), "version": "1"}
    assert pair.at_seller().post(url(pair, row), data).status_code == 302
    row.refresh_from_db()
    assert row.ends_at.date() == until
    bad = (clock.today(UTC) + timedelta(days=900)).isoformat()
    refused = pair.at_seller().post(url(pair, row), data | {"until": bad, "version": "2"})
    assert refused.status_code == 422


def test_removing_a_role_clears_its_assignments(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    make.assigned(pair.employee(), row)
    pair.at_seller().post(url(pair, row), {FBA: "0", "version": "1", **YES})
    (left,) = Assignment.objects.all()
    assert left.content_object.role.code == make.LISTINGS
    # Granted again, it is nobody's until somebody is assigned again.
    pair.at_seller().post(url(pair, row), {FBA: "2", "version": "2", **YES})
    assert Assignment.objects.count() == 1


def test_provider_gives_back_but_never_raises(pair: Pair) -> None:
    make.approved(pair.provider, make.FBA, "admin")
    row = pair.connect(fba="edit", listings="edit")
    client = pair.at_provider()
    text = client.get(back(pair, row)).text
    assert text.count("<select") == 2
    with nothing_changes():
        for data in ({FBA: "3"}, {LISTINGS: "3"}, {"grant-reports.business": "1"}):
            assert client.post(back(pair, row), data | {"version": "1", **YES}).status_code == 422
    assert (
        client.post(back(pair, row), {FBA: "1", LISTINGS: "0", "version": "1", **YES}).status_code
        == 302
    )
    assert grants_in(row) == {make.FBA: 1}
    assert Event.objects.filter(verb="connection.roles_given_back").count() == 1
    assert {mail.to[0] for mail in drain()} == {pair.seller_admin.email, pair.provider_admin.email}
    assert client.post(back(pair, row), {FBA: "1", "version": "1", **YES}).status_code == 409


def test_only_administrators_of_the_two_sides(pair: Pair, other: Pair) -> None:
    row = pair.connect(fba="edit")
    staff, employee = signed_in(member(pair.seller)), signed_in(pair.employee())
    data = {FBA: "1", "version": "1"}
    with nothing_changes():
        assert staff.post(url(pair, row), data).status_code == 403
        assert employee.post(back(pair, row), data).status_code == 403
        # A delegate is known to the seller, and changes nothing there.
        assert pair.at_provider().post(url(pair, row), data).status_code == 403
        foreign = other.seller_url(f"partners/{row.public_id}/roles/")
        assert other.at_seller().post(foreign, data).status_code == 404
        foreign = other.provider_url(f"clients/{row.public_id}/roles/")
        assert other.at_provider().post(foreign, data).status_code == 404


def test_an_ended_connection_cannot_be_changed(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    Connection.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row), {FBA: "1", "version": "1"}).status_code == 410
        assert (
            pair.at_provider().post(back(pair, row), {FBA: "1", "version": "1"}).status_code == 410
        )


def test_connection_pages_take_a_fixed_number_of_queries(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    make.assigned(pair.employee(), row)
    paths = [url(pair, row, ""), url(pair, row), back(pair, row, "")]
    clients = [pair.at_seller(), pair.at_seller(), pair.at_provider()]
    few = [queries(client, path) for client, path in zip(clients, paths, strict=True)]
    for code in ("reports.business", "pricing.pricing", "brand.store", make.LISTINGS):
        make.approved(pair.provider, code, "view")
        make.grant(row, code, "view")
    for _ in range(6):
        make.assigned(pair.employee(), row, "view")
    assert few == [queries(client, path) for client, path in zip(clients, paths, strict=True)]


def test_pages_of_a_connection_say_what_counts(pair: Pair, settings: Any) -> None:
    row = pair.connect(fba="edit", listings="view")
    make.approved(pair.provider, make.LISTINGS, "view", status="revoked", ended_at=clock.now())
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row, "view")
    for client, path in (
        (pair.at_seller(), url(pair, row, "")),
        (pair.at_provider(), back(pair, row, "")),
    ):
        text = client.get(path).text
        assert "Not approved at the moment" in text
        assert "Ana Berg" in text
        assert pair.provider_admin.name in text


@pytest.mark.parametrize("act", ["change", "give_back", "ask", "consent", "accept"])
def test_no_act_goes_above_what_is_approved_even_past_its_form(pair: Pair, act: str) -> None:
    """A3, A4: forms offer no such level; the transitions look again by themselves."""
    make.approved(pair.provider, make.FBA, "edit")
    row = pair.connect(fba="view")
    if act == "accept":
        Connection.objects.filter(pk=row.pk).delete()
    mine: dict[str, Any] = {"by": pair.seller_admin, "levels": {make.FBA: Level.ADMIN}}
    theirs = mine | {"by": pair.provider_admin}
    seen = {"connection": row, "version": row.version}
    acts = {
        "change": lambda: grants.change(**mine, **seen),
        "give_back": lambda: grants.give_back(**theirs, **seen),
        "ask": lambda: requests.ask(connection=row, message="More.", **theirs),
        "consent": lambda: requests.consent(request=asked, **mine),
        "accept": lambda: invitations.accept(invitation=invited, **mine),
    }
    asked = make.role_request(row, {make.FBA: "edit"}) if act == "consent" else None
    invited = make.invitation(pair.seller, pair.provider) if act == "accept" else None
    with nothing_changes(), pytest.raises(Invalid) as refused:
        acts[act]()
    assert refused.value.field == FBA


def test_two_administrators_change_different_roles_from_one_page(pair: Pair) -> None:
    """C9: both count; the same role is told with both levels, and what was chosen is kept."""
    row = pair.connect(fba="edit", listings="edit")
    make.approved(pair.provider)
    colleague = signed_in(administrator(pair.seller))
    one, two = (opened(client, url(pair, row)) for client in (pair.at_seller(), colleague))
    assert pair.at_seller().post(url(pair, row), one | {FBA: "1", **YES}).status_code == 302
    assert colleague.post(url(pair, row), two | {LISTINGS: "1", **YES}).status_code == 302
    assert sorted(row.grants.values_list("level", flat=True)) == [1, 1]
    with nothing_changes():
        answer = colleague.post(url(pair, row), two | {FBA: "3", **YES})
    assert answer.status_code == 409
    assert "“View” here" in answer.text
    assert held(answer)[FBA] == "3"
