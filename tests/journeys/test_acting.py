"""One person, two sellers, two tabs: what is done in one never lands in the other (U30)."""

from datetime import UTC, timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from supplychain.models import Shipment
from tests.factories.accounts import identity, member, organization, person
from tests.factories.connections import FBA, assigned, connection
from tests.journeys import looks


@pytest.fixture
def emery(meet):
    """An employee who may edit for two sellers."""
    firm = organization("provider", "Harbor Desk", handle="harbor-desk")
    emery = meet("Emery Ployee")
    user = member(firm, user=person(emery.name, email=emery.address))
    identity(user)
    for name in ("Blue Lantern", "Red Kite"):
        seller = organization("seller", name, handle=name.lower().replace(" ", "-"))
        assigned(user, connection(seller, firm, {FBA: "edit"}), "edit")
    emery.arrive(user)
    return emery


def switches(page, words, name):
    """With the keyboard alone: open the switcher, type, go to the client that was found."""
    looks.tab_to(page, page.get_by_text("Switch client"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(words)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    looks.tab_to(page, page.get_by_role("link", name=name))
    page.keyboard.press("Enter")


def begins(page, name):
    """Fill in a new shipment, without sending it."""
    page.get_by_role("link", name="New shipment").first.click()
    day = clock.today(UTC) + timedelta(days=10)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Fulfilment centre").fill("ABE2")
    page.get_by_label("Ship date").fill(day.isoformat())
    page.get_by_label("SKU").first.fill("MUG-RED")
    page.get_by_label("Units").first.fill("24")


def acting(page):
    """The banner."""
    return page.get_by_role("region", name="Acting for")


def test_two_tabs_with_two_sellers_never_mix(emery):
    first = emery.page
    second = first.context.new_page()
    for page in (first, second):
        page.goto("/seller/blue-lantern/shipments/")
    expect(acting(first)).to_contain_text("Manage FBA Inventory/Shipments: edit")
    emery.looks_right()
    switches(second, "kite", "Red Kite")
    expect(acting(second)).to_contain_text("Acting for Red Kite")
    expect(acting(first)).to_contain_text("Acting for Blue Lantern")
    begins(first, "For the lantern")
    begins(second, "For the kite")
    first.get_by_role("button", name="Create shipment").click()
    expect(first.get_by_text("For the lantern").first).to_be_visible()
    second.get_by_role("button", name="Create shipment").click()
    expect(second.get_by_text("For the kite").first).to_be_visible()
    expect(acting(first)).to_contain_text("Acting for Blue Lantern")
    expect(acting(second)).to_contain_text("Acting for Red Kite")
    made = Shipment.objects.values_list("seller__name", "name")
    assert set(made) == {("Blue Lantern", "For the lantern"), ("Red Kite", "For the kite")}
