"""The reports of unused rights, and lowering from them (X4)."""

from datetime import UTC, date, timedelta
from typing import Any

import pytest

from connections.models import Assignment, Connection, RightUse, RoleGrant
from core import clock
from roles.models import Role
from tests.connections.conftest import Pair, grants_in, queries
from tests.factories import connections as make
from tests.factories.accounts import organization

LONG_AGO = timedelta(days=100)


def used(row: Connection, user: Any, days: int, code: str = make.FBA) -> None:
    RightUse.objects.create(
        connection=row,
        user=user,
        role=Role.objects.get(code=code),
        last_used_on=clock.today(UTC) - timedelta(days=days),
    )


def old(row: Connection, days: int = 100) -> Connection:
    """Granted and assigned so many days ago."""
    then = clock.now() - timedelta(days=days)
    RoleGrant.objects.filter(connection=row).update(granted_at=then)
    Assignment.objects.filter(content_object__connection=row).update(assigned_at=then)
    return row


def listed(client: Any, url: str, **wanted: str) -> list[tuple[str, str]]:
    page = client.get(url, wanted)
    assert page.status_code == 200
    return [(row.get("person") or row["role"], row["used"]) for row in page.context["rows"]]


@pytest.mark.parametrize(
    ("granted", "last", "thirty", "ninety"),
    [
        (100, None, True, True),
        (40, None, True, False),
        (10, None, False, False),
        (100, 40, True, False),
        (100, 95, True, True),
        (100, 5, False, False),
    ],
)
@pytest.mark.both
def test_unused_counts_from_the_last_use_or_the_grant(
    pair: Pair, granted: int, last: int | None, thirty: bool, ninety: bool
) -> None:
    row = old(pair.connect(fba="edit"), granted)
    if last is not None:
        used(row, pair.provider_admin, last)
    for client, url in (
        (pair.at_seller(), pair.seller_url("partners/unused/")),
        (pair.at_provider(), pair.provider_url("clients/unused/")),
    ):
        assert bool(listed(client, url, days="30")) is thirty
        assert bool(listed(client, url, days="90")) is ninety


def test_only_roles_with_pages_here_are_judged(pair: Pair) -> None:
    """Said plainly: nobody can know from here whether another role is used."""
    old(pair.connect(listings="edit"))
    page = pair.at_seller().get(pair.seller_url("partners/unused/"))
    assert page.context["rows"] == []
    assert "Only Manage FBA Inventory/Shipments opens pages here" in page.text


@pytest.mark.both
def test_people_are_judged_one_by_one(pair: Pair, other: Pair) -> None:
    row = pair.connect(fba="edit")
    ana, ben, new = (pair.employee(name) for name in ("Ana Berg", "Ben Holt", "Nia Fox"))
    for user in (ana, ben, new):
        make.assigned(user, row, "edit")
    old(row)
    Assignment.objects.filter(user=new).update(assigned_at=clock.now())
    used(row, ana, 2)
    used(row, ben, 60)
    theirs = pair.provider_url("clients/unused/")
    mine = pair.seller_url("partners/unused/")
    for client, url in ((pair.at_provider(), theirs), (pair.at_seller(), mine)):
        assert [name for name, _ in listed(client, url, show="people")] == ["Ben Holt"]
    assert listed(pair.at_seller(), mine) == []
    assert "Lower or remove" in pair.at_provider().get(theirs, {"show": "people"}).text
    assert "Lower or remove" not in pair.at_seller().get(mine, {"show": "people"}).text
    assert listed(other.at_seller(), other.seller_url("partners/unused/"), show="people") == []


def test_ended_connections_are_not_listed(pair: Pair) -> None:
    row = old(pair.connect(fba="edit"))
    Connection.objects.filter(pk=row.pk).update(ends_at=clock.now())
    assert listed(pair.at_seller(), pair.seller_url("partners/unused/")) == []


def test_seller_lowers_and_removes_from_the_report(pair: Pair) -> None:
    row = old(pair.connect(fba="admin", listings="view"))
    grant = row.grants.get(role__code=make.FBA)
    url = pair.seller_url(f"partners/unused/{grant.public_id}/")
    client = pair.at_seller()
    page = client.get(url)
    assert "Granted at admin" in page.text
    response = client.post(url, {"level": "1", "version": "1"})
    assert response.url == pair.seller_url("partners/unused/")
    assert grants_in(row)[make.FBA] == 1
    assert client.post(url, {"level": "2", "version": "2"}).status_code == 422
    assert client.post(url, {"level": "0", "version": "1"}).status_code == 409
    assert client.post(url, {"level": "0", "version": "2"}).status_code == 302
    assert grants_in(row) == {make.LISTINGS: 1}
    assert client.get(url).status_code == 404


def test_the_last_role_is_not_taken_silently(pair: Pair) -> None:
    row = old(pair.connect(fba="edit"))
    url = pair.seller_url(f"partners/unused/{row.grants.get().public_id}/")
    response = pair.at_seller().post(url, {"level": "0", "version": "1"})
    assert response.status_code == 422
    assert "end the connection instead" in response.text
    assert grants_in(row) == {make.FBA: 2}


def test_provider_gives_back_and_takes_from_a_person(pair: Pair) -> None:
    row = pair.connect(fba="admin", listings="view")
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row.grants.get(role__code=make.FBA), "admin")
    old(row)
    client, base = pair.at_provider(), pair.provider_url("clients/unused/")
    assert listed(client, base, show="people") == [
        ("Ana Berg", f"never, since {_day(clock.now() - LONG_AGO)}")
    ]
    grant = row.grants.get(role__code=make.FBA)
    member = ana.memberships.get()
    url = f"{base}{grant.public_id}/{member.public_id}/"
    assert "Assigned at admin" in client.get(url).text
    assert client.post(url, {"level": "1"}).url == base
    assert Assignment.objects.get().permission.codename == "assigned_view"
    assert client.post(url, {"level": "0"}).status_code == 302
    assert not Assignment.objects.exists()
    assert client.get(url).status_code == 404
    response = client.post(f"{base}{grant.public_id}/", {"level": "1", "version": "1"})
    assert response.status_code == 302
    assert grants_in(row)[make.FBA] == 1


def _day(moment: Any) -> str:
    return f"{moment:%-d %B %Y}" if isinstance(moment, date) else ""


def test_reports_take_a_fixed_number_of_queries(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    make.assigned(pair.employee("Ana Berg"), row, "edit")
    old(row)
    urls = [
        (pair.at_seller(), pair.seller_url("partners/unused/")),
        (pair.at_seller(), pair.seller_url("partners/unused/?show=people")),
        (pair.at_provider(), pair.provider_url("clients/unused/")),
        (pair.at_provider(), pair.provider_url("clients/unused/?show=people")),
    ]
    few = [queries(client, url) for client, url in urls]
    for _ in range(4):
        more = make.connection(organization("seller"), pair.provider, {make.FBA: "edit"})
        make.assigned(pair.employee(), more, "edit")
        old(more)
        extra = make.connection(pair.seller, organization("provider"), {make.FBA: "edit"})
        old(extra)
    assert [queries(client, url) for client, url in urls] == few
    assert len(listed(*urls[2])) == 5
