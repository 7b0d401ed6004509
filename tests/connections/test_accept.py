"""The grant form: only what is approved now can be granted, whatever is posted (S0.15, A4)."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from connections.models import Connection, ConnectionInvitation, PartnerLink, RoleGrant
from core import clock
from core.audit.models import Event
from roles.models import ApprovedRole
from tests.connections.conftest import Pair, grants_in, queries
from tests.factories import connections as make
from tests.factories.accounts import administrator, member
from tests.support import drain, nothing_changes, signed_in

FBA, LISTINGS = f"grant-{make.FBA}", f"grant-{make.LISTINGS}"


@pytest.fixture
def invited(pair: Pair) -> ConnectionInvitation:
    """A pending invitation of a provider that may be granted two roles."""
    make.approved(pair.provider, make.FBA, "edit")
    make.approved(pair.provider, make.LISTINGS, "admin")
    return make.invitation(pair.seller, pair.provider)


def url(pair: Pair, row: ConnectionInvitation, rest: str = "") -> str:
    return pair.seller_url(f"partners/invitations/{row.public_id}/{rest}")


def test_page_offers_what_is_approved_and_greys_the_rest(
    pair: Pair, invited: ConnectionInvitation
) -> None:
    with nothing_changes():
        text = pair.at_seller().get(url(pair, invited)).text
    assert text.count("<select") == 68
    assert text.count(" disabled") == 66
    # What cannot be granted is a line of its category, to be unfolded.
    assert text.count('<details class="locked-roles') == 10
    assert "Approved up to edit only, not admin." in text
    assert text.count("has not applied for this role") == 63


def test_without_any_approval_everything_is_greyed(pair: Pair) -> None:
    """S0.19."""
    row = make.invitation(pair.seller, pair.provider)
    text = pair.at_seller().get(url(pair, row)).text
    assert text.count(" disabled") == 68
    assert "Nothing can be granted at the moment" in text
    assert "Accept and grant roles" not in text


def test_accepting_connects_and_grants(pair: Pair, invited: ConnectionInvitation) -> None:
    response = pair.at_seller().post(url(pair, invited), {FBA: "1", LISTINGS: "3"})
    row = Connection.objects.get()
    assert response.url == pair.seller_url(f"partners/{row.public_id}/")
    assert grants_in(row) == {make.FBA: 1, make.LISTINGS: 3}
    assert row.ends_at == clock.end_of(clock.today(UTC) + timedelta(days=365), UTC)
    invited.refresh_from_db()
    assert invited.status == "accepted"
    mails = {mail.to[0]: str(mail.body) for mail in drain()}
    assert set(mails) == {pair.seller_admin.email, pair.provider_admin.email}
    for body in mails.values():
        assert "Manage FBA Inventory/Shipments: view" in body
    event = Event.objects.get(verb="connection.started")
    assert event.after[make.LISTINGS] == "admin"


def test_any_administrator_of_the_seller_accepts_without_the_mail(
    pair: Pair, invited: ConnectionInvitation
) -> None:
    """U7."""
    colleague = signed_in(administrator(pair.seller, identified=False))
    assert invited.seller.name
    text = colleague.get(pair.seller_url("permissions/")).text
    assert url(pair, invited) in text
    assert colleague.post(url(pair, invited), {FBA: "1"}).status_code == 302


def test_nobody_else_accepts(pair: Pair, other: Pair, invited: ConnectionInvitation) -> None:
    staff, data = signed_in(member(pair.seller)), {FBA: "1"}
    with nothing_changes():
        assert staff.post(url(pair, invited), data).status_code == 403
        assert other.at_seller().post(url(pair, invited), data).status_code == 404
        foreign = other.seller_url(f"partners/invitations/{invited.public_id}/")
        assert other.at_seller().post(foreign, data).status_code == 404
        assert pair.at_provider().post(url(pair, invited), data).status_code == 404


def test_an_unapproved_role_is_refused_at_its_row(
    pair: Pair, invited: ConnectionInvitation
) -> None:
    """A4 a: forged in the post."""
    forged = f"grant-{make.LISTINGS.replace('manage', 'upload')}"
    with nothing_changes():
        response = pair.at_seller().post(url(pair, invited), {FBA: "1", forged: "1"})
    assert response.status_code == 422
    assert "This role cannot be granted." in response.text
    assert f'id="id_{forged}_error"' in response.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (FBA, "3"),
        (FBA, "9"),
        (FBA, "-1"),
        (FBA, "admin"),
        (FBA, "1\0"),
        ("grant-settings.payout_method", "1"),
        ("grant-settings.user_permissions", "3"),
        ("grant-orders.manage", "1"),
    ],
)
def test_too_much_is_refused_and_nothing_granted(
    pair: Pair, invited: ConnectionInvitation, name: str, value: str
) -> None:
    with nothing_changes():
        response = pair.at_seller().post(url(pair, invited), {LISTINGS: "1", name: value})
    assert response.status_code == 422
    assert f'id="id_{name}_error"' in response.text


def test_a_role_of_another_provider_is_refused(
    pair: Pair, other: Pair, invited: ConnectionInvitation
) -> None:
    """A4 c."""
    make.approved(other.provider, "reports.business", "view")
    with nothing_changes():
        response = pair.at_seller().post(url(pair, invited), {"grant-reports.business": "1"})
    assert response.status_code == 422


@pytest.mark.parametrize("change", ["lowered", "revoked", "lapsed"])
def test_a_role_that_falls_while_the_form_is_open_is_refused(
    pair: Pair, invited: ConnectionInvitation, change: str
) -> None:
    """A4 b."""
    client = pair.at_seller()
    client.get(url(pair, invited))
    now = clock.now()
    values = {
        "lowered": {"level": 1},
        "revoked": {"status": "revoked", "ended_at": now},
        "lapsed": {"expires_at": now},
    }[change]
    ApprovedRole.objects.filter(role__code=make.FBA).update(**values)
    with nothing_changes():
        response = client.post(url(pair, invited), {FBA: "2", LISTINGS: "1"})
    assert response.status_code == 422
    assert f'id="id_{FBA}_error"' in response.text
    # What was typed for the other roles is kept.
    listings = response.text.split(f'name="{LISTINGS}"')[1].split("</select>")[0]
    assert '<option value="1" selected>' in listings


@pytest.mark.parametrize("data", [{}, {FBA: "0"}, {FBA: ""}])
def test_at_least_one_role(pair: Pair, invited: ConnectionInvitation, data: Any) -> None:
    with nothing_changes():
        response = pair.at_seller().post(url(pair, invited), data)
    assert response.status_code == 422
    assert "at least one role" in response.text


def test_a_role_that_is_not_offered_stops_the_whole_form(
    pair: Pair, invited: ConnectionInvitation
) -> None:
    with nothing_changes():
        response = pair.at_seller().post(url(pair, invited), {FBA: "1", "grant-no.such": "1"})
    assert response.status_code == 422
    assert "can no longer be chosen" in response.text


def test_view_for_everything_with_one_link(pair: Pair, invited: ConnectionInvitation) -> None:
    text = pair.at_seller().get(f"{url(pair, invited)}?choose=view").text
    assert text.count('<option value="1" selected>') == 2


@pytest.mark.parametrize(("days", "status"), [(10, 302), (730, 302), (731, 422), (-1, 422)])
def test_end_date_is_the_sellers_choice_up_to_two_years(
    pair: Pair, invited: ConnectionInvitation, days: int, status: int
) -> None:
    """U14."""
    until = clock.today(UTC) + timedelta(days=days)
    response = pair.at_seller().post(url(pair, invited), {FBA: "1", "until": until.isoformat()})
    assert response.status_code == status
    if status == 302:
        assert Connection.objects.get().ends_at.date() == until


def test_accepting_twice_is_accepting_once(pair: Pair, invited: ConnectionInvitation) -> None:
    """I2."""
    client = pair.at_seller()
    client.post(url(pair, invited), {FBA: "1"})
    drain()
    with nothing_changes():
        assert client.post(url(pair, invited), {FBA: "1"}).status_code == 410
        row = Connection.objects.get()
        assert client.get(url(pair, invited)).url == pair.seller_url(f"partners/{row.public_id}/")
    assert RoleGrant.objects.count() == 1


def test_a_connection_that_is_past_its_end_makes_room(
    pair: Pair, invited: ConnectionInvitation
) -> None:
    past = clock.now() - timedelta(minutes=1)
    old = make.connection(pair.seller, pair.provider, {make.FBA: "view"}, ends_at=past)
    assert pair.at_seller().post(url(pair, invited), {LISTINGS: "1"}).status_code == 302
    old.refresh_from_db()
    assert old.status == "ended"
    new = Connection.objects.exclude(pk=old.pk).get()
    # Old grants do not return.
    assert grants_in(new) == {make.LISTINGS: 1}


def test_a_live_connection_is_shown_instead(pair: Pair, invited: ConnectionInvitation) -> None:
    row = pair.connect()
    response = pair.at_seller().post(url(pair, invited), {FBA: "1"})
    assert response.url == pair.seller_url(f"partners/{row.public_id}/")
    assert Connection.objects.count() == 1


def test_other_open_links_to_the_same_provider_are_cancelled(
    pair: Pair, invited: ConnectionInvitation
) -> None:
    make.partner_link(pair.seller, pair.provider)
    pair.at_seller().post(url(pair, invited), {FBA: "1"})
    assert not PartnerLink.objects.filter(status="issued").exists()


def test_rejecting_tells_the_provider_why(pair: Pair, invited: ConnectionInvitation) -> None:
    """U4."""
    client = pair.at_seller()
    assert client.get(url(pair, invited, "reject/")).status_code == 200
    client.post(url(pair, invited, "reject/"), {"reason": "Too expensive."})
    invited.refresh_from_db()
    assert (invited.status, invited.reason) == ("declined", "Too expensive.")
    (mail,) = drain()
    assert mail.to == [pair.provider_admin.email]
    assert "Too expensive." in str(mail.body)
    with nothing_changes():
        assert client.post(url(pair, invited), {FBA: "1"}).status_code == 410
        assert client.post(url(pair, invited, "reject/"), {}).status_code == 410


def test_a_suspended_provider_cannot_be_accepted(pair: Pair, invited: ConnectionInvitation) -> None:
    pair.provider.status = "suspended"
    pair.provider.save()
    with nothing_changes():
        assert pair.at_seller().post(url(pair, invited), {FBA: "1"}).status_code == 410


def test_page_takes_a_fixed_number_of_queries(pair: Pair, invited: ConnectionInvitation) -> None:
    few = queries(pair.at_seller(), url(pair, invited))
    for code in ("reports.business", "pricing.pricing", "brand.store"):
        make.approved(pair.provider, code, "view")
    assert queries(pair.at_seller(), url(pair, invited)) == few
