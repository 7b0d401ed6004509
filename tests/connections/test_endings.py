"""Either side ends it, or its date does; nothing comes back (U13, I19, A11)."""

from datetime import UTC, timedelta

from accounts.models import Organization
from accounts.signals import organization_closed
from connections.models import Assignment, Connection, ConnectionInvitation, PartnerLink, RoleGrant
from connections.tasks import sweep
from core import clock
from core.audit.models import Event
from tests.connections.conftest import Pair, losses_in, queries
from tests.factories import connections as make
from tests.factories.accounts import administrator, member, organization
from tests.support import drain, fingerprint, nothing_changes, signed_in


def seller_end(pair: Pair, row: Connection) -> str:
    return pair.seller_url(f"partners/{row.public_id}/end/")


def provider_end(pair: Pair, row: Connection) -> str:
    return pair.provider_url(f"clients/{row.public_id}/end/")


def test_the_confirm_page_says_who_loses_what(pair: Pair) -> None:
    """X5: and changes nothing."""
    row = pair.connect(fba="edit", listings="view")
    make.assigned(pair.employee("Ana Berg"), row.grants.get(role__code=make.FBA), "view")
    with nothing_changes():
        text = pair.at_seller().get(seller_end(pair, row)).text
        assert pair.at_provider().get(provider_end(pair, row)).status_code == 200
    fba, listings = "Manage FBA Inventory/Shipments", "Manage Inventory/Add a Product"
    boss = pair.provider_admin.name
    assert losses_in(text) == {
        ("Ana Berg", fba, "view", "none"),
        (boss, fba, "edit", "none"),
        (boss, listings, "view", "none"),
    }


def test_the_seller_ends_it_and_both_are_told(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    make.assigned(pair.employee(), row)
    response = pair.at_seller().post(seller_end(pair, row), {"reason": "Contract is over."})
    assert response.url == pair.seller_url(f"partners/{row.public_id}/")
    row.refresh_from_db()
    assert (row.status, row.ended_side, row.reason) == (
        "terminated",
        "seller",
        "Contract is over.",
    )
    assert not RoleGrant.objects.active().exists()
    assert not Assignment.objects.exists()
    mails = drain()
    assert {mail.to[0] for mail in mails} == {pair.seller_admin.email, pair.provider_admin.email}
    assert all("Contract is over." in str(mail.body) for mail in mails)
    assert Event.objects.get(verb="connection.terminated").counterparty_id == pair.provider.pk


def test_the_provider_ends_it(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    pair.at_provider().post(provider_end(pair, row), {})
    row.refresh_from_db()
    assert row.ended_side == "provider"
    assert len(drain()) == 2


def test_ending_twice_is_ending_once(pair: Pair) -> None:
    """N29."""
    row = pair.connect(fba="edit")
    pair.at_seller().post(seller_end(pair, row), {})
    drain()
    with nothing_changes():
        assert pair.at_seller().post(seller_end(pair, row), {}).status_code == 410
        assert pair.at_provider().post(provider_end(pair, row), {}).status_code == 410
        assert pair.at_seller().get(seller_end(pair, row)).status_code == 302


def test_a_paused_connection_can_be_ended(pair: Pair) -> None:
    now = clock.now()
    row = make.connection(pair.seller, pair.provider, status="paused", paused_at=now)
    assert pair.at_seller().post(seller_end(pair, row), {}).status_code == 302


def test_nobody_else_ends_it(pair: Pair, other: Pair) -> None:
    row = pair.connect(fba="edit")
    staff, employee = signed_in(member(pair.seller)), signed_in(pair.employee())
    with nothing_changes():
        assert staff.post(seller_end(pair, row), {}).status_code == 403
        assert employee.post(provider_end(pair, row), {}).status_code == 403
        foreign = other.seller_url(f"partners/{row.public_id}/end/")
        assert other.at_seller().post(foreign, {}).status_code == 404


def test_an_ended_connection_stays_as_history(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    pair.at_seller().post(seller_end(pair, row), {})
    page = pair.at_seller().get(pair.seller_url(f"partners/{row.public_id}/")).text
    assert "Terminated" in page
    assert "Ended the connection" in page
    assert pair.provider.name in pair.at_seller().get(pair.seller_url("partners/")).text
    assert pair.seller.name not in pair.at_provider().get(pair.provider_url("clients/")).text
    ended = pair.at_provider().get(pair.provider_url("clients/?show=ended")).text
    assert pair.seller.name in ended


def test_old_grants_and_assignments_do_not_return_with_a_new_connection(pair: Pair) -> None:
    """A11."""
    row = pair.connect(fba="edit", listings="edit")
    ana = pair.employee()
    make.assigned(ana, row)
    pair.at_seller().post(seller_end(pair, row), {})
    new = make.connection(pair.seller, pair.provider, {make.FBA: "edit"})
    assert list(new.grants.values_list("role__code", flat=True)) == [make.FBA]
    assert signed_in(ana).get(pair.seller_url("shipments/")).status_code == 404


def test_sweep_ends_what_is_past_its_date_and_tells_both(pair: Pair, other: Pair) -> None:
    row = pair.connect(fba="edit")
    keeps = other.connect(fba="edit")
    Connection.objects.filter(pk=row.pk).update(ends_at=clock.now() - timedelta(seconds=1))
    sweep()
    row.refresh_from_db()
    keeps.refresh_from_db()
    assert (row.status, row.ended_side, keeps.status) == ("ended", "schedule", "active")
    assert len(drain()) == 2
    with nothing_changes():
        sweep()


def test_reminders_come_once_at_30_7_and_1_days(pair: Pair) -> None:
    """U15."""
    row = pair.connect(fba="edit")
    for days, subject in ((31, None), (30, "in 30 days"), (7, "in 7 days"), (1, "tomorrow")):
        Connection.objects.filter(pk=row.pk).update(ends_at=clock.now() + timedelta(days=days))
        sweep()
        mails = drain()
        assert len(mails) == (2 if subject else 0)
        assert all(subject and subject in mail.subject for mail in mails)
        sweep()
        assert drain() == []


def test_a_short_connection_is_not_reminded_at_its_start(pair: Pair) -> None:
    make.approved(pair.provider)
    row = make.invitation(pair.seller, pair.provider)
    until = (clock.today(UTC) + timedelta(days=5)).isoformat()
    accept = pair.seller_url(f"partners/invitations/{row.public_id}/")
    pair.at_seller().post(accept, {f"grant-{make.FBA}": "1", "until": until})
    drain()
    sweep()
    assert drain() == []


def test_sweep_expires_links_and_reminds_a_day_before(pair: Pair) -> None:
    soon = make.partner_link(
        pair.seller, pair.provider, expires_at=clock.now() + timedelta(hours=20)
    )
    sweep()
    (mail,) = drain()
    assert mail.to == [pair.seller_admin.email]
    assert "about to expire" in mail.subject
    sweep()
    assert drain() == []
    PartnerLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    sweep()
    soon.refresh_from_db()
    assert soon.status == "expired"
    before = fingerprint()
    sweep()
    assert fingerprint() == before


def test_a_closed_account_is_connected_with_nobody(pair: Pair, other: Pair) -> None:
    """organization_closed: connections end, links and invitations are dead, the others told."""
    row = pair.connect(fba="edit")
    make.partner_link(other.seller, pair.provider)
    make.invitation(organization("seller"), pair.provider)
    Organization.objects.filter(pk=pair.provider.pk).update(status="closed")
    organization_closed.send(
        sender=Organization, organization=pair.provider, by=pair.provider_admin
    )
    row.refresh_from_db()
    assert row.status == "terminated"
    assert not PartnerLink.objects.filter(status="issued").exists()
    assert not ConnectionInvitation.objects.filter(status="pending").exists()
    assert pair.seller_admin.email in {mail.to[0] for mail in drain()}


def test_lists_take_a_fixed_number_of_queries(pair: Pair) -> None:
    pair.connect(fba="edit")
    paths = [
        (pair.at_seller(), pair.seller_url("partners/")),
        (pair.at_seller(), pair.seller_url("permissions/")),
        (pair.at_provider(), pair.provider_url("clients/")),
    ]
    few = [queries(client, path) for client, path in paths]
    for _ in range(12):
        provider, seller = organization("provider"), organization("seller")
        administrator(provider)
        make.connection(pair.seller, provider)
        make.connection(seller, pair.provider)
    assert few == [queries(client, path) for client, path in paths]
