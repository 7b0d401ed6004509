"""The yearly review of partners: asked by the schedule, answered by people (U42)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from connections import tasks
from connections.models import Connection, ConnectionReview
from connections.transitions import endings, reviews
from core import clock
from core.audit.models import Event
from core.errors import NotRelated
from tests.connections.conftest import Pair, grants_in, queries
from tests.factories import connections as make
from tests.factories.accounts import administrator, organization
from tests.support import drain, links_in, nothing_changes, signed_in

YEAR = timedelta(days=365)


def year_old(pair: Pair, days: int = 366, **grants: str) -> Connection:
    """A connection whose year is over."""
    row = pair.connect(**(grants or {"fba": "edit"}))
    then = clock.now() - timedelta(days=days)
    Connection.objects.filter(pk=row.pk).update(started_at=then, review_from=then)
    row.refresh_from_db()
    return row


def asked(pair: Pair, **grants: str) -> Connection:
    row = year_old(pair, **grants)
    tasks.sweep()
    drain()
    return row


def page_of(pair: Pair, row: Connection) -> str:
    return pair.seller_url(f"partners/{row.public_id}/review/")


def test_schedule_asks_once_a_year_after_the_start(pair: Pair, other: Pair) -> None:
    row, young = year_old(pair), year_old(other, 300)
    tasks.sweep()
    review = ConnectionReview.objects.get()
    assert (review.connection, review.status) == (row, "open")
    (mail,) = drain()
    assert mail.to == [pair.seller_admin.email]
    assert any(link.endswith(page_of(pair, row)) for link in links_in(mail))
    with nothing_changes():
        tasks.sweep()
    assert not young.reviews.exists()
    event = Event.objects.get(verb="connection.review_opened")
    assert (event.organization_id, event.counterparty_id) == (pair.seller.pk, pair.provider.pk)


def test_interval_is_a_setting(pair: Pair, settings: Any) -> None:
    row = year_old(pair, 200)
    tasks.sweep()
    assert not row.reviews.exists()
    settings.REVIEW_INTERVAL_DAYS = 180
    tasks.sweep()
    assert row.reviews.get().status == "open"


def test_reminders_come_once_each_and_nothing_ends_by_itself(pair: Pair) -> None:
    row = asked(pair)
    due = row.reviews.get().due_at
    subjects = []
    for days in (20, 14, 10, 3, 1, 0, -1, -200):
        with time_machine.travel(due - timedelta(days=days)):
            tasks.sweep()
            tasks.sweep()
            subjects += [(days, mail.subject) for mail in drain() if "Review" in mail.subject]
    assert [(days, text.rpartition(": ")[2]) for days, text in subjects] == [
        (14, "in 14 days"),
        (3, "in 3 days"),
        (0, "now overdue"),
    ]
    assert row.reviews.get().status == "open"
    assert grants_in(row) == {make.FBA: 2}


def test_page_shows_every_role_with_last_use_and_the_people(pair: Pair) -> None:
    row = asked(pair, fba="edit", listings="view")
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row.grants.get(role__code=make.FBA), "edit")
    client, url = pair.at_seller(), page_of(pair, row)
    page = client.get(url)
    assert {role["role"].code: role["used"] for role in page.context["roles"]} == {
        make.FBA: "never",
        make.LISTINGS: "used outside of PartnerHub: not known",
    }
    assert "Ana Berg" in page.text
    assert "Keep what it has now" in page.text
    assert f"partners/{row.public_id}/roles/" in page.text
    assert f"partners/{row.public_id}/end/" in page.text
    signed_in(ana).get(pair.seller_url("shipments/"))
    assert "by 1 person so far" in client.get(url).text


def test_a_role_is_lowered_from_the_review_and_leads_back(pair: Pair) -> None:
    row = asked(pair, fba="edit", listings="view")
    grant = row.grants.get(role__code=make.LISTINGS)
    client, review = pair.at_seller(), page_of(pair, row)
    url = pair.seller_url(f"partners/unused/{grant.public_id}/")
    assert f"{url}?from=review" in client.get(review).text
    page = client.get(url, {"from": "review"})
    assert f'href="{review}"' in page.text
    assert 'name="origin" value="review"' in page.text
    response = client.post(url, {"level": "0", "version": "1", "origin": "review"})
    assert response.url == review
    assert grants_in(row) == {make.FBA: 2}


def test_confirming_is_recorded_and_shown_on_both_sides(pair: Pair) -> None:
    row = asked(pair)
    client, url = pair.at_seller(), page_of(pair, row)
    response = client.post(url, {"version": "1"})
    assert response.url == pair.seller_url(f"partners/{row.public_id}/")
    review = row.reviews.get()
    assert (review.status, review.confirmed_by) == ("confirmed", pair.seller_admin)
    assert Event.objects.filter(verb="connection.reviewed").count() == 1
    for page in (
        client.get(response.url),
        pair.at_provider().get(pair.provider_url(f"clients/{row.public_id}/")),
    ):
        assert "Last reviewed" in page.text
        assert "Reviewed the connection and kept its roles" in page.text
    assert client.post(url, {"version": "1"}).status_code == 404
    tasks.sweep()
    assert row.reviews.count() == 1
    Connection.objects.filter(pk=row.pk).update(ends_at=clock.now() + 3 * YEAR)
    with time_machine.travel(clock.now() + YEAR + timedelta(hours=1)):
        tasks.sweep()
        assert row.reviews.filter(status="open").count() == 1


def test_what_changed_meanwhile_is_looked_at_again(pair: Pair) -> None:
    row = asked(pair)
    url = page_of(pair, row)
    Connection.objects.filter(pk=row.pk).update(version=2)
    for version in ("1", "", "x", "9" * 40):
        response = pair.at_seller().post(url, {"version": version})
        assert response.status_code == 409
        assert "The roles have changed" in response.text
    assert row.reviews.get().status == "open"
    assert pair.at_seller().post(url, {"version": "2"}).status_code == 302


def test_an_end_closes_the_question(pair: Pair) -> None:
    row = asked(pair)
    endings.terminate(connection=row, by=pair.seller_admin, organization=pair.seller)
    assert row.reviews.get().status == "closed"
    page = pair.at_seller().get(page_of(pair, row))
    assert "there is nothing to review" in page.text
    assert "Keep what it has now" not in page.text
    assert pair.at_seller().post(page_of(pair, row), {"version": "1"}).status_code == 410


def test_only_the_sellers_administrators_answer(pair: Pair, other: Pair) -> None:
    row = asked(pair)
    with pytest.raises(NotRelated):
        reviews.confirm_review(connection=row, by=pair.provider_admin, version=1)
    assert other.at_seller().get(page_of(pair, row)).status_code == 404


def test_list_and_checklist_show_what_waits_and_what_is_overdue(pair: Pair) -> None:
    home, many = pair.seller_url(""), pair.seller_url("partners/reviews/")
    client = pair.at_seller()
    assert "Review your partners" not in client.get(home).text
    row = asked(pair)
    page = client.get(home).text
    assert "Review your partners" in page
    assert "overdue" not in page
    ConnectionReview.objects.update(due_at=clock.now() - timedelta(days=1))
    assert "1 of them overdue" in client.get(home).text
    assert "Overdue" in client.get(many).text
    few = queries(client, many), queries(client, home)
    for _ in range(3):
        provider = organization("provider")
        administrator(provider)
        more = make.connection(pair.seller, provider, {make.FBA: "view"})
        ConnectionReview.objects.create(connection=more, due_at=clock.now())
    assert (queries(client, many), queries(client, home)) == few
    assert f"partners/{row.public_id}/review/" in client.get(many).text
