"""A partner is paused: nobody gets in, nothing is lost, and it goes on again (X6)."""

from datetime import UTC, date, timedelta

import pytest

from connections.models import Assignment, Connection
from connections.tasks import sweep
from core import clock
from core.audit.models import Event
from core.notifications.models import Notification
from partnerhub.portals.checklists import provider_steps
from tests.connections.conftest import Pair, grants_in, losses_in, queries
from tests.factories import connections as make
from tests.factories.accounts import member
from tests.support import drain, nothing_changes, signed_in


def url(pair: Pair, row: Connection, rest: str = "pause/") -> str:
    return pair.seller_url(f"partners/{row.public_id}/{rest}")


def kept(day: date) -> str:
    """The end of the day as history keeps it."""
    return clock.end_of(day, UTC).isoformat()


def in_days(days: int) -> date:
    return clock.today(UTC) + timedelta(days=days)


def pass_days(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    real = clock.real_now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=days))


def test_the_page_says_who_cannot_go_on_and_changes_nothing(pair: Pair) -> None:
    """X5."""
    row = pair.connect(fba="edit")
    make.assigned(pair.employee("Ana Berg"), row, "view")
    with nothing_changes():
        text = pair.at_seller().get(url(pair, row)).text
    role = "Manage FBA Inventory/Shipments"
    assert losses_in(text) == {
        ("Ana Berg", role, "view", "none"),
        (pair.provider_admin.name, role, "edit", "none"),
    }


def test_the_next_request_of_an_open_session_is_refused(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    make.assigned(ana, row)
    sessions = [signed_in(ana), pair.at_provider()]
    shipments, create = pair.seller_url("shipments/"), pair.seller_url("shipments/create/")
    assert [client.get(shipments).status_code for client in sessions] == [200, 200]
    answer = pair.at_seller().post(url(pair, row), {"reason": "Stock-taking."})
    assert answer.url == url(pair, row, "")
    with nothing_changes():
        for client in sessions:
            assert client.get(shipments).status_code == 404
            assert client.post(create, {"name": "Late"}).status_code == 404
    assert grants_in(row) == {make.FBA: 2}
    assert Assignment.objects.count() == 1


def test_both_are_told_and_see_why(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    make.assigned(ana, row)
    until = in_days(20)
    data = {"until": until.isoformat(), "reason": "Stock-taking."}
    pair.at_seller().post(url(pair, row), data)
    row.refresh_from_db()
    assert (row.status, row.paused_until.date()) == ("paused", until)
    mails = drain()
    assert {mail.to[0] for mail in mails} == {pair.seller_admin.email, pair.provider_admin.email}
    assert all("paused" in mail.subject and "Stock-taking." in mail.body for mail in mails)
    assert Notification.objects.filter(kind="connections.connection_paused").count() == 2
    event = Event.objects.get(verb="connection.paused")
    assert (event.counterparty_id, event.after["until"]) == (pair.provider.pk, kept(until))
    words = f"Paused until {until.day} {until:%B %Y}"
    provider = pair.provider_url(f"clients/{row.public_id}/")
    for client, path in (
        (pair.at_seller(), url(pair, row, "")),
        (pair.at_seller(), pair.seller_url("permissions/")),
        (pair.at_provider(), provider),
        (pair.at_provider(), pair.provider_url("clients/")),
        (signed_in(ana), pair.provider_url("clients/")),
    ):
        assert words in client.get(path).text, path
    text = pair.at_provider().get(provider).text
    assert "nobody of your firm can enter" in text
    assert "Stock-taking." in text
    assert "Enter</a>" not in text
    assert (
        "cannot enter these while they are paused"
        in signed_in(ana).get(pair.provider_url("clients/")).text
    )
    steps = provider_steps(pair.provider_admin, pair.provider)
    [step] = [step for step in steps if "seller accepts" in step.title]
    assert (step.state, step.who) == ("waiting", "the seller")


def test_the_seller_resumes_at_any_time(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    make.assigned(ana, row)
    pair.at_seller().post(url(pair, row), {"until": in_days(9).isoformat()})
    drain()
    page = pair.at_seller().get(url(pair, row, "")).text
    assert url(pair, row, "resume/") in page
    assert f'href="{url(pair, row)}"' not in page
    assert pair.at_seller().post(url(pair, row, "resume/")).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.paused_at, row.paused_until, row.reason) == ("active", None, None, "")
    assert signed_in(ana).get(pair.seller_url("shipments/")).status_code == 200
    assert len(drain()) == 2
    assert Event.objects.filter(verb="connection.resumed").count() == 1
    assert f'href="{url(pair, row)}"' in pair.at_seller().get(url(pair, row, "")).text


def test_it_ends_by_itself_and_the_sweep_tells_both(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = pair.connect(fba="edit")
    pair.at_seller().post(url(pair, row), {"until": in_days(3).isoformat()})
    drain()
    sweep()
    assert drain() == []
    # Until the end of that day.
    pass_days(monkeypatch, 3)
    sweep()
    assert ["pause ends soon" in mail.subject for mail in drain()] == [True, True]
    row.refresh_from_db()
    assert row.status == "paused"
    with nothing_changes():
        sweep()
    pass_days(monkeypatch, 4)
    # Reading notices before the sweep does.
    assert pair.at_provider().get(pair.seller_url("shipments/")).status_code == 200
    assert "Paused until" not in pair.at_seller().get(url(pair, row, "")).text
    sweep()
    row.refresh_from_db()
    assert row.status == "active"
    mails = drain()
    assert len(mails) == 2
    assert all("ended on the day that was set" in mail.body for mail in mails)
    assert Event.objects.get(verb="connection.resumed").actor_ref is None
    with nothing_changes():
        sweep()


def test_paused_again_after_its_day_without_a_sweep(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = pair.connect(fba="edit")
    pair.at_seller().post(url(pair, row), {"until": in_days(3).isoformat()})
    pass_days(monkeypatch, 4)
    assert pair.at_seller().post(url(pair, row), {}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.paused_until) == ("paused", None)
    verbs = Event.objects.filter(verb__startswith="connection.").order_by("pk")
    assert [event.verb.partition(".")[2] for event in verbs] == ["paused", "resumed", "paused"]


@pytest.mark.parametrize("days", [-1, 400])
def test_a_day_that_cannot_be_is_told_at_its_field(pair: Pair, days: int) -> None:
    row = pair.connect(fba="edit")
    data = {"until": in_days(days).isoformat(), "reason": "Holidays."}
    with nothing_changes():
        answer = pair.at_seller().post(url(pair, row), data)
    assert answer.status_code == 422
    assert "Choose a day from today on" in answer.text
    assert "Holidays." in answer.text


def test_what_the_table_does_not_allow_is_a_conflict(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row, "resume/")).status_code == 409
    pair.at_seller().post(url(pair, row), {})
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row), {}).status_code == 409
        assert pair.at_seller().get(url(pair, row)).status_code == 302
    Connection.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    with nothing_changes():
        assert pair.at_seller().post(url(pair, row, "resume/")).status_code == 410


def test_the_day_is_changed_while_the_pause_goes_on(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = pair.connect(fba="edit")
    pair.at_seller().post(url(pair, row), {"until": in_days(3).isoformat(), "reason": "Stock."})
    drain()
    page, seller = url(pair, row, "pause/day/"), pair.at_seller()
    assert page in seller.get(url(pair, row, "")).text
    with nothing_changes():
        shown = seller.get(page)
    assert f'value="{in_days(3).isoformat()}"' in shown.text
    assert seller.post(page, {"until": in_days(9).isoformat()}).url == url(pair, row, "")
    row.refresh_from_db()
    assert (row.status, row.paused_until.date(), row.reason) == ("paused", in_days(9), "Stock.")
    mails = drain()
    assert {mail.to[0] for mail in mails} == {pair.seller_admin.email, pair.provider_admin.email}
    for day in (in_days(3), in_days(9)):
        assert all(f"{day.day} {day:%B %Y}" in mail.body for mail in mails)
    event = Event.objects.get(verb="connection.pause_moved")
    assert (event.before["until"], event.after["until"]) == (
        kept(in_days(3)),
        kept(in_days(9)),
    )
    pass_days(monkeypatch, 4)
    with nothing_changes():
        sweep()
        assert pair.at_provider().get(pair.seller_url("shipments/")).status_code == 404
    # Without a day it lasts until somebody resumes it.
    assert seller.post(page, {"until": ""}).status_code == 302
    pass_days(monkeypatch, 30)
    with nothing_changes():
        sweep()
    row.refresh_from_db()
    assert (row.status, row.paused_until) == ("paused", None)
    assert len(drain()) == 2
    assert (
        "the seller resumes it"
        in pair.at_provider().get(pair.provider_url(f"clients/{row.public_id}/")).text
    )


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-1, "Choose a day from today on"),
        (400, "Choose a day from today on"),
        (3, "It is paused so"),
    ],
)
def test_another_day_that_cannot_be_is_told_at_its_field(pair: Pair, days: int, told: str) -> None:
    row = pair.connect(fba="edit")
    pair.at_seller().post(url(pair, row), {"until": in_days(3).isoformat()})
    with nothing_changes():
        answer = pair.at_seller().post(
            url(pair, row, "pause/day/"), {"until": in_days(days).isoformat()}
        )
    assert answer.status_code == 422
    assert told in answer.text
    assert in_days(days).isoformat() in answer.text


def test_there_is_no_day_to_change_without_a_pause(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = pair.connect(fba="edit")
    page, seller = url(pair, row, "pause/day/"), pair.at_seller()
    later = {"until": in_days(9).isoformat()}
    with nothing_changes():
        assert seller.get(page).url == url(pair, row, "")
        assert seller.post(page, later).status_code == 409
    seller.post(url(pair, row), {"until": in_days(3).isoformat()})
    with nothing_changes():
        # Whom the pause keeps out does not even find the page.
        assert pair.at_provider().post(page, later).status_code == 404
    pass_days(monkeypatch, 4)
    with nothing_changes():
        # Over by the clock: nobody is put back behind a pause that has ended.
        assert seller.post(page, later).status_code == 409


def test_only_the_sellers_administrators(pair: Pair, other: Pair) -> None:
    row = pair.connect(fba="edit")
    staff = signed_in(member(pair.seller))
    with nothing_changes():
        for client in (staff, pair.at_provider()):
            assert client.post(url(pair, row), {}).status_code == 403
        foreign = other.seller_url(f"partners/{row.public_id}/pause/")
        assert other.at_seller().post(foreign, {}).status_code == 404


def test_a_paused_connection_can_be_changed_and_ended(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    pair.at_seller().post(url(pair, row), {})
    data = {f"grant-{make.FBA}": "1", "version": "1"}
    asked = pair.at_seller().post(url(pair, row, "roles/"), data)
    # What they would have again is what they lose.
    assert (pair.provider_admin.name, "Manage FBA Inventory/Shipments", "edit", "view") in (
        losses_in(asked.text)
    )
    pair.at_seller().post(url(pair, row, "roles/"), data | {"confirmed": "1"})
    assert grants_in(row)[make.FBA] == 1
    end = pair.provider_url(f"clients/{row.public_id}/end/")
    assert pair.at_provider().post(end, {}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.paused_at) == ("terminated", None)


def test_the_employees_list_takes_a_fixed_number_of_queries(pair: Pair) -> None:
    ana = pair.employee()
    client = signed_in(ana)

    def paused() -> None:
        seller = make.pair()[0]
        row = make.connection(seller, pair.provider, status="paused", paused_at=clock.now())
        make.assigned(ana, row)

    paused()
    few = queries(client, pair.provider_url("clients/"))
    for _ in range(4):
        paused()
    assert queries(client, pair.provider_url("clients/")) == few
