"""History: everything both sides did, filtered, paged, exported with its seals (U20, X9)."""

import csv
import io
import json
import re
import subprocess
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from accounts.models import MembershipRight, Organization, User
from accounts.reads import history
from accounts.signals import person_erased
from core import clock, object_permissions
from core.audit import presenters, seals, triggers
from core.audit.models import Actor, Event, Seal
from core.audit.services import record
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
    object_permissions.grant(MembershipRight, user=reader, codename="history_view", obj=pair.seller)
    assert signed_in(reader).get(pair.seller_url("history/")).status_code == 200
    assert signed_in(other_staff).get(pair.seller_url("history/")).status_code == 403
    assert signed_in(other_staff).post(pair.seller_url("history/export/")).status_code == 403
    pair.connect(fba="admin")
    # A delegate of the provider has no business in the seller's history.
    assert pair.at_provider().get(pair.seller_url("history/")).status_code == 403
    supplier = organization("supplier")
    client = signed_in(administrator(supplier))
    assert client.get(f"/supply/{supplier.handle}/history/").status_code == 200


@pytest.mark.both
def test_filters_by_kind_and_day(pair: Pair) -> None:
    note("partner_link.issued", pair)
    note("organization.registered", pair)
    client, url = pair.at_seller(), pair.seller_url("history/")
    assert "Made a link" not in client.get(url, {"about": "people"}).text
    assert "Made a link" in client.get(url, {"about": "connections"}).text
    today = clock.today(UTC).isoformat()
    assert "Made a link" in client.get(url, {"since": today, "until": today}).text
    assert "Made a link" not in client.get(url, {"until": "2020-01-01"}).text
    for bad in ({"about": "x"}, {"since": "31.31.2020"}):
        assert client.get(url, bad).status_code == 422


@pytest.mark.both
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
    seals.seal_all()
    assert "Sealed up to entry 1" in client.get(url).text


def test_csv_has_every_event_and_no_formula(pair: Pair) -> None:
    """B9."""
    User.objects.filter(pk=pair.seller_admin.pk).update(name="=HYPERLINK(1)")
    pair.seller_admin.refresh_from_db()
    note("partner_link.issued", pair)
    seals.seal_all()
    raw = exported(pair.at_seller(), pair.seller_url("history/export/"), format="csv")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    first = rows[0]
    assert first["who"] == "'=HYPERLINK(1)"
    assert first["verb"] == "partner_link.issued"
    assert first["hash"] == Seal.objects.get(organization_id=pair.seller.pk).hash
    # The export is in the history, too.
    assert rows[-1]["verb"] == "history.exported"


@pytest.mark.both
def test_json_holds_what_the_seals_were_computed_from(pair: Pair, tmp_path: Path) -> None:
    """X9: the program printed in docs/security.md recomputes the chain from the file alone."""
    ana = pair.employee("Ana Berg")
    person = str(ana.memberships.get().public_id)
    note("assignment.changed", pair, before={}, after={make.FBA: "edit", "person": person})
    note("partner_link.issued", pair)
    seals.seal_all()
    raw = exported(pair.at_seller(), pair.seller_url("history/export/"), format="json")
    assert recomputed(raw, tmp_path).returncode == 0
    newest = Seal.objects.filter(organization_id=pair.seller.pk).latest("sequence")
    assert f"2 entries match, up to 2 with hash {newest.hash}" in recomputed(raw, tmp_path).stdout
    items = json.loads(raw)
    items[0]["event"]["after"][make.FBA] = "admin"
    told = recomputed(json.dumps(items).encode(), tmp_path)
    assert (told.returncode, told.stderr.strip()) == (1, "entry 1 does not match its seal")


@pytest.mark.parametrize(
    ("older", "typed", "text"),
    [
        (
            {make.FBA: "edit until 2026-05-03"},
            {make.FBA: {"level": "edit", "until": "2026-05-03"}},
            "edit until 3 May 2026",
        ),
        (
            {"roles": f"{make.FBA} edit, {make.LISTINGS} view"},
            {"roles": {make.FBA: "edit", make.LISTINGS: "view"}},
            f"roles: {make.FBA} edit, {make.LISTINGS} view",
        ),
        ({"categories": "none"}, {"categories": []}, "categories: none"),
        ({"categories": "Ads, Tax"}, {"categories": ["Ads", "Tax"]}, "categories: Ads, Tax"),
        ({"until": "2026-05-03"}, {"until": "2026-05-03"}, "until: 3 May 2026"),
    ],
)
@pytest.mark.both
def test_older_rows_read_like_typed_ones_and_the_chain_holds(
    pair: Pair, tmp_path: Path, older: Any, typed: Any, text: str
) -> None:
    note("connection.roles_changed", pair, after=older)
    note("connection.roles_changed", pair, after=typed)
    seals.seal_all()
    rows = pair.at_seller().get(pair.seller_url("history/")).context["rows"]
    assert len(rows) == 2
    assert rows[0]["detail"] == rows[1]["detail"]
    assert rows[0]["detail"].endswith(text)
    assert seals.verify(pair.seller.pk).broken is None
    raw = exported(pair.at_seller(), pair.seller_url("history/export/"), format="json")
    assert recomputed(raw, tmp_path).returncode == 0


def test_every_group_of_the_filter_has_verbs() -> None:
    assert all(presenters.verbs_of(group) for group in presenters.GROUPS)
    assert presenters.verbs_of("no such group") == []


def recomputed(raw: bytes, folder: Path) -> Any:
    """What the documented recipe says about an export; it shares no code with the project."""
    document = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text()
    found = re.search(r"```python\n(.+?)```", document, re.DOTALL)
    assert found
    (folder / "recipe.py").write_text(found[1])
    (folder / "export.json").write_bytes(raw)
    command = [sys.executable, "-I", "recipe.py", "export.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_export_keeps_the_filter_and_is_empty_without_events(pair: Pair) -> None:
    note("partner_link.issued", pair)
    client, url = pair.at_seller(), pair.seller_url("history/export/")
    assert json.loads(exported(client, url, format="json", until="2020-01-01")) == []
    found = json.loads(exported(client, url, format="json", about="connections"))
    assert [item["event"]["verb"] for item in found] == ["partner_link.issued"]
    assert client.get(url).status_code == 405


@pytest.mark.both
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


def did_for_seller(pair: Pair, by: User, number: int = 1) -> None:
    """One act of the provider's person in the seller's account."""
    with transaction.atomic():
        record(
            "shipment.created",
            by=by,
            subject=pair.seller,
            organization=pair.seller,
            acting=pair.provider,
            after={"number": number},
        )


def test_acts_of_partners_people_stand_under_both_names(pair: Pair, other: Pair) -> None:
    """U21: the seller reads person and firm, and can ask for these acts alone; so can the firm."""
    pair.connect(fba="edit")
    ana = pair.employee("Ana Berg")
    note("partner_link.issued", pair)
    did_for_seller(pair, ana)
    for client, url in (
        (pair.at_seller(), pair.seller_url("history/")),
        (pair.at_provider(), pair.provider_url("history/")),
    ):
        everything = client.get(url).text
        assert "Made a link" in everything
        assert "Ana Berg" in everything
        rows = client.get(url, {"by": "delegates"}).context["rows"]
        assert [(row["who"], row["verb"]) for row in rows] == [("Ana Berg", "shipment.created")]
    mine, theirs = (
        client.get(url, {"by": "delegates"}).context["rows"][0]
        for client, url in (
            (pair.at_seller(), pair.seller_url("history/")),
            (pair.at_provider(), pair.provider_url("history/")),
        )
    )
    assert (mine["firm"], mine["with"]) == (pair.provider.name, pair.provider.name)
    assert theirs["with"] == pair.seller.name
    for stranger, url in (
        (other.at_seller(), other.seller_url("history/")),
        (other.at_provider(), other.provider_url("history/")),
    ):
        assert "Ana Berg" not in stranger.get(url).text


@pytest.mark.both
def test_filters_by_person_partner_and_object(pair: Pair, other: Pair) -> None:
    pair.connect(fba="edit")
    ana = pair.employee("Ana Berg")
    note("partner_link.issued", pair)
    did_for_seller(pair, ana)
    with transaction.atomic():
        record(
            "organization.registered",
            by=pair.seller_admin,
            subject=other.seller,
            organization=pair.seller,
            counterparty=other.provider,
        )
    client, url = pair.at_seller(), pair.seller_url("history/")

    def verbs(**wanted: str) -> list[str]:
        response = client.get(url, wanted)
        assert response.status_code == 200
        return sorted(row["verb"] for row in response.context["rows"])

    assert verbs(who="ana b") == ["shipment.created"]
    assert verbs(partner=pair.provider.name) == ["partner_link.issued", "shipment.created"]
    assert verbs(partner=other.provider.handle) == ["organization.registered"]
    assert verbs(thing=str(other.seller.public_id)) == ["organization.registered"]
    assert verbs(thing=str(pair.seller.public_id), who="Ana") == ["shipment.created"]
    assert verbs(thing="no such thing") == []
    found = exported(client, pair.seller_url("history/export/"), format="json", who="Ana Berg")
    assert [item["event"]["verb"] for item in json.loads(found)] == ["shipment.created"]
    # The firm finds it by its client.
    rows = pair.at_provider().get(pair.provider_url("history/"), {"partner": pair.seller.handle})
    assert [row["verb"] for row in rows.context["rows"]] == [
        "shipment.created",
        "partner_link.issued",
    ]


def test_export_with_a_bad_filter_exports_nothing(pair: Pair) -> None:
    url = pair.seller_url("history/export/")
    response = pair.at_seller().post(url, {"since": "31.31.2020", "format": "csv"})
    assert response.status_code == 422
    assert "Enter a valid date" in response.text
    assert not Event.objects.filter(verb="history.exported").exists()


@pytest.mark.both
def test_every_party_of_an_act_has_it_in_its_chain(pair: Pair) -> None:
    did_for_seller(pair, pair.provider_admin)
    assert seals.seal_all() == 2
    for party in (pair.seller, pair.provider):
        assert Seal.objects.get(organization_id=party.pk).sequence == 1
        assert seals.verify(party.pk).broken is None


@pytest.mark.both
def test_page_verifies_the_chain(pair: Pair, other: Pair) -> None:
    """X9: result, head hash, and whether a hash noted earlier is still in the chain."""
    client, url = pair.at_seller(), pair.seller_url("history/verify/")
    assert "Nothing is sealed yet" in client.get(url).text
    for _ in range(3):
        note("partner_link.issued", pair)
    seals.seal_all()
    hashes = list(
        Seal.objects.filter(organization_id=pair.seller.pk)
        .order_by("sequence")
        .values_list("hash", flat=True)
    )
    page = client.get(url)
    assert hashes[2] in page.text
    assert "The chain holds" not in page.text
    page = client.post(url, {"noted": hashes[1].upper()})
    assert page.status_code == 200
    assert "All 3 entries were computed again and match their seals." in page.text
    assert "The hash you noted is that of entry 2." in page.text
    assert "This hash is not in the chain" in client.post(url, {"noted": "0" * 64}).text
    assert client.post(url, {"noted": "short"}).status_code == 422
    assert other.at_seller().get(url).status_code == 404
    triggers.remove()
    second = Event.objects.order_by("id")[1]
    Event.objects.filter(pk=second.pk).update(after={"level": "admin"})
    triggers.install()
    assert "Entry 2 does not match what was sealed" in client.post(url).text


@pytest.mark.both
def test_erasing_a_person_leaves_the_chain_whole(pair: Pair) -> None:
    """The name goes, what was done stays, and both sides' seals still match."""
    pair.connect(fba="edit")
    ana = pair.employee("Ana Berg")
    did_for_seller(pair, ana)
    seals.seal_all()
    person_erased.send(sender=User, user=ana)
    ana.memberships.all().delete()
    ana.delete()
    assert not Actor.objects.filter(name="Ana Berg").exists()
    for party in (pair.seller, pair.provider):
        assert seals.verify(party.pk).broken is None
    page = pair.at_seller().get(pair.seller_url("history/"))
    assert [row["who"] for row in page.context["rows"]] == ["Somebody"]
    assert "Ana Berg" not in page.text
