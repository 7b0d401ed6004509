"""Acting for a seller: the banner, the switcher, and nothing beyond the level (U30)."""

import re
from typing import Any

import pytest

from supplychain.models import Share
from tests.connections.conftest import Pair
from tests.factories import connections as make
from tests.factories.accounts import organization
from tests.factories.supplychain import connected, shipment
from tests.support import nothing_changes, signed_in
from tests.sweep.page_forms import forms_of

FBA_NAME = "Manage FBA Inventory/Shipments"


@pytest.fixture
def scene(pair: Pair) -> dict[str, Any]:
    """Ana may look for one seller and edit for another; the first shares a shipment."""
    ana = pair.employee("Ana Berg")
    make.assigned(ana, pair.connect(fba="edit", listings="view"), "view")
    second = organization("seller", "Second Shop")
    make.assigned(ana, make.connection(second, pair.provider, {make.FBA: "edit"}), "edit")
    row = shipment(pair.seller, {"MUG-RED": 24}, name="Winter refill")
    link = connected(pair.seller, organization("supplier", "North Mill"))
    share = Share.objects.create(shipment=row, connection=link)
    base = pair.seller_url("shipments/")
    pages = [base, f"{base}?status=working", f"{base}{row.public_id}/"]
    return {"client": signed_in(ana), "second": second, "row": row, "share": share, "pages": pages}


def banner(text: str) -> str:
    return text.split('aria-label="Acting for"')[1].split('<div class="shell')[0]


def test_the_banner_names_seller_firm_role_and_level(pair: Pair, scene: Any) -> None:
    for page in scene["pages"]:
        shown = banner(scene["client"].get(page).text)
        assert f"<strong>{pair.seller.name}</strong> as {pair.provider.name}" in shown
        assert f"{FBA_NAME}: <b>view</b>" in shown
        assert "All 2 roles" in shown
    other = banner(scene["client"].get(f"/seller/{scene['second'].handle}/shipments/").text)
    assert f"{FBA_NAME}: <b>edit</b>" in other
    assert pair.seller.name not in other
    assert "roles" not in re.sub(r'class="[^"]*"', "", other)


def test_every_page_of_a_delegate_finds_the_other_clients(pair: Pair, scene: Any) -> None:
    """Without any script: a form that asks the page of all clients by name."""
    client = scene["client"]
    for page in (*scene["pages"], f"/seller/{scene['second'].handle}/shipments/"):
        [form] = [f for f in forms_of(banner(client.get(page).text)) if "client" in f.fields]
        assert (form.method, form.action) == ("get", "/")
    found = client.get("/", {"client": "second"}).text
    assert f"/seller/{scene['second'].handle}/" in found
    assert f"/seller/{pair.seller.handle}/" not in found


def test_what_the_level_does_not_open_is_not_shown(pair: Pair, scene: Any) -> None:
    """Every link opens and every button is taken: nothing is offered that would be refused."""
    client, base, seen = scene["client"], pair.seller_url(), set()
    for page in scene["pages"]:
        text = client.get(page).text
        for path in set(re.findall(r'href="([^"#]+)', text)):
            if path.startswith(base) and path not in seen:
                seen.add(path)
                assert client.get(path.replace("&amp;", "&")).status_code == 200, path
        posts = [f.action for f in forms_of(text) if f.method == "post"]
        assert not [action for action in posts if action.startswith(base)]
    assert len(seen) >= 2


@pytest.mark.parametrize(
    "path",
    [
        "shipments/new/",
        "shipments/{row}/edit/",
        "shipments/{row}/items/",
        "shipments/{row}/cancel/",
        "shipments/{row}/share/",
        "shipments/{row}/shares/{share}/recall/",
        "shipments/{row}/shares/{share}/move/",
        "suppliers/",
        "permissions/",
        "members/",
        "history/",
    ],
)
def test_what_the_level_does_not_open_is_refused(pair: Pair, scene: Any, path: str) -> None:
    url = pair.seller_url(path.format(row=scene["row"].public_id, share=scene["share"].public_id))
    with nothing_changes():
        assert scene["client"].post(url, {"name": "x"}).status_code in (403, 405), url
        assert scene["client"].get(url).status_code in (403, 405), url


def test_many_clients_are_said_to_be_more_than_shown(pair: Pair) -> None:
    ana = pair.employee()
    for number in range(21):
        row = make.connection(organization("seller", f"Shop {number:02}"), pair.provider)
        make.assigned(ana, row)
    text = signed_in(ana).get("/").text
    assert text.count('data-label="From"') == 20
    assert "search for them by name" in text
    assert "search for them by name" not in signed_in(ana).get("/", {"client": "Shop 20"}).text
