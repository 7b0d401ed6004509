"""Two people have one form open: no save writes what was not touched, or loses what was typed."""

from decimal import Decimal

import pytest

from supplychain.models import Box, ShipmentItem
from tests.editing import held, opened
from tests.factories.supplychain import packed
from tests.supplychain.pages import share_page, shipment_page
from tests.supplychain.test_packing import UPS, Scene
from tests.support import nothing_changes, signed_in

pytestmark = pytest.mark.django_db
OTHER = "1Z5R89390357567127"
THIRD = "1Z879E930346834440"


@pytest.fixture
def scene():
    """A shipment with two equal boxes, not yet confirmed."""
    scene = Scene()
    scene.add({"MUG": 6, "BOWL": 4}, count="2")
    return scene


def boxes():
    return list(Box.objects.order_by("number"))


def test_two_people_enter_different_tracking_numbers(scene):
    scene.post("share-confirm")
    url = share_page(scene.share, "share-tracking")
    one, two = opened(scene.client, url), opened(scene.client, url)
    first, second = (f"box-{box.public_id}" for box in boxes())
    assert scene.client.post(url, one | {first: UPS}).status_code == 302
    assert scene.client.post(url, two | {second: OTHER}).status_code == 302
    assert [box.tracking_number for box in boxes()] == [UPS, OTHER]


def test_two_people_enter_a_number_for_one_box(scene):
    """Both values are told, what was typed is kept, nothing is written; sent again it is meant."""
    scene.post("share-confirm")
    url = share_page(scene.share, "share-tracking")
    mine = opened(scene.client, url)
    first, second = (f"box-{box.public_id}" for box in boxes())
    scene.client.post(url, mine | {first: UPS})
    with nothing_changes():
        answer = scene.client.post(url, mine | {first: OTHER, second: THIRD})
    assert answer.status_code == 409
    assert UPS in answer.context["form"].errors[first][0]
    again = held(answer)
    assert (again[first], again[second]) == (OTHER, THIRD)
    assert scene.client.post(url, again).status_code == 302
    assert [box.tracking_number for box in boxes()] == [OTHER, THIRD]


def test_a_pasted_number_does_not_take_a_box_that_has_one_now(scene):
    """The page had both boxes blank; somebody else was faster on the first."""
    scene.post("share-confirm")
    url = share_page(scene.share, "share-tracking")
    mine = opened(scene.client, url)
    first, _ = (f"box-{box.public_id}" for box in boxes())
    scene.client.post(url, mine | {first: UPS})
    assert scene.client.post(url, mine | {"pasted": OTHER}).status_code == 302
    assert [box.tracking_number for box in boxes()] == [UPS, OTHER]


def test_one_weighs_a_box_and_another_fills_it(scene):
    box = boxes()[0]
    url = share_page(scene.share, "box-edit", box.public_id)
    one, two = opened(scene.client, url), opened(scene.client, url)
    mug = f"units-{scene.items['MUG'].public_id}"
    assert scene.client.post(url, one | {"weight": "25"}).status_code == 302
    assert scene.client.post(url, two | {mug: "5", "height": "11"}).status_code == 302
    box.refresh_from_db()
    assert box.weight_g == Decimal("11339.8092500")
    assert box.height_mm == Decimal("279.4")
    assert {row.item.msku: row.quantity for row in box.contents.all()} == {"MUG": 5, "BOWL": 4}


def test_two_people_weigh_one_box(scene):
    box = boxes()[0]
    url = share_page(scene.share, "box-edit", box.public_id)
    one, two = opened(scene.client, url), opened(scene.client, url)
    scene.client.post(url, one | {"weight": "25"})
    with nothing_changes():
        answer = scene.client.post(url, two | {"weight": "12", "weight_unit": "KG"})
    assert answer.status_code == 409
    assert "25.00 lb" in answer.context["form"].errors["weight"][0].lower()
    assert scene.client.post(url, held(answer)).status_code == 302
    box.refresh_from_db()
    assert box.weight_g == 12_000


def test_looking_at_a_box_in_other_units_does_not_round_it(scene):
    box = boxes()[0]
    Box.objects.update(weight_g=5000, length_mm=330)
    url = share_page(scene.share, "box-edit", box.public_id)
    assert scene.client.post(url, opened(scene.client, url) | {"height": "9"}).status_code == 302
    box.refresh_from_db()
    assert (box.weight_g, box.length_mm, box.height_mm) == (5000, 330, Decimal("228.6"))


def test_one_takes_an_item_out_of_a_box_and_another_changes_it(scene):
    """What a person takes out is not taken out of sight of what somebody else entered."""
    box = boxes()[0]
    url = share_page(scene.share, "box-edit", box.public_id)
    one, two = opened(scene.client, url), opened(scene.client, url)
    mug = f"units-{scene.items['MUG'].public_id}"
    scene.client.post(url, one | {mug: "3"})
    with nothing_changes():
        answer = scene.client.post(url, two | {mug: ""})
    assert answer.status_code == 409
    assert scene.client.post(url, held(answer)).status_code == 302
    assert [row.item.msku for row in box.contents.all()] == ["BOWL"]


def test_two_freight_numbers_of_two_people():
    scene = Scene(mode="LTL", MUG=4)
    packed(scene.share)
    scene.post("share-confirm")
    url = share_page(scene.share, "share-tracking")
    one, two = opened(scene.client, url), opened(scene.client, url)
    scene.client.post(url, one | {"pro_number": "PRO-1"})
    scene.client.post(url, two | {"bol_number": "BOL-2"})
    scene.share.refresh_from_db()
    assert (scene.share.pro_number, scene.share.bol_number) == ("PRO-1", "BOL-2")
    answer = scene.client.post(url, two | {"pro_number": "PRO-3"})
    assert answer.status_code == 409
    assert "PRO-1" in answer.context["form"].errors["pro_number"][0]


def test_the_facts_of_a_shipment_are_merged_and_told(scene):
    boss, url = signed_in(scene.boss), shipment_page(scene.shipment, "shipment-edit")
    one, two = opened(boss, url), opened(boss, url)
    assert boss.post(url, one | {"name": "Autumn"}).status_code == 302
    assert boss.post(url, two | {"ship_from_name": "Dock 4"}).status_code == 302
    scene.shipment.refresh_from_db()
    assert (scene.shipment.name, scene.shipment.ship_from_name) == ("Autumn", "Dock 4")
    with nothing_changes():
        answer = boss.post(url, two | {"name": "Winter"})
    assert answer.status_code == 409
    assert "Autumn" in answer.context["form"].errors["name"][0]
    assert boss.post(url, held(answer)).status_code == 302


def test_lines_of_a_plan_are_merged_field_by_field(scene):
    """One changes units, another a title; what both change is shown twice; new lines are kept."""
    boss, url = signed_in(scene.boss), shipment_page(scene.shipment, "shipment-items")
    one, two = opened(boss, url), opened(boss, url)
    assert boss.post(url, one | {"items-0-quantity": "20"}).status_code == 302
    assert boss.post(url, two | {"items-0-title": "Mug, blue"}).status_code == 302
    mug = ShipmentItem.objects.get(msku="MUG")
    assert (mug.quantity, mug.title) == (20, "Mug, blue")
    typed = {"items-0-quantity": "30", "items-2-msku": "NEW", "items-2-quantity": "1"}
    with nothing_changes():
        answer = boss.post(url, two | typed)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "“20” here" in text
    again = held(answer)
    assert [again[name] for name in typed] == [*typed.values()]
    assert boss.post(url, again).status_code == 302
    assert ShipmentItem.objects.get(msku="MUG").quantity == 30
    assert ShipmentItem.objects.filter(msku="NEW").exists()


def test_more_lines_keep_what_was_shown(scene):
    """The button for more lines shows the page again, and not what others saved meanwhile."""
    boss, url = signed_in(scene.boss), shipment_page(scene.shipment, "shipment-items")
    mine = opened(boss, url)
    boss.post(url, mine | {"items-0-quantity": "20"})
    more = held(boss.post(url, mine | {"add_rows": "1"}))
    assert boss.post(url, more | {"items-1-quantity": "9"}).status_code == 302
    assert dict(ShipmentItem.objects.values_list("msku", "quantity")) == {"MUG": 20, "BOWL": 9}


@pytest.mark.parametrize("touched", [True, False])
def test_a_line_that_somebody_else_removed(scene, touched):
    boss, url = signed_in(scene.boss), shipment_page(scene.shipment, "shipment-items")
    row = ShipmentItem.objects.create(shipment=scene.shipment, msku="PLATE", fnsku="", quantity=3)
    mine = opened(boss, url)
    row.delete()
    wanted = mine | {"items-0-quantity": "13"} | ({"items-2-quantity": "4"} if touched else {})
    answer = boss.post(url, wanted)
    assert answer.status_code == (409 if touched else 302)
    if touched:
        assert "PLATE" in answer.content.decode()
        assert held(answer, holding="items-2-quantity")["items-2-quantity"] == "4"
    else:
        assert ShipmentItem.objects.get(msku="MUG").quantity == 13


def test_a_line_is_not_removed_unseen(scene):
    boss, url = signed_in(scene.boss), shipment_page(scene.shipment, "shipment-items")
    ShipmentItem.objects.create(shipment=scene.shipment, msku="PLATE", fnsku="", quantity=3)
    mine = opened(boss, url)
    boss.post(url, mine | {"items-2-quantity": "40"})
    with nothing_changes():
        answer = boss.post(url, mine | {"items-2-DELETE": "on"})
    assert answer.status_code == 409
    assert "“40” here" in answer.content.decode()


def test_the_seller_hears_that_more_is_packed_than_planned_now(scene):
    boss, url = signed_in(scene.boss), shipment_page(scene.shipment, "shipment-items")
    answer = boss.post(url, opened(boss, url) | {"items-0-quantity": "5"}, follow=True)
    assert "SKU MUG: 12 units are packed already, and 5 are planned now" in answer.content.decode()
