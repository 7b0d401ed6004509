"""Shipments in Seller Central: list, create, change, cancel; members and delegates (S1.11)."""

import html
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connections.models import Connection
from core import clock
from core.audit.models import Event
from supplychain.models import Shipment, ShipmentItem
from tests.editing import opened
from tests.factories.accounts import identity, member, organization, person
from tests.factories.connections import FBA, assigned
from tests.factories.connections import connection as partner
from tests.factories.supplychain import (
    box,
    item,
    seller,
    share,
    shipment,
    supplier,
    worker,
)
from tests.supplychain.pages import item_rows, seller_page, shipment_page
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
FACTS = {"name": "Spring refill", "center_code": "ABE2", "mode": "SP", "ship_from_name": "Dock 3"}
MUG = {"msku": "MUG-RED", "fnsku": "x000000001", "quantity": "12", "title": "Red mug"}


def create(client, of, *rows, **values):
    """Press "Create shipment", and once more where pasted lines are shown first."""
    page, data = seller_page(of, "shipment-create"), item_rows(*rows, **(FACTS | values))
    return looked_at(client, page, data)


def looked_at(client, page, data):
    """Send a form; where it shows how pasted lines were read, send it again as it is then."""
    answer = client.post(page, data)
    paste = answer.context["paste"] if answer.context and "paste" in answer.context else None
    if answer.status_code == 200 and paste is not None and paste.unseen:
        answer = client.post(page, data | {"paste-seen": paste.stamp})
    return answer


def lines(row):
    """The posted form of the items page as it stands."""
    return [
        {
            "item": str(line.public_id),
            "msku": line.msku,
            "fnsku": line.fnsku,
            "title": line.title,
            "quantity": str(line.quantity),
        }
        for line in row.items.all()
    ]


def shown_on(client, page):
    """The hidden words of what the form showed."""
    return {"shown": opened(client, page)["shown"]}


@pytest.fixture
def shop():
    """A seller with its administrator."""
    return seller(name="Blue Harbor")


def delegate(of, level):
    """An employee of a provider whose effective level on FBA shipments is this one."""
    firm = organization("provider", name="Partner Firm")
    link = partner(of, firm, {FBA: "admin"})
    user = member(firm)
    identity(user)
    if level != "none":
        assigned(user, link, level)
    return user, firm


# Creating --------------------------------------------------------------------------------------
def test_create_with_typed_and_pasted_lines(shop):
    """S1.11: facts, lines, an id of its own; one event."""
    firm, boss = shop
    client = signed_in(boss)
    assert client.get(seller_page(firm, "shipment-create")).status_code == 200
    response = create(
        client,
        firm,
        MUG,
        {"msku": ""},
        **{"paste-pasted": "MUG-BLUE\t8\tX000000002\tBlue mug\nSPOON\t1,500"},
        ship_date=str(clock.today(UTC) + timedelta(days=9)),
        ship_from_address="7 Harbor Road\nOakland",
    )
    row = Shipment.objects.get()
    assert response.url == shipment_page(row)
    assert row.shipment_id.startswith("FBA")
    assert (row.seller, row.status, row.center_code) == (firm, "working", "ABE2")
    assert list(row.items.values_list("msku", "fnsku", "quantity", "title")) == [
        ("MUG-RED", "X000000001", 12, "Red mug"),
        ("MUG-BLUE", "X000000002", 8, "Blue mug"),
        ("SPOON", "", 1500, ""),
    ]
    page = client.get(response.url).content.decode()
    assert "Prepare Shipment" in page
    assert "Share Shipment" in page
    assert Event.objects.filter(verb="shipment.created", organization_id=firm.pk).count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "a\0b"},
        {"center_code": "XXX9"},
        {"mode": "AIR"},
        {"ship_date": "2001-01-01"},
        {"ship_date": "soon"},
        {"items-0-quantity": "0"},
        {"items-0-quantity": "500001"},
        {"items-0-quantity": "9" * 40},
        {"items-0-fnsku": "X-1"},
        {"items-0-prep_type": "GOLD"},
        {"items-0-msku": "", "items-0-title": "No SKU"},
        {"items-0-msku": ""},
        {"paste-pasted": "MUG-RED\t3"},
        {"paste-pasted": "SPOON\tmany"},
        {"paste-pasted": "SPOON"},
        {"items-TOTAL_FORMS": "100000"},
        {"items-TOTAL_FORMS": "x"},
    ],
)
def test_bad_input_is_told_and_nothing_is_written(shop, values):
    """B1, B2: 422 with what was typed."""
    firm, boss = shop
    client = signed_in(boss)
    with nothing_changes():
        response = create(client, firm, MUG, **values)
    assert response.status_code == 422
    assert "Spring refill" in response.content.decode() or "name" in values


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"paste-pasted": "SPOON\t1.200"}, "“1.200” can mean 1200 or 1.2"),
        ({"paste-pasted": "SPOON\t12,5"}, "“12,5” was read as 12.5"),
        ({"items-0-quantity": "1.200"}, "“1.200” can mean 1200 or 1.2"),
        ({"items-0-quantity": "12,5"}, "“12,5” was read as 12.5"),
        ({"paste-pasted": "SP\u200bOON\t3"}, "U+200B, at place 3"),
        ({"paste-pasted": "SP\u2060OON\t3"}, "U+2060, at place 3"),
        ({"paste-pasted": "SP  OON\t3"}, "two blanks in a row"),
        ({"items-0-msku": "MUG\u200b-RED"}, "U+200B, at place 4"),
        ({"items-0-msku": "MUG\u00a0RED"}, "U+00A0, at place 4"),
    ],
)
def test_what_is_not_clear_is_refused_with_what_was_read(shop, values, told):
    """Neither a number nor an SKU becomes another one without a word."""
    firm, boss = shop
    client = signed_in(boss)
    with nothing_changes():
        response = create(client, firm, MUG, **values)
    assert response.status_code == 422
    assert told in html.unescape(response.content.decode())


@pytest.mark.parametrize("code", ["ABE2", "bhx1", " WRO1 ", "NRT5", "YYZ1", "0RY1"])
def test_every_public_centre_can_be_chosen(shop, code):
    """Of any country; a browser offers them while somebody types."""
    firm, boss = shop
    client = signed_in(boss)
    page = client.get(seller_page(firm, "shipment-create")).content.decode()
    assert f'<option value="{code.strip().upper()}">' in page
    assert create(client, firm, MUG, center_code=code).status_code == 302
    row = Shipment.objects.get()
    assert row.center_code == code.strip().upper()
    shown = client.get(shipment_page(row)).content.decode()
    assert f"{row.center_code}, " in shown
    assert ", ," not in shown


def test_a_centre_that_is_not_listed_is_taken_after_a_warning(shop):
    """New centres open before the list knows them. What is confirmed is this very code."""
    firm, boss = shop
    client = signed_in(boss)
    with nothing_changes():
        warned = create(client, firm, MUG, center_code="zzz9")
        assert warned.status_code == 422
        assert "ZZZ9 is not on the list of public centres" in warned.content.decode()
        assert 'name="unlisted_center" value="ZZZ9"' in warned.content.decode()
        other = create(client, firm, MUG, center_code="ZZZ8", unlisted_center="ZZZ9")
        assert other.status_code == 422
        for bad in ("Z", "ZZZ-9", "123456789"):
            assert (
                create(client, firm, MUG, center_code=bad, unlisted_center=bad).status_code == 422
            )
    assert create(client, firm, MUG, center_code="zzz9", unlisted_center="ZZZ9").status_code == 302
    row = Shipment.objects.get()
    assert row.center_code == "ZZZ9"
    shown = client.get(shipment_page(row)).content.decode()
    assert "ZZZ9, not on the public list" in shown
    assert "not known for this centre" in shown
    # What stands there is not asked about again.
    edit = shipment_page(row, "shipment-edit")
    assert client.post(edit, opened(client, edit) | {"name": "Autumn"}).status_code == 302


MANIFEST = Path(__file__).parent.parent / "data" / "send_to_amazon_manifest.txt"


def test_rows_of_the_official_template_are_shown_before_they_are_written(shop):
    """With its headings: each column where it belongs, expiry kept, nothing written unseen."""
    firm, boss = shop
    client = signed_in(boss)
    data = item_rows(**FACTS, **{"paste-pasted": MANIFEST.read_text("utf-8")})
    page = seller_page(firm, "shipment-create")
    with nothing_changes():
        shown = client.post(page, data)
        # What was looked at is what is written: other lines are shown anew.
        other = data | {
            "paste-pasted": data["paste-pasted"].replace("144", "288").replace("12\t12", "24\t12")
        }
        assert (
            client.post(page, other | {"paste-seen": shown.context["paste"].stamp}).status_code
            == 200
        )
    assert shown.status_code == 200
    text = html.unescape(shown.content.decode())
    for word in ("SKU", "Units", "Prepared by", "Labelled by", "Expiry date", "31 December 2027"):
        assert f">{word}<" in text
    for left_out in ("units per box", "number of boxes", "box weight"):
        assert f"The column “{left_out}” is not kept here." in text
    assert client.post(page, data | {"paste-seen": shown.context["paste"].stamp}).status_code == 302
    found = ShipmentItem.objects.values_list(
        "msku", "quantity", "fnsku", "prep_owner", "label_owner", "expiry"
    )
    assert list(found) == [
        ("MUG-RED", 144, "", "SELLER", "AMAZON", date(2027, 12, 31)),
        ("MUG-BLUE", 20, "", "AMAZON", "SELLER", None),
        ("BOWL", 7, "", "NONE", "SELLER", date(2027, 3, 4)),
    ]


@pytest.mark.parametrize(
    "pasted",
    [
        "MUG\t12\tSeller\tSeller\t12/31/2027",
        "MUG;12;Seller;Seller;12/31/2027",
        "MUG\t12\tSeller\tSeller\t2027-12-31\t6\t2\t40\t30\t30\t10",
        "SKU\tUnits\tExpiry date\nMUG\t12\t12/31/2027",
        "Merchant SKU\tQuantity\tExpiration date (DD/MM/YYYY)\nMUG\t12\t31/12/2027",
        "Expiry\tQty\tSKU\n2027-12-31\t12\tMUG",
        "Default prep owner\tSeller\n\nSKU\tQuantity\tExpiration date\nMUG\t12\t12/31/2027",
    ],
)
def test_an_expiry_that_is_pasted_is_kept(shop, pasted):
    firm, boss = shop
    assert create(signed_in(boss), firm, **{"paste-pasted": pasted}).status_code == 302
    row = ShipmentItem.objects.get()
    assert (row.msku, row.quantity, row.fnsku, row.expiry) == ("MUG", 12, "", date(2027, 12, 31))


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("MUG\t12\tSeller\tSeller\tsoon", "Line 1: “soon” is no expiry date of MUG"),
        ("MUG\t12\tSeller\tSeller\t31/12/2027", "Line 1: “31/12/2027” is no expiry date"),
        ("MUG\t12\tSeller\nCUP\t3\tX000000001", "Line 2: “X000000001” is no owner"),
        ("MUG\t12\tX000000001\tRed mug\t2027-12-31", "“2027-12-31” stands in a column without"),
        ("MUG\t12\tX-1", "Line 1: “X-1” is no FNSKU of MUG"),
        ("SKU\tUnits\tColour\nMUG\t12\tred", "Line 1: the column “Colour” is not known here"),
        ("SKU\tUnits\tQty\nMUG\t12\t13", "Line 1: the column “Qty” is not known here, or there"),
        ("SKU\tUnits\t\nMUG\t12\tred", "Line 2: “red” stands in a column without a heading"),
        ("SKU\tUnits\nMUG\t12\tred", "Line 2: “red” stands in a column without a heading"),
        ("My list\nSKU\tUnits\nMUG\t12", "Line 1: “My list” is not understood"),
        ("Default prep owner\tBob\nSKU\tUnits\nMUG\t12", "Line 1: “Bob” is no owner"),
        ("SKU\tUnits\tPrep type\nMUG\t12\tGold plating", "Line 2: “Gold plating” is no prep type"),
        ("MUG\t13\tSeller\tSeller\t\t6\t2", "2 boxes of 6 units of MUG are not 13 units"),
        (f"MUG\t1\t\t{'long ' * 60}", "the title of MUG has more than 250 signs"),
    ],
)
def test_a_cell_that_is_not_understood_is_told_at_its_line(shop, pasted, told):
    """Nothing is guessed, cut or left out in silence; what was pasted stays in its box."""
    firm, boss = shop
    client = signed_in(boss)
    with nothing_changes():
        answer = create(client, firm, **{"paste-pasted": pasted})
    assert answer.status_code == 422
    text = html.unescape(answer.content.decode())
    assert told in text
    assert pasted.splitlines()[-1].split("\t")[0] in text


def test_lines_pasted_into_a_plan_are_shown_first(shop):
    """The same box on the page of a shipment's items; who labels is kept where it stood."""
    firm, boss = shop
    row = shipment(firm, {"A": 1})
    row.items.update(label_owner="AMAZON")
    client, page = signed_in(boss), shipment_page(row, "shipment-items")
    mine = opened(client, page)
    with nothing_changes():
        assert client.post(page, mine | {"paste-pasted": "E\t5"}).status_code == 200
    assert looked_at(client, page, mine | {"paste-pasted": "E\t5"}).status_code == 302
    assert list(row.items.values_list("msku", "label_owner")) == [("A", "AMAZON"), ("E", "SELLER")]


def test_numbers_are_read_as_people_write_them(shop):
    firm, boss = shop
    pasted = "A\t12,00\nB\t1 200\nC\t1\u00a0200\nD\t12.0\nE F\t7"
    create(signed_in(boss), firm, MUG | {"quantity": "1,200"}, **{"paste-pasted": pasted})
    assert list(ShipmentItem.objects.values_list("msku", "quantity")) == [
        ("MUG-RED", 1200),
        ("A", 12),
        ("B", 1200),
        ("C", 1200),
        ("D", 12),
        ("E F", 7),
    ]


def test_more_lines_without_javascript(shop):
    """ "Add lines" keeps what was typed, says nothing about what is missing, writes nothing."""
    firm, boss = shop
    client = signed_in(boss)
    with nothing_changes():
        response = create(client, firm, MUG, name="", add_rows="1")
    assert response.status_code == 200
    assert len(response.context["items"].forms) == 6
    page = response.content.decode()
    assert 'value="MUG-RED"' in page
    assert "Please check" not in page


# List ------------------------------------------------------------------------------------------
@pytest.mark.both
def test_the_list_filters_and_finds_literally(shop):
    """B4: wildcards are letters; states; nobody else's shipments."""
    firm, boss = shop
    other, _ = seller()
    shipment(other, name="Foreign marker")
    mine = shipment(firm, name="100% cotton")
    shipment(firm, name="1000 cotton", status="closed")
    client = signed_in(boss)

    def names(query):
        page = client.get(seller_page(firm, "shipments") + query)
        assert page.status_code == 200
        return [row["name"] for row in page.context["rows"]]

    assert sorted(names("")) == ["100% cotton", "1000 cotton"]
    assert names("?find=0%25") == ["100% cotton"]
    assert names(f"?find={mine.shipment_id.lower()}") == ["100% cotton"]
    assert names("?state=closed") == ["1000 cotton"]
    assert names("?state=nonsense&page=nonsense") == names("")
    assert client.get(seller_page(firm, "shipments") + "?find=%00").status_code == 400


def test_lists_and_pages_take_a_fixed_number_of_queries(shop):
    """L2: one row or fifty, the same statements, none of them counting everything."""
    firm, boss = shop
    first, _ = supplier()
    row = shipment(firm)
    share(row, first)
    client = signed_in(boss)

    def queries(page):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page).status_code == 200
        assert not any(
            "COUNT(*)" in query["sql"] and "LIMIT" not in query["sql"]
            for query in seen
            if 'supplychain_shipment"' in query["sql"]
        )
        return len(seen)

    before = queries(seller_page(firm, "shipments")), queries(shipment_page(row))
    for number in range(6):
        more = shipment(firm, {f"SKU-{n}": 5 for n in range(8)})
        share(more, supplier()[0])
        share(row, supplier()[0])
        item(row, f"MORE-{number}", 4)
    assert (queries(seller_page(firm, "shipments")), queries(shipment_page(row))) == before
    assert before[0] <= 8
    assert before[1] <= 15


# Changing --------------------------------------------------------------------------------------
def test_change_facts_and_tell_who_has_it(shop):
    """Suppliers who have the shipment get a mail; saving the same again tells nobody."""
    firm, boss = shop
    factory, sam = supplier()
    row = shipment(firm)
    share(row, factory)
    client, page = signed_in(boss), shipment_page(row, "shipment-edit")
    values = FACTS | shown_on(client, page)
    assert client.post(page, values).status_code == 302
    row.refresh_from_db()
    assert row.name == "Spring refill"
    [letter] = drain()
    assert (letter.to, "changed" in letter.subject) == ([sam.email], True)
    with nothing_changes():
        client.post(page, FACTS | shown_on(client, page))


def test_an_older_form_is_refused(shop):
    """C9: two people with the same page: the second one's change is not silently won."""
    firm, boss = shop
    row = shipment(firm)
    client, page = signed_in(boss), shipment_page(row, "shipment-edit")
    seen = shown_on(client, page)
    assert client.post(page, FACTS | seen).status_code == 302
    with nothing_changes():
        again = client.post(page, FACTS | {"name": "Another"} | seen)
    assert again.status_code == 409


def test_change_remove_and_add_lines(shop):
    """Two SKUs may be exchanged; a removed line goes; a new one comes."""
    firm, boss = shop
    row = shipment(firm, {"A": 1, "B": 2, "C": 3})
    client, page = signed_in(boss), shipment_page(row, "shipment-items")
    typed = lines(row)
    typed[0]["msku"], typed[1]["msku"] = "B", "A"
    typed[2]["DELETE"] = "on"
    data = item_rows(*typed, {"msku": "D", "quantity": "4"})
    data |= {"paste-pasted": "E,5"}
    assert looked_at(client, page, data).status_code == 302
    assert list(row.items.values_list("msku", "quantity")) == [
        ("B", 1),
        ("A", 2),
        ("D", 4),
        ("E", 5),
    ]


def test_a_packed_line_stays_and_a_foreign_line_is_no_line(shop):
    """A3: another shipment's line in the form changes nothing; a packed one cannot be removed."""
    firm, boss = shop
    factory, _ = supplier()
    row, other = shipment(firm, {"A": 1, "B": 2}), shipment(firm, {"X": 9})
    box(share(row, factory, "packing"), {"A": 1})
    client, page = signed_in(boss), shipment_page(row, "shipment-items")
    typed = lines(row)
    typed[0]["DELETE"] = "on"
    with nothing_changes():
        assert client.post(page, item_rows(*typed)).status_code == 422
        assert client.post(page, item_rows(*lines(other))).status_code == 409


def test_a_confirmed_plan_stands_still(shop):
    """X12: what a supplier has confirmed is not changed under their hands."""
    firm, boss = shop
    factory, _ = supplier()
    row = shipment(firm)
    share(row, factory, "contents_confirmed")
    client, page = signed_in(boss), shipment_page(row, "shipment-edit")
    assert "The plan stands still" in client.get(shipment_page(row)).content.decode()
    with nothing_changes():
        assert client.post(page, FACTS).status_code == 409


# Cancelling ------------------------------------------------------------------------------------
def test_cancel_voids_the_shares_and_tells_suppliers(shop):
    """Cancelled: do not use the labels; nothing is seen or downloaded any more."""
    firm, boss = shop
    factory, sam = supplier()
    row = shipment(firm)
    given = share(row, factory, "labels_ready")
    client, page = signed_in(boss), shipment_page(row, "shipment-cancel")
    with nothing_changes():
        assert client.get(page).status_code == 200
    assert client.post(page, {"reason": "Flood"}).status_code == 302
    row.refresh_from_db()
    given.refresh_from_db()
    assert (row.status, given.status, given.reason) == ("cancelled", "void", "Flood")
    [letter] = drain()
    assert letter.to == [sam.email]
    assert "Do not use the labels" in letter.body
    assert client.post(page).status_code == 409


# Who may ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "look", "edit", "manage"),
    [
        ("administrator", 200, 200, 200),
        ("shipments_edit", 200, 200, 403),
        ("shipments_view", 200, 403, 403),
        ("history_view", 403, 403, 403),
        ("admin", 200, 200, 200),
        ("edit", 200, 200, 403),
        ("view", 200, 403, 403),
        ("none", 404, 404, 404),
        ("stranger", 404, 404, 404),
        ("other seller", 404, 404, 404),
    ],
)
def test_who_may_look_edit_and_manage(shop, who, look, edit, manage):
    """A1: members by their rights, delegates by their effective level."""
    firm, boss = shop
    row = shipment(firm)
    given = share(row, supplier()[0])
    if who == "administrator":
        user = boss
    elif who.endswith(("_edit", "_view")):
        user = worker(firm, who)
    elif who in ("stranger", "other seller"):
        user = person() if who == "stranger" else seller()[1]
    else:
        user, _ = delegate(firm, who)
    client = signed_in(user)
    with nothing_changes():
        assert client.get(seller_page(firm, "shipments")).status_code == look
        assert client.get(shipment_page(row)).status_code == look
        for page in ("shipment-edit", "shipment-items", "shipment-share"):
            assert client.get(shipment_page(row, page)).status_code == edit
        assert client.get(seller_page(firm, "shipment-create")).status_code == edit
        assert client.get(shipment_page(row, "shipment-cancel")).status_code == manage
        for page in ("share-recall", "share-move"):
            shown = client.get(shipment_page(row, page, given.public_id))
            assert shown.status_code == manage
    if edit != 200:
        with nothing_changes():
            assert create(client, firm, MUG).status_code == edit
    if manage != 200:
        with nothing_changes():
            assert client.post(shipment_page(row, "shipment-cancel")).status_code == manage
            recall = shipment_page(row, "share-recall", given.public_id)
            assert client.post(recall).status_code == manage


def test_a_delegates_act_is_the_sellers_history_under_the_firms_name(shop):
    """U21: organization is the seller, acting the firm whose employee it is."""
    firm, _ = shop
    user, provider = delegate(firm, "edit")
    assert create(signed_in(user), firm, MUG).status_code == 302
    event = Event.objects.get(verb="shipment.created")
    assert (event.organization_id, event.acting_id) == (firm.pk, provider.pk)
    row = Shipment.objects.get()
    page = signed_in(shop[1]).get(shipment_page(row)).content.decode()
    assert f"{user.name}, Partner Firm" in page


def test_loss_of_a_right_counts_on_the_next_request(shop):
    """A5: a paused connection opens nothing, in the same session."""
    firm, _ = shop
    user, provider = delegate(firm, "edit")
    client = signed_in(user)
    assert client.get(seller_page(firm, "shipments")).status_code == 200
    Connection.objects.filter(provider=provider).update(
        status="terminated", ended_at=clock.now(), ended_side="seller"
    )
    with nothing_changes():
        assert create(client, firm, MUG).status_code == 404


def test_the_pack_list_is_a_logged_download(shop):
    """U39: CSV with the boxes; formula cells are neutralised; the download is history."""
    firm, boss = shop
    row = shipment(firm, {"=cmd": 2})
    box(share(row, supplier()[0], "packing"), {"=cmd": 2})
    page = shipment_page(row, "shipment-pack-list")
    client = signed_in(boss)
    assert client.get(page).status_code == 405
    response = client.post(page)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert "'=cmd" in text
    assert f"{row.shipment_id}U000001" in text
    assert Event.objects.filter(verb="shipment.pack_list_downloaded").count() == 1


def test_another_sellers_shipment_answers_like_a_missing_one(shop):
    """A1, A3: the same body for a foreign id and for none."""
    firm, boss = shop
    foreign = shipment(seller()[0], name="Foreign marker")
    client = signed_in(boss)
    page = client.get(seller_page(firm, "shipment", foreign.public_id))
    assert page.status_code == 404
    assert "Foreign marker" not in page.content.decode()


def test_the_history_of_a_changed_quantity_has_both(shop):
    firm, boss = shop
    row = shipment(firm, {"A": 10})
    client, page = signed_in(boss), shipment_page(row, "shipment-items")
    [line] = lines(row)
    data = item_rows(line | {"quantity": "12"})
    assert client.post(page, data).status_code == 302
    event = Event.objects.get(verb="shipment.items_changed")
    assert (event.before["units"], event.after["units"]) == (10, 12)
