"""Invitations in the browser: what only looks, and a guest who stays."""

import re

from accounts.models import Organization
from supplychain.models import GuestLink, Share
from tests.factories.accounts import administrator, organization, person
from tests.factories.supplychain import packed, shipment
from tests.support import fingerprint


def test_a_scanner_that_runs_scripts_changes_nothing(meet):
    """I3: a browser opens the mailed link, runs its scripts, moves about, and presses nothing."""
    firm = organization("provider", "Harbor Desk", handle="harbor-desk")
    pat = meet("Pat Harbor")
    pat.arrive(administrator(firm, person(pat.name, email=pat.address)))
    emery, scanner = meet("Emery Ployee"), meet("Mail Scanner")
    pat.open("/provider/harbor-desk/employees/")
    pat.fill({"E-mail address": emery.address})
    pat.press("Send invitation")
    letter = emery.read("join our account")
    # The worker may still be noting that the mail has left.
    before = fingerprint(("outbox",))
    scanner.follow(letter)
    scanner.sees("Harbor Desk")
    scanner.page.wait_for_load_state("networkidle")
    for link in scanner.page.locator("main a").all():
        link.hover()
    scanner.page.keyboard.press("Tab")
    assert "/invitations/employee/" not in scanner.page.url
    names = {cookie["name"] for cookie in scanner.page.context.cookies()}
    assert "sessionid" not in names
    assert fingerprint(("outbox",)) == before
    emery.follow(letter)
    emery.sees("Create account")


def test_a_guest_ships_by_link_and_code_and_then_has_an_account(meet):
    """X13: from the mail to shipped without an account, and on with one, nothing lost."""
    shop = organization("seller", "Blue Lantern", handle="blue-lantern")
    sam, mill = meet("Sam Lantern"), meet("Mia Mill")
    sam.arrive(administrator(shop, person(sam.name, email=sam.address), identified=False))
    row = shipment(shop, {"MUG": 4})
    sam.open(f"/seller/blue-lantern/shipments/{row.public_id}/share/")
    sam.click("Send a guest link for this shipment only")
    sam.fill({"Supplier's name": "Sunny Mill", "E-mail address": mill.address})
    sam.looks_right()
    sam.press("Send guest link")
    sam.sees("Sunny Mill", "Guest links")
    mill.follow(mill.read("shared with you"))
    mill.looks_right()
    mill.press("Send me the code")
    code = re.search(r"Code: (\d{6})", mill.read("your code").text)[1]
    mill.fill({"Code from the mail": code})
    mill.press("Open the shipment")
    mill.sees("You work on this one shipment as a guest", row.name)
    mill.looks_right()
    mill.press("Start packing")
    packed(Share.objects.get())
    mill.page.go_back()
    mill.press("Confirm contents")
    mill.press("Make labels")
    mill.sees("The labels are ready")
    mill.click(row.name)
    mill.click("Enter numbers")
    mill.page.locator("input[name^='box-']").first.fill("1Z999AA10123456784")
    mill.press("Save numbers")
    mill.press("Mark as shipped")
    mill.sees("Marked as shipped")
    mill.click("Open an account")
    mill.click("Sign up")
    mill.sign_up()
    mill.sees("Take the shipment into your account")
    mill.choose("Country", "Germany")
    mill.choose("What your business does", "Manufacturer")
    mill.press("Connect")
    mill.sees("You are connected with Blue Lantern")
    share = Share.objects.get()
    assert (share.status, share.boxes.count()) == ("shipped", 1)
    assert share.supplier == Organization.objects.get(kind="supplier")
    assert GuestLink.objects.get().status == "accepted"
    sam.read("connected")
