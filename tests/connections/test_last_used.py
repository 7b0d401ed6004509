"""When a right was last used: noted once a day, at no cost to the page (X4)."""

from datetime import UTC, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import RightUse
from core import clock
from supplychain.permissions import FBA_SHIPMENTS
from tests.connections.conftest import Pair, queries
from tests.factories import connections as make
from tests.factories import supplychain as goods
from tests.support import signed_in


def delegate(pair: Pair, level: str = "edit") -> tuple[Any, Any, Any]:
    """A connection, and one of the firm's people signed in who may use its role."""
    row = pair.connect(fba="admin", listings="view")
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row.grants.get(role__code=make.FBA), level)
    return row, ana, signed_in(ana)


@pytest.mark.both
def test_first_use_of_a_day_is_noted_and_no_other(pair: Pair) -> None:
    """One write for a person, connection, role and day; the pages after it cost what they did."""
    row, ana, client = delegate(pair)
    page = pair.seller_url("shipments/")
    with CaptureQueriesContext(database) as first:
        assert client.get(page).status_code == 200
    noted = RightUse.objects.get()
    assert (noted.user, noted.connection, noted.role.code) == (ana, row, FBA_SHIPMENTS)
    assert noted.last_used_on == clock.today(UTC)
    with CaptureQueriesContext(database) as second:
        assert client.get(page).status_code == 200
    writes = [q["sql"] for q in first if "connections_rightuse" in q["sql"]]
    assert len(writes) == 1
    assert not [q for q in second if "connections_rightuse" in q["sql"]]
    # The role's key, the write, and the savepoint around it; nothing else.
    assert len(first) - len(second) <= 4
    # What a delegate's list of shipments takes, with and without the note.
    assert len(second) == queries(client, page)
    other = pair.seller_url("shipments/new/")
    assert client.get(other).status_code == 200
    assert RightUse.objects.count() == 1


@pytest.mark.both
def test_a_later_day_moves_the_day(pair: Pair) -> None:
    _, ana, client = delegate(pair)
    client.get(pair.seller_url("shipments/"))
    with time_machine.travel(clock.now() + timedelta(days=3)):
        signed_in(ana).get(pair.seller_url("shipments/"))
        assert RightUse.objects.get().last_used_on == clock.today(UTC)


def test_what_was_refused_and_what_members_do_is_no_use(pair: Pair) -> None:
    _, _, client = delegate(pair, "view")
    assert client.get(pair.seller_url("shipments/new/")).status_code == 403
    assert client.get(pair.seller_url("history/")).status_code == 403
    assert pair.at_seller().get(pair.seller_url("shipments/")).status_code == 200
    assert pair.at_provider().get(pair.provider_url("clients/")).status_code == 200
    assert not RightUse.objects.exists()
    row = goods.shipment(pair.seller)
    assert client.post(pair.seller_url(f"shipments/{row.public_id}/pack-list/")).status_code == 200
    assert RightUse.objects.count() == 1


def test_without_a_cache_the_page_stands_and_the_use_is_noted(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, client = delegate(pair)

    def down(*args: Any, **values: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(caches["quick"]), "add", down)
    for _ in range(2):
        assert client.get(pair.seller_url("shipments/")).status_code == 200
    assert RightUse.objects.get().last_used_on == clock.today(UTC)
