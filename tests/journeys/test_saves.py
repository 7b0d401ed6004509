"""Two browsers at one page, and a session that ends in the middle: nothing typed is lost."""

import pytest
from playwright.sync_api import expect

from accounts.sessions import end_all_sessions
from supplychain.models import Box
from tests.factories.accounts import administrator, person
from tests.supplychain.pages import seller_page, share_page
from tests.supplychain.test_packing import UPS, Scene

OTHER = "1Z999AA10123456784"


@pytest.fixture
def scene():
    """A shipment whose two boxes wait for their numbers."""
    scene = Scene()
    scene.add({"MUG": 6, "BOWL": 4}, count="2")
    scene.post("share-confirm")
    return scene


def test_two_people_enter_tracking_numbers_at_once(meet, scene):
    sam, sue = meet("Sam Lee"), meet("Sue Park")
    sam.arrive(administrator(scene.factory, person(sam.name, email=sam.address)))
    sue.arrive(administrator(scene.factory, person(sue.name, email=sue.address)))
    url = share_page(scene.share, "share-tracking")
    for each in (sam, sue):
        each.open(url)
    first, second = (f"[name='box-{box.public_id}']" for box in Box.objects.order_by("number"))
    sam.page.fill(first, UPS)
    sam.press("Save numbers")
    sam.sees("1 tracking number saved")
    sue.page.fill(first, OTHER)
    sue.press("Save numbers")
    sue.sees(f"Somebody else saved “{UPS}” here in the meantime")
    expect(sue.page.locator(first)).to_have_value(OTHER)
    sue.page.fill(first, UPS)
    sue.page.fill(second, OTHER)
    sue.press("Save numbers")
    sue.sees("saved")
    assert [box.tracking_number for box in Box.objects.order_by("number")] == [UPS, OTHER]


def test_what_was_typed_is_put_back_after_the_session_ended(meet, scene):
    bea = meet("Bea Harbor")
    boss = administrator(scene.firm, person(bea.name, email=bea.address))
    bea.arrive(boss)
    url = seller_page(scene.firm, "shipment-create")
    bea.open(url)
    bea.page.fill("[name=name]", "Autumn refill")
    bea.page.fill("[name=ship_from_address]", "4 Harbor Street")
    end_all_sessions(boss)
    bea.press("Create shipment")
    boss.refresh_from_db()
    bea.arrive(boss)
    bea.open(url)
    expect(bea.page.locator("[name=name]")).to_have_value("")
    bea.press("Put it back")
    expect(bea.page.locator("[name=name]")).to_have_value("Autumn refill")
    expect(bea.page.locator("[name=ship_from_address]")).to_have_value("4 Harbor Street")
    bea.page.fill("[name=center_code]", "ABE2")
    bea.page.fill("[name=items-0-msku]", "MUG")
    bea.page.fill("[name=items-0-quantity]", "4")
    bea.press("Create shipment")
    bea.sees("Share it when it is ready")
    kept = bea.page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('draft'))")
    assert kept == []
