"""Many suppliers at once: a file with errors, mended, until everybody is invited (U26, S1.8)."""

import csv
import io

from playwright.sync_api import expect

from supplychain.models import SupplierInvitation
from tests.factories.accounts import administrator, organization, person

FILE = """Company;E-Mail;Kind
North Mill;north@mail.example;manufacturer
Fast Freight;fast(at)mail.example;freight forwarder
Amber Door;amber@mail.example;carpenter
North Mill;NORTH@mail.example;manufacturer
"""


def test_a_list_with_errors_is_mended_until_everybody_is_invited(meet, tmp_path):
    sam = meet("Sam Lantern")
    lantern = organization("seller", "Blue Lantern", handle="blue-lantern")
    sam.arrive(administrator(lantern, person(sam.name, email=sam.address), identified=False))
    sam.open("/seller/blue-lantern/")
    sam.click("User Permissions")
    sam.click("Invite several suppliers")
    sam.looks_right()
    first = tmp_path / "suppliers.csv"
    first.write_bytes(FILE.encode("cp1252"))
    gives(sam, first)
    sam.sees("Nobody is invited yet", "Same address as line 2", "carpenter")
    sam.looks_right()
    with sam.page.expect_download() as download:
        sam.click("Download rows to mend")
    text = download.value.path().read_text("utf-8-sig")
    wrong = [row[1] for row in csv.reader(io.StringIO(text))][1:]
    assert wrong == ["fast(at)mail.example", "amber@mail.example"]
    sends(sam, "Done: 1 invited")
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("(at)", "@").replace("carpenter", "Other"), "utf-8")
    sam.click("Invite several suppliers")
    gives(sam, mended)
    sends(sam, "Done: 2 invited")
    sam.looks_right()
    invited = SupplierInvitation.objects.filter(organization=lantern, status="pending")
    assert sorted(invited.values_list("address", "supplier_kind")) == [
        ("amber@mail.example", "other"),
        ("fast@mail.example", "freight_forwarder"),
        ("north@mail.example", "manufacturer"),
    ]
    north = meet("North Mill", "north@mail.example")
    north.follow(north.read("supply chain connect: invitation"))
    north.sees("Blue Lantern")


def gives(sam, file):
    """Choose the file and have it checked."""
    sam.upload("CSV file", file)
    sam.press("Check the list")


def sends(sam, words):
    """Confirm; the page shows by itself how far the worker is."""
    sam.press("Send the invitations")
    expect(sam.page.get_by_role("heading", name=words)).to_be_visible()
