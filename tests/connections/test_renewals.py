"""A later end date by both: one proposes, the other agrees (U16)."""

from datetime import UTC, date, timedelta

import pytest

from connections.models import Connection, Renewal
from connections.tasks import sweep
from core import clock
from core.audit.models import Event
from tests.connections.conftest import Pair
from tests.editing import opened
from tests.factories import connections as make
from tests.factories.accounts import member
from tests.support import drain, links_in, nothing_changes, signed_in


def url(pair: Pair, row: Connection, side: str, rest: str = "") -> str:
    base = pair.seller_url("partners/") if side == "seller" else pair.provider_url("clients/")
    return f"{base}{row.public_id}/renewal/{rest}"


def in_days(days: int) -> date:
    return clock.today(UTC) + timedelta(days=days)


def client(pair: Pair, side: str):
    return pair.at_seller() if side == "seller" else pair.at_provider()


@pytest.fixture
def row(pair: Pair) -> Connection:
    """A connection that ends in fifty days."""
    row = pair.connect(fba="edit")
    Connection.objects.filter(pk=row.pk).update(ends_at=clock.now() + timedelta(days=50))
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(("side", "other"), [("seller", "provider"), ("provider", "seller")])
def test_either_side_proposes_and_the_other_agrees(
    pair: Pair, row: Connection, side: str, other: str
) -> None:
    """Beyond what the seller could set alone, and reminded anew."""
    until, before = in_days(1000), row.ends_at
    admins = {"seller": pair.seller_admin, "provider": pair.provider_admin}
    answer = client(pair, side).post(url(pair, row, side), {"until": until.isoformat()})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.ends_at == before
    (mail,) = drain()
    assert mail.to == [admins[other].email]
    assert any(link.endswith(url(pair, row, other)) for link in links_in(mail))
    home = pair.seller_url("") if other == "seller" else pair.provider_url("")
    assert "proposes a later end date" in client(pair, other).get(home).text
    assert url(pair, row, other, "agree/") in client(pair, other).get(url(pair, row, other)).text
    Connection.objects.filter(pk=row.pk).update(reminded=30)
    assert client(pair, other).post(url(pair, row, other, "agree/")).status_code == 302
    row.refresh_from_db()
    assert (row.ends_at.date(), row.reminded, row.version) == (until, None, 2)
    assert len(drain()) == 2
    event = Event.objects.get(verb="connection.renewal_agreed")
    assert event.after == {"until": clock.end_of(until, UTC).isoformat()}
    own, its_other = (pair.provider, pair.seller)[:: 1 if other == "provider" else -1]
    assert (event.organization_id, event.counterparty_id) == (own.pk, its_other.pk)


def test_the_reminders_lead_to_it_and_start_again(
    pair: Pair, row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U15."""
    real = clock.real_now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=21))
    sweep()
    mails = {mail.to[0]: mail for mail in drain()}
    assert any(
        link.endswith(url(pair, row, "provider"))
        for link in links_in(mails[pair.provider_admin.email])
    )
    make.renewal(row, "provider", days=90)
    pair.at_seller().post(url(pair, row, "seller", "agree/"))
    drain()
    sweep()
    assert drain() == []
    for days, subject in ((21 + 61, "in 30 days"), (21 + 84, "in 7 days"), (21 + 89, "tomorrow")):
        monkeypatch.setattr(clock, "now", lambda days=days: real() + timedelta(days=days))
        sweep()
        assert [subject in mail.subject for mail in drain()] == [True, True]


@pytest.mark.parametrize("side", ["seller", "provider"])
def test_nobody_answers_their_own_proposal(pair: Pair, row: Connection, side: str) -> None:
    """The provider alone prolongs nothing."""
    make.renewal(row, side)
    with nothing_changes():
        for rest in ("agree/", "decline/"):
            assert client(pair, side).post(url(pair, row, side, rest)).status_code == 403
    assert "agree/" not in client(pair, side).get(url(pair, row, side)).text


def test_declined_with_a_reason(pair: Pair, row: Connection) -> None:
    renewal, before = make.renewal(row, "provider"), row.ends_at
    page = url(pair, row, "seller", "decline/")
    assert pair.at_seller().post(page, {"reason": "We change firms."}).status_code == 302
    renewal.refresh_from_db()
    row.refresh_from_db()
    assert (renewal.status, row.ends_at) == ("declined", before)
    (mail,) = drain()
    assert mail.to == [pair.provider_admin.email]
    assert "We change firms." in mail.body
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row, "seller", "agree/")).status_code == 410
    again = {"until": in_days(90).isoformat()}
    assert pair.at_provider().post(url(pair, row, "provider"), again).status_code == 302


def test_taken_back_by_whoever_proposed(pair: Pair, row: Connection) -> None:
    make.renewal(row, "provider")
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row, "seller", "withdraw/")).status_code == 403
    assert pair.at_provider().post(url(pair, row, "provider", "withdraw/")).status_code == 302
    (mail,) = drain()
    assert mail.to == [pair.seller_admin.email]
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row, "seller", "agree/")).status_code == 410


@pytest.mark.parametrize("days", [-1, 20, 50, 1200])
def test_a_day_that_cannot_be_is_told_at_its_field(pair: Pair, row: Connection, days: int) -> None:
    with nothing_changes():
        answer = pair.at_provider().post(
            url(pair, row, "provider"), {"until": in_days(days).isoformat()}
        )
    assert answer.status_code == 422
    assert "Choose a day after the present end date" in answer.text


def test_it_opens_sixty_days_before_the_end(pair: Pair, row: Connection) -> None:
    Connection.objects.update(ends_at=clock.now() + timedelta(days=61))
    until = {"until": in_days(100).isoformat()}
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row, "seller"), until).status_code == 409
    assert "from 60 days before" in pair.at_seller().get(url(pair, row, "seller")).text
    path = pair.seller_url(f"partners/{row.public_id}/")
    assert "Propose a later end date" not in pair.at_seller().get(path).text
    Connection.objects.update(ends_at=clock.now() + timedelta(days=60))
    assert "Propose a later end date" in pair.at_seller().get(path).text
    assert pair.at_seller().post(url(pair, row, "seller"), until).status_code == 302


def test_crossing_proposals_meet(pair: Pair, row: Connection) -> None:
    """Whoever comes second is led to what the other proposes."""
    make.renewal(row, "provider")
    with nothing_changes():
        until = {"until": in_days(100).isoformat()}
        answer = pair.at_seller().post(url(pair, row, "seller"), until, follow=True)
    assert "There is an open proposal already" in answer.text
    assert url(pair, row, "seller", "agree/") in answer.text


def test_the_seller_still_sets_its_own_date(pair: Pair, row: Connection) -> None:
    """As before, within two years, shorter or longer; a proposal from the old date is void."""
    renewal = make.renewal(row, "provider")
    form = {"until": in_days(20).isoformat(), "version": "1"}
    page = pair.seller_url(f"partners/{row.public_id}/roles/")
    assert pair.at_seller().post(page, form).status_code == 302
    row.refresh_from_db()
    renewal.refresh_from_db()
    assert (row.ends_at.date(), renewal.status) == (in_days(20), "void")


def test_void_when_the_connection_ends(pair: Pair, row: Connection) -> None:
    renewal = make.renewal(row, "provider")
    Connection.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row, "seller", "agree/")).status_code == 410
    sweep()
    renewal.refresh_from_db()
    assert renewal.status == "void"


def test_only_administrators_of_the_two(pair: Pair, other: Pair, row: Connection) -> None:
    make.renewal(row, "provider")
    staff, employee = signed_in(member(pair.seller)), signed_in(pair.employee())
    with nothing_changes():
        assert staff.post(url(pair, row, "seller", "agree/")).status_code == 403
        assert employee.post(url(pair, row, "provider", "withdraw/")).status_code == 403
        foreign = other.seller_url(f"partners/{row.public_id}/renewal/agree/")
        assert other.at_seller().post(foreign).status_code == 404
    assert Renewal.objects.get().status == "proposed"


@pytest.mark.parametrize("answer", ["agree/", "decline/"])
def test_another_proposal_than_the_one_that_was_read_is_not_answered(
    pair: Pair, row: Connection, answer: str
) -> None:
    """The provider's page shows one day; meanwhile the seller takes it back and names another."""
    pair.at_seller().post(url(pair, row, "seller"), {"until": in_days(100).isoformat()})
    page = url(pair, row, "provider", "" if answer == "agree/" else answer)
    read = opened(pair.at_provider(), page, holding="seen")
    pair.at_seller().post(url(pair, row, "seller", "withdraw/"))
    pair.at_seller().post(url(pair, row, "seller"), {"until": in_days(900).isoformat()})
    with nothing_changes():
        assert pair.at_provider().post(url(pair, row, "provider", answer), read).status_code == 409
    read = opened(pair.at_provider(), page, holding="seen")
    assert pair.at_provider().post(url(pair, row, "provider", answer), read).status_code == 302
