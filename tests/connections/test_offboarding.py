"""After the end: what ended, what is left open, who sees what, and the papers (X19)."""

from datetime import timedelta
from typing import Any

import time_machine

from connections.models import Connection, FormerRight
from connections.transitions import endings
from core import clock
from supplychain.transitions import shares, shipments
from tests.connections.conftest import Pair
from tests.factories import connections as make
from tests.factories import supplychain as goods
from tests.factories.accounts import member
from tests.supplychain.test_shipments import MUG, create
from tests.support import drain, links_in, signed_in


def ended(pair: Pair, row: Connection) -> Connection:
    return endings.terminate(
        connection=row, by=pair.provider_admin, organization=pair.provider, reason="Sold the firm."
    )


def pages(pair: Pair, row: Connection) -> tuple[Any, Any]:
    return (
        pair.at_seller().get(pair.seller_url(f"partners/{row.public_id}/after/")),
        pair.at_provider().get(pair.provider_url(f"clients/{row.public_id}/after/")),
    )


def test_rights_that_ended_are_named_on_both_sides(pair: Pair) -> None:
    """Person, role and level: employees as assigned, administrators as granted."""
    row = pair.connect(fba="edit", listings="view")
    ana, ben = pair.employee("Ana Berg"), pair.employee("Ben Holt", identified=False)
    make.assigned(ana, row.grants.get(role__code=make.FBA), "admin")
    make.assigned(ben, row.grants.get(role__code=make.LISTINGS), "view")
    member(pair.provider)
    ended(pair, row)
    kept = {
        (right.user.name, right.role.code, right.level, right.administrator)
        for right in FormerRight.objects.select_related("user", "role")
    }
    assert kept == {
        (pair.provider_admin.name, make.FBA, 2, True),
        (pair.provider_admin.name, make.LISTINGS, 1, True),
        ("Ana Berg", make.FBA, 2, False),
        ("Ben Holt", make.LISTINGS, 1, False),
    }
    for page in pages(pair, row):
        assert page.status_code == 200
        assert "Ana Berg" in page.text
        assert "Manage FBA Inventory/Shipments (edit)" in page.text
        assert "Sold the firm." in page.text
        assert "Nothing: all that the firm" in page.text


def test_work_left_open_is_named(pair: Pair) -> None:
    """What the firm's people had begun; numbers only for the firm that sees nothing any more."""
    row = pair.connect(fba="admin")
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row)
    factory, _ = goods.supplier()
    link = goods.connected(pair.seller, factory)
    mine = goods.shipment(pair.seller, name="Mine alone")
    client = signed_in(ana)
    assert create(client, pair.seller, MUG, name="Their refill").status_code == 302
    theirs = shipments.Shipment.objects.get(name="Their refill")
    targets = shares.Targets(connections=frozenset({link.public_id}))
    shares.share_shipment(by=ana, shipment=theirs, targets=targets)
    ended(pair, row)
    seller, provider = pages(pair, row)
    assert theirs.shipment_id in seller.text
    assert f"/shipments/{theirs.public_id}/" in seller.text
    assert f"{factory.name}: Shared" in seller.text
    assert mine.shipment_id not in seller.text
    assert theirs.shipment_id in provider.text
    for hidden in ("Their refill", factory.name, str(theirs.public_id)):
        assert hidden not in provider.text
    shipments.cancel_shipment(by=pair.seller_admin, shipment=theirs)
    assert theirs.shipment_id not in pages(pair, row)[0].text


def test_page_is_linked_from_mail_and_connection_and_offers_the_papers(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    ended(pair, row)
    mails = {mail.to[0]: mail for mail in drain()}
    for user, client, url in (
        (pair.seller_admin, pair.at_seller(), pair.seller_url(f"partners/{row.public_id}/")),
        (pair.provider_admin, pair.at_provider(), pair.provider_url(f"clients/{row.public_id}/")),
    ):
        assert any(link.endswith(f"{url}after/") for link in links_in(mails[user.email]))
        assert f'href="{url}after/"' in client.get(url).text
        page = client.get(f"{url}after/")
        assert f'action="{url}receipt/"' in page.text
        assert "history/export/" in page.text
        assert "Both sides keep the history" in page.text


def test_page_waits_for_the_end(pair: Pair) -> None:
    """Live: 409. Past its date, swept or not: there."""
    row = pair.connect(fba="edit")
    seller, provider = pages(pair, row)
    assert (seller.status_code, provider.status_code) == (409, 409)
    assert "after/" not in pair.at_seller().get(pair.seller_url(f"partners/{row.public_id}/")).text
    with time_machine.travel(clock.now() + timedelta(days=366)):
        later = Pair(pair.seller, pair.seller_admin, pair.provider, pair.provider_admin)
        assert pages(later, row)[0].status_code == 200
