"""Supply Chain Connect: invited in either direction, shared, packed, labelled, shipped (S1)."""

import pytest
from playwright.sync_api import expect

from tests.factories.accounts import administrator, organization, person
from tests.factories.supplychain import connected, share, shipment

UPS_NUMBER = "1Z5R89390357567127"


@pytest.fixture
def lantern():
    """A seller."""
    return organization("seller", "Blue Lantern", handle="blue-lantern")


@pytest.fixture
def sam(meet, lantern):
    """The seller's administrator, signed in."""
    sam = meet("Sam Lantern")
    user = person(sam.name, email=sam.address)
    sam.arrive(administrator(lantern, user, identified=False))
    return sam


def permissions(sam):
    """Seller Central > Settings > User Permissions > the section for suppliers (S1.6)."""
    sam.open("/seller/blue-lantern/")
    sam.click("User Permissions")
    return sam.page.get_by_role("region", name="Amazon Supply Chain Connect Permissions")


def test_seller_invites_a_supplier_who_joins_on_a_phone(meet, sam, lantern):
    section = permissions(sam)
    sunny = meet("Sunny Mill", phone=True)
    sam.fill({"Name": "North Mill", "E-mail address": sunny.address}, section)
    sam.choose("What the supplier does", "Manufacturer", section)
    sam.press("Send invitation", section)
    expect(sam.row(sunny.address)).to_contain_text("Pending")
    sam.looks_right()
    joins(sunny)
    sam.read("supply chain connect: accepted")
    shipment(lantern, {"MUG-RED": 24}, name="Spring refill")
    shares(sam)
    sunny.follow(sunny.read("shared with you"))
    sunny.at("/supply/north-mill/shipments/.*")
    sunny.sees("Spring refill", "MUG-RED")
    sunny.looks_right()


def joins(sunny):
    """From the mail's link to an account of one's own (S1.9)."""
    sunny.follow(sunny.read("supply chain connect: invitation"))
    sunny.looks_right()
    sunny.click("Create account")
    sunny.looks_right()
    sunny.sign_up()
    sunny.at("/invitations/supplier/.*")
    sunny.fill({"Name of your business": "North Mill"})
    sunny.choose("Country", "United States of America")
    sunny.choose("What your business does", "Manufacturer")
    sunny.looks_right()
    sunny.press("Accept")
    sunny.sees("You are connected with Blue Lantern.")
    sunny.looks_right()


def shares(sam):
    """Prepare Shipment > Share Shipment (S1.11)."""
    sam.click("Shipments")
    sam.click("Spring refill")
    sam.sees("Prepare Shipment")
    sam.looks_right()
    sam.click("Share Shipment")
    sam.page.get_by_label("North Mill").check()
    sam.press("Share Shipment")
    expect(sam.row("North Mill")).to_contain_text("Shared")


def test_supplier_packs_labels_and_ships_on_a_phone(meet, sam, lantern):
    sunny = meet("Sunny Mill", phone=True)
    mill = organization("supplier", "North Mill", handle="north-mill")
    sunny.arrive(administrator(mill, person(sunny.name, email=sunny.address), identified=False))
    share(shipment(lantern, {"MUG-RED": 24}, name="Spring refill"), mill)
    sunny.open("/")
    sunny.click("Open")
    packs(sunny)
    downloads_labels(sunny)
    ships(sunny)
    sam.read("contents confirmed")
    sam.follow(sam.read("shipped"))
    expect(sam.row("North Mill")).to_contain_text("Shipped")
    sam.sees(UPS_NUMBER)


def packs(sunny):
    """A box with too little in it is held against the plan; then it agrees (X12)."""
    sunny.press("Start packing")
    sunny.fill({"Weight": "20", "Length": "16", "Width": "12", "Height": "10"})
    sunny.fill({"Units of MUG-RED": "20"})
    sunny.looks_right()
    sunny.press("Save")
    sunny.press("Confirm contents")
    sunny.sees("The boxes do not hold what was planned.")
    sunny.looks_right()
    sunny.click("Change Box 1 of 1")
    sunny.fill({"Units of MUG-RED": "24"})
    sunny.press("Save box")
    sunny.press("Confirm contents")
    sunny.sees("Boxes and plan agree. Labels come next.")


def downloads_labels(sunny):
    """The labels as a PDF (S1.13, U34)."""
    sunny.press("Make labels")
    sunny.looks_right()
    with sunny.page.expect_download() as download:
        sunny.press("Download labels (PDF)")
    assert download.value.path().read_bytes().startswith(b"%PDF")
    with sunny.page.expect_download() as download:
        sunny.press("Download pack list (CSV)")
    assert b"MUG-RED" in download.value.path().read_bytes()


def ships(sunny):
    """Tracking numbers, checked as they are entered; then the boxes leave (U35)."""
    sunny.click("Spring refill")
    sunny.click("Enter numbers")
    sunny.fill({"Box 1": UPS_NUMBER[:-1] + "0"})
    sunny.looks_right()
    sunny.press("Save numbers")
    sunny.sees("but its check digit is wrong")
    sunny.page.get_by_label("These numbers are right").check()
    sunny.press("Save numbers")
    expect(sunny.row("Box 1")).to_contain_text("ot validated")
    sunny.click("Change numbers")
    sunny.fill({"Box 1": UPS_NUMBER})
    sunny.press("Save numbers")
    sunny.press("Mark as shipped")
    sunny.sees("Marked as shipped. The seller is told.")
    sunny.looks_right()


def test_supplier_invites_a_seller_who_accepts_in_user_permissions(meet, sam, lantern):
    sunny = meet("Sunny Mill")
    mill = organization("supplier", "North Mill", handle="north-mill")
    sunny.arrive(administrator(mill, person(sunny.name, email=sunny.address), identified=False))
    sunny.open("/supply/north-mill/")
    sunny.click("Sellers")
    sunny.fill({"Name": "Blue Lantern", "E-mail address": sam.address})
    sunny.looks_right()
    sunny.press("Send invitation")
    sam.read("supply chain connect: invitation")
    section = permissions(sam)
    sam.looks_right()
    sam.press("Accept North Mill", section)
    expect(sam.row("North Mill").filter(has_text="Remove")).to_be_visible()
    sunny.read("supply chain connect: accepted")
    shipment(lantern, {"MUG-RED": 24}, name="Spring refill")
    shares(sam)
    sunny.follow(sunny.read("shared with you"))
    sunny.sees("Spring refill")


def test_seller_removes_a_supplier_who_loses_the_shared_shipment(meet, sam, lantern):
    sunny = meet("Sunny Mill")
    mill = organization("supplier", "North Mill", handle="north-mill")
    sunny.arrive(administrator(mill, person(sunny.name, email=sunny.address), identified=False))
    connected(lantern, mill)
    row = share(shipment(lantern, {"MUG-RED": 24}), mill)
    section = permissions(sam)
    sam.click("Remove North Mill", section)
    sam.looks_right()
    sam.press("Remove")
    sam.sees("You are no longer connected with North Mill.", "Nobody yet.")
    sunny.read("connection removed")
    sunny.open(f"/supply/north-mill/shipments/{row.public_id}/")
    sunny.sees("This link has ended", "Blue Lantern stopped this shipment")
