"""Assigning with the keyboard, many at once, and on a phone (U17)."""

import pytest
from playwright.sync_api import expect

from connections.models import Assignment
from tests.factories.accounts import administrator, member, organization, person
from tests.factories.connections import FBA, connection
from tests.journeys import looks

GRID = "/provider/harbor-desk/clients/assignments/"


@pytest.fixture
def firm():
    """A provider with three clients and two employees."""
    firm = organization("provider", "Harbor Desk", handle="harbor-desk")
    for name in ("Ada Shop", "Bea Shop", "Cid Shop"):
        connection(organization("seller", name), firm, {FBA: "edit"})
    for name in ("Ana Berg", "Eve Falk"):
        member(firm, user=person(name))
    return firm


@pytest.fixture
def pat(meet, firm):
    """The provider's administrator, signed in."""
    pat = meet("Pat Harbor")
    pat.arrive(administrator(firm, person(pat.name, email=pat.address)))
    return pat


def focus(page):
    """What has the focus, in words."""
    return page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText")


def test_the_grid_goes_by_keyboard_and_many_are_assigned_at_once(pat):
    pat.open(GRID)
    pat.looks_right()
    keys = pat.page.keyboard
    looks.tab_to(pat.page, pat.page.get_by_label("none: Ana Berg for Cid Shop"))
    keys.press("ArrowRight")
    assert focus(pat.page) == "none: Eve Falk for Cid Shop"
    keys.press("ArrowDown")
    assert focus(pat.page) == "none: Eve Falk for Bea Shop"
    keys.press("Home")
    assert focus(pat.page) == "Choose Bea Shop"
    keys.press("Space")
    keys.press("ArrowUp")
    keys.press("Space")
    keys.press("End")
    keys.press("ArrowUp")
    assert focus(pat.page) == "Choose Eve Falk"
    keys.press("Space")
    pat.press("Assign what is ticked")
    pat.looks_right()
    pat.choose("Role", "Manage FBA Inventory/Shipments")
    pat.choose("Level", "Edit")
    pat.press("Preview")
    pat.looks_right()
    pat.press("Save 2 changes")
    pat.sees("2 changed")
    names = Assignment.objects.values_list("content_object__seller__name", "user__name")
    assert set(names) == {("Cid Shop", "Eve Falk"), ("Bea Shop", "Eve Falk")}


def test_on_a_phone_a_client_is_a_card_with_whom_it_has(meet, firm):
    eve = firm.memberships.get(user__name="Eve Falk").user
    pat = meet("Pat Harbor", phone=True)
    pat.arrive(administrator(firm, person(pat.name, email=pat.address)))
    pat.open(GRID)
    pat.looks_right()
    pat.sees_no("none")
    pat.click("Cid Shop")
    pat.looks_right()
    pat.choose("Manage FBA Inventory/Shipments: Eve Falk", "View")
    pat.press("Save assignments")
    pat.sees("Saved for 1 person.")
    assert Assignment.objects.get().user == eve
    pat.open(GRID)
    expect(pat.page.get_by_label("1 role: Eve Falk for Cid Shop")).to_be_visible()
