"""Phase 2: seller and provider find each other, and the provider's people act (S0.9 to S0.15)."""

import re
from datetime import UTC, timedelta

import pytest
from playwright.sync_api import expect

from accounts.models import User
from connections.models import Connection
from core import clock
from tests.factories.accounts import administrator, identity, member, organization, person
from tests.factories.connections import FBA, approved, assigned, connection
from tests.factories.supplychain import connected, shipment
from tests.journeys import looks

FBA_NAME = "Manage FBA Inventory/Shipments"
ALL_ROLES = 68


def who(person_there):
    """The factory's user for a person of the journey."""
    return person(person_there.name, email=person_there.address)


@pytest.fixture
def firm():
    """A provider that is approved for one role up to edit."""
    firm = organization("provider", "Harbor Desk", handle="harbor-desk")
    approved(firm, FBA, "edit")
    return firm


@pytest.fixture
def pat(meet, firm):
    """The provider's administrator, signed in."""
    pat = meet("Pat Harbor")
    pat.arrive(administrator(firm, who(pat)))
    return pat


@pytest.fixture
def emery(meet, firm):
    """An employee of the provider with a verified identity."""
    emery = meet("Emery Ployee")
    user = member(firm, user=who(emery))
    identity(user)
    emery.arrive(user)
    return emery


def test_seller_adds_a_partner_who_answers_and_gets_roles(meet, pat):
    sam = meet("Sam Lantern")
    opens_account(sam)
    adds_partner(sam)
    pat.follow(pat.read("partner link"))
    pat.at("/provider/harbor-desk/partner-links/.*")
    pat.looks_right()
    pat.press("Send invitation")
    sam.follow(sam.read("invitation: choose roles and accept"))
    grants(sam)
    pat.read("connection: accepted")
    pat.open("/provider/harbor-desk/clients/")
    pat.click("Blue Lantern")
    expect(pat.row(FBA_NAME)).to_contain_text("Edit")
    pat.looks_right()


def opens_account(sam):
    """Sign up as a seller; an administrator needs a second factor."""
    sam.open("/")
    sam.looks_right()
    sam.click("Register a seller")
    sam.click("Sign up")
    sam.sign_up()
    sam.fill({"Name of the business": "Blue Lantern"})
    sam.choose("Country", "United States of America")
    sam.press("Open the account")
    sam.sets_up_app()
    sam.at("/seller/blue-lantern/")
    sam.looks_right()


def adds_partner(sam):
    """Add authorized partner, copy the link, look at the preview, have it sent (S0.10, S0.11)."""
    sam.click("User Permissions")
    sam.sees("Authorized Partners", "Open Invitations", "Amazon Supply Chain Connect Permissions")
    sam.looks_right()
    looks.tab_to(sam.page, sam.page.get_by_role("link", name="Add authorized partner"))
    sam.page.keyboard.press("Enter")
    sam.fill({"Public handle or e-mail address": "harbor-desk"})
    sam.press("Make the link")
    sam.press("Show link")
    expect(sam.page.get_by_label("Partner link")).to_have_value(
        re.compile("/invitations/partner-link/")
    )
    sam.looks_right()
    sam.click("Preview roles")
    sam.sees(f"1 of {ALL_ROLES} roles are approved and could be granted")
    sam.click("Partner link")
    sam.press("Send it for me")


def grants(sam):
    """Accept: 68 roles, all but one greyed with a reason; the one only up to edit (S0.14-15)."""
    sam.sees("Choose roles for Harbor Desk")
    levels = sam.page.locator(".option select")
    expect(levels).to_have_count(ALL_ROLES)
    locked = sam.page.locator(".option.is-locked")
    expect(locked).to_have_count(ALL_ROLES - 1)
    expect(locked.locator("select:enabled")).to_have_count(0)
    assert all(locked.locator(".locked").all_text_contents())
    open_one = sam.page.get_by_label(FBA_NAME, exact=True)
    assert open_one.locator("option").all_inner_texts() == ["None", "View", "Edit"]
    sam.looks_right()
    open_one.select_option(label="Edit")
    looks.tab_to(sam.page, sam.page.get_by_role("button", name="Accept and grant roles"))
    sam.page.keyboard.press("Enter")
    expect(sam.row(FBA_NAME)).to_contain_text("Edit")
    sam.looks_right()


@pytest.fixture
def client(firm, pat):
    """A seller that granted the provider the role at edit; a supplier it ships with."""
    seller = organization("seller", "Blue Lantern", handle="blue-lantern")
    administrator(seller, person("Sam Lantern", email="sam@mail.example"), identified=False)
    connected(seller, organization("supplier", "North Mill"))
    connection(seller, firm, {FBA: "edit"})
    return seller


def test_assigned_employee_prepares_and_shares_for_the_seller(client, pat, emery):
    assigns(pat, emery.name, "Edit")
    emery.follow(emery.read("your rights: changed"))
    enters(emery)
    emery.looks_right()
    emery.click("New shipment")
    prepares(emery)
    emery.click("Share Shipment")
    emery.page.get_by_label("North Mill").check()
    emery.looks_right()
    emery.press("Share Shipment")
    emery.sees("North Mill", "Shared")
    emery.sees("Emery Ployee, Harbor Desk")


def assigns(pat, name, level):
    """Assign the role to an employee from the client's page (U17)."""
    pat.open("/provider/harbor-desk/clients/")
    pat.click("Blue Lantern")
    pat.click("Assign people")
    pat.choose(f"{FBA_NAME}: {name}", level)
    pat.looks_right()
    pat.press("Save assignments")


def enters(emery):
    """Pick the seller and enter Seller Central as a delegate (U30)."""
    emery.open("/")
    emery.sees("Sellers you act for", "Blue Lantern")
    emery.looks_right()
    emery.open("/provider/harbor-desk/")
    emery.click("Clients")
    emery.sees(f"{FBA_NAME} (")
    emery.looks_right()
    emery.click("Enter Blue Lantern")
    emery.at("/seller/blue-lantern/shipments/")
    acting = emery.page.get_by_role("region", name="Acting for")
    expect(acting).to_contain_text("Acting for Blue Lantern as Harbor Desk")


def prepares(emery):
    """Fill in and create a shipment."""
    emery.fill({"Name": "Spring refill"})
    emery.fill({"Fulfilment centre": "ABE2"})
    ship_date = clock.today(UTC) + timedelta(days=10)
    emery.fill({"Ship date": ship_date.isoformat()})
    emery.fill({"SKU": "MUG-RED", "Units": "24"})
    emery.looks_right()
    emery.press("Create shipment")
    emery.sees("Prepare Shipment", "Spring refill", "MUG-RED")
    emery.looks_right()


def test_employee_with_view_looks_only_and_without_assignment_gets_nothing(client, pat, emery):
    emery.open("/seller/blue-lantern/")
    emery.sees("Error 404")
    assigned(User.objects.get(email=emery.address), Connection.objects.get(seller=client), "view")
    row = shipment(client, {"MUG-RED": 24}, name="Winter refill")
    enters(emery)
    emery.sees_no("New shipment")
    emery.click("Winter refill")
    emery.sees("MUG-RED")
    emery.sees_no("Share Shipment", "Change items")
    emery.open(f"/seller/blue-lantern/shipments/{row.public_id}/share/")
    emery.sees("Error 403")
    emery.open("/seller/blue-lantern/permissions/")
    emery.sees("Error 403")
