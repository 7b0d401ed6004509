"""History: everything both sides did, filtered, paged, exported with its seals (U20, X9)."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import transaction

from accounts.models import MembershipRight, Organization, User
from connections import history
from partnerhub import clock, objectperms
from partnerhub.audit import sealing
from partnerhub.audit.models import Event, Seal
from partnerhub.audit.services import record
from tests.connections.conftest import Pair, queries
from tests.factories import connections as make
from tests.factories.accounts import administrator, member, organization
from tests.support import signed_in


def note(verb: str, pair: Pair, by: User | None = None, **values: Any) -> None:
    with transaction.atomic():
        record(
            verb,
            by=by or pair.seller_admin,
            subject=pair.seller,
            organization=pair.seller,
            counterparty=pair.provider,
            **values,
        )


def exported(client: Any, path: str, **data: str) -> Any:
    response = client.post(path, data)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_both_sides_see_it_and_nobody_else(pair: Pair, other: Pair) -> None:
    note("partner_link.issued", pair)
    mine = pair.at_seller().get(pair.seller_url("history/")).text
    theirs = pair.at_provider().get(pair.provider_url("history/")).text
    assert "Made a link for a solution provider" in mine
    assert pair.provider.name in mine
    assert "Made a link for a solution provider" in theirs
    assert pair.seller.name in theirs
    assert "Made a link" not in other.at_seller().get(other.seller_url("history/")).text


def test_who_may_read_it(pair: Pair) -> None:
    reader, other_staff = member(pair.seller), member(pair.seller)
    objectperms.grant(MembershipRight, user=reader, codename="history_view", obj=pair.seller)
    assert signed_in(reader).get(pair.seller_url("history/")).status_code == 200
    assert signed_in(other_staff).get(pair.seller_url("history/")).status_code == 403
    assert signed_in(other_staff).post(pair.seller_url("history/export/")).status_code == 403
    pair.connect(fba="admin")
    # A delegate of the provider has no business in the seller's history.
    assert pair.at_provider().get(pair.seller_url("history/")).status_code == 403
    supplier = organization("supplier")
    client = signed_in(administrator(supplier))
    assert client.get(f"/supply/{supplier.handle}/history/").status_code == 200


def test_filters_by_kind_and_day(pair: Pair) -> None:
    note("partner_link.issued", pair)
    note("organization.registered", pair)
    client, url = pair.at_seller(), pair.seller_url("history/")
    assert "Made a link" not in client.get(url, {"about": "people"}).text
    assert "Made a link" in client.get(url, {"about": "connections"}).text
    today = clock.today().isoformat()
    assert "Made a link" in client.get(url, {"since": today, "until": today}).text
    assert "Made a link" not in client.get(url, {"until": "2020-01-01"}).text
    for bad in ({"about": "x"}, {"since": "31.31.2020"}):
        assert client.get(url, bad).status_code == 422


def test_pages_walk_through_own_and_told_events_in_order(pair: Pair) -> None:
    """Two halves, merged: nothing is lost, nothing comes twice."""
    for number in range(60):
        if number % 2:
            note("partner_link.issued", pair, after={"number": number})
        else:
            with transaction.atomic():
                record(
                    "connection_invitation.sent",
                    by=pair.provider_admin,
                    subject=pair.provider,
                    organization=pair.provider,
                    counterparty=pair.seller,
                    after={"number": number},
                )
    client, url = pair.at_seller(), pair.seller_url("history/")
    seen: list[int] = []
    page = client.get(url)
    while True:
        seen += [event.after["number"] for event in page.context["page"]]
        if not page.context["page"].next_url:
            break
        page = client.get(url + page.context["page"].next_url)
    assert seen == list(range(59, -1, -1))
    before = client.get(url + page.context["page"].previous_url)
    assert [event.after["number"] for event in before.context["page"]] == seen[:50]


def test_sealed_up_to_is_said(pair: Pair) -> None:
    note("partner_link.issued", pair)
    client, url = pair.at_seller(), pair.seller_url("history/")
    assert "Nothing is sealed yet" in client.get(url).text
    sealing.seal_all()
    assert "Sealed up to entry 1" in client.get(url).text


def test_csv_has_every_event_and_no_formula(pair: Pair) -> None:
    """B9."""
    User.objects.filter(pk=pair.seller_admin.pk).update(name="=HYPERLINK(1)")
    pair.seller_admin.refresh_from_db()
    note("partner_link.issued", pair)
    sealing.seal_all()
    raw = exported(pair.at_seller(), pair.seller_url("history/export/"), format="csv")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    first = rows[0]
    assert first["who"] == "'=HYPERLINK(1)"
    assert first["verb"] == "partner_link.issued"
    assert first["hash"] == Seal.objects.get(organization_id=pair.seller.pk).hash
    # The export is in the history, too.
    assert rows[-1]["verb"] == "history.exported"


def test_json_holds_what_the_seals_were_computed_from(pair: Pair) -> None:
    """X9: somebody else can recompute the chain from the file."""
    ana = pair.employee("Ana Berg")
    person = str(ana.memberships.get().public_id)
    note("assignment.changed", pair, before={}, after={make.FBA: "edit", "person": person})
    note("partner_link.issued", pair)
    sealing.seal_all()
    raw = exported(pair.at_seller(), pair.seller_url("history/export/"), format="json")
    previous = ""
    for item in json.loads(raw):
        if item["seal"] is None:
            continue
        event = Event(
            uid=item["uid"],
            at=Event.objects.get(uid=item["uid"]).at,
            verb=item["verb"],
            actor_ref=item["actor"] or None,
            organization_id=item["organization"],
            counterparty_id=item["counterparty"],
            object_type=item["object"][0],
            object_id=item["object"][1],
            before=item["before"],
            after=item["after"],
        )
        assert item["seal"]["previous_hash"] == previous
        assert sealing.fingerprint(previous, event) == item["seal"]["hash"]
        previous = item["seal"]["hash"]
    assert previous


def test_export_keeps_the_filter_and_is_empty_without_events(pair: Pair) -> None:
    note("partner_link.issued", pair)
    client, url = pair.at_seller(), pair.seller_url("history/export/")
    assert json.loads(exported(client, url, format="json", until="2020-01-01")) == []
    found = json.loads(exported(client, url, format="json", about="connections"))
    assert [item["verb"] for item in found] == ["partner_link.issued"]
    assert client.get(url).status_code == 405


def test_export_walks_in_pieces(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "CHUNK", 3)
    for number in range(10):
        note("partner_link.issued", pair, after={"number": number})
    sides = history.sides(Organization.objects.get(pk=pair.seller.pk))
    rows = list(history.everything(sides, pair.seller))
    assert [row["event"].after["number"] for row in rows] == list(range(10))


def test_page_takes_a_fixed_number_of_queries(pair: Pair) -> None:
    note("partner_link.issued", pair)
    url = pair.seller_url("history/")
    few = queries(pair.at_seller(), url)
    for _ in range(20):
        note("partner_link.cancelled", pair)
    assert queries(pair.at_seller(), url) == few
