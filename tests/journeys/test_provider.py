"""Phase 1: a firm becomes a solution provider with approved roles and an employee (S0.3)."""

from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests.factories.accounts import administrator, organization, person

ADDRESS = "1 Main Street\n62701 Springfield"
FBA = "Manage FBA Inventory/Shipments"
RESTRICTED = "Selling applications"


def sends_identity(who, paper):
    """Send the identity check on the page that is open."""
    who.fill({"Legal name": who.name, "Date of birth": "1980-05-17", "Address": ADDRESS})
    who.choose("Country you live in", "United States of America")
    who.upload("Government ID", paper)
    who.upload("Proof of address", paper)
    who.press("Send for review")
    who.sees("Your documents are with a reviewer now.")


def verifies(reviewer, name):
    """Decide the identity check of the person of this name."""
    reviewer.open("/admin/")
    reviewer.click("Identity checks")
    reviewer.click(name)
    reviewer.looks_right()
    reviewer.press("Verify")
    reviewer.sees(f"{name}: decided.")


def line(who, role):
    """The part of the page that is about one role."""
    return who.page.locator(".option, article").filter(has_text=role)


@pytest.fixture
def robin(meet):
    """A reviewer, made by the operator's command."""
    return reviewer(meet("Robin Review"))


@pytest.fixture
def lee(meet):
    """A lead reviewer."""
    return reviewer(meet("Lee Lead"), lead=True)


def reviewer(member_of_staff, **options):
    user = person(member_of_staff.name, email=member_of_staff.address)
    call_command("make_reviewer", user.email, stdout=StringIO(), **options)
    member_of_staff.arrive(user)
    return member_of_staff


def test_firm_becomes_a_provider_with_approved_roles(meet, paper, robin, lee):
    pat = meet("Pat Harbor")
    opens_account(pat, paper)
    verifies(robin, pat.name)
    pat.follow(pat.read("account: active"))
    pat.sets_up_app()
    applies(pat)
    decides(robin, lee)
    pat.follow(pat.read("role application inventory: approved"))
    pat.sees("Approved")
    pat.looks_right()
    pat.click("Home")
    pat.sees("Amazon approves roles (done)", "Invite employees (optional) (next)")
    pat.looks_right()


def test_employee_joins_from_the_mail_and_verifies_identity(meet, paper, robin):
    pat, emery = meet("Pat Harbor"), meet("Emery Ployee")
    firm = organization("provider", "Harbor Desk", handle="harbor-desk")
    pat.arrive(administrator(firm, person(pat.name, email=pat.address)))
    joins(pat, emery)
    emery.open("/identity/")
    sends_identity(emery, paper)
    verifies(robin, emery.name)
    emery.read("identity check: verified")
    pat.open("/provider/harbor-desk/employees/")
    members = pat.page.get_by_role("region", name="Employees")
    expect(members.get_by_role("row").filter(has_text=emery.name)).to_contain_text("Verified")


def opens_account(pat, paper):
    """Sign up, name the business, send the identity check (S0.4)."""
    pat.open("/start/")
    pat.looks_right()
    pat.click("Open an account: Solution provider")
    pat.click("Sign up")
    pat.sign_up()
    pat.at("/start/provider/")
    pat.fill({"Name of the business": "Harbor Desk", "Registration number": "91-1144442"})
    pat.choose("Country", "United States of America")
    pat.looks_right()
    pat.press("Open the account")
    pat.sees("The way to the working account")
    pat.looks_right()
    pat.click("Verify identity")
    pat.looks_right()
    sends_identity(pat, paper)
    pat.read("identity check: received")


def applies(pat):
    """Apply for two roles of Inventory, one of them restricted (S0.5)."""
    pat.click("Role applications")
    pat.click("Apply for roles")
    pat.looks_right()
    pat.press("Apply in Inventory")
    for role, level in ((FBA, "edit"), (RESTRICTED, "edit")):
        place = line(pat, role)
        pat.choose(f"Level of {role}", level, place)
        for text in place.get_by_role("textbox").all():
            text.fill("We prepare and share inbound shipments for our clients, step by step.")
    pat.looks_right()
    pat.press("Submit application")
    pat.sees("Submitted. It is decided within 14 days.")
    pat.looks_right()
    pat.read("role application")


def decides(robin, lee):
    """One reviewer decides both lines, the lead agrees with the restricted one and finishes."""
    robin.open("/admin/")
    robin.click("Role applications")
    robin.looks_right()
    robin.click("Harbor Desk harbor-desk")
    robin.press("Start review")
    for role in (FBA, RESTRICTED):
        robin.choose("Decision", "Approve: edit", line(robin, role))
        robin.press(f"Record decision on {role}")
    robin.sees("You approved it first: another reviewer has to agree.")
    robin.looks_right()
    lee.open(robin.page.url)
    lee.press(f"Agree on {RESTRICTED}")
    lee.press("Finish and send")
    lee.looks_right()


def joins(pat, emery):
    """An employee is invited, follows the mail, makes an account and accepts (S0.7, S0.8)."""
    pat.open("/provider/harbor-desk/")
    pat.click("Employees")
    pat.fill({"E-mail address": emery.address, "Name": emery.name})
    pat.looks_right()
    pat.press("Send invitation")
    pat.sees(emery.address)
    emery.follow(emery.read("join our account"))
    emery.looks_right()
    emery.click("Create account")
    emery.sign_up()
    emery.sees("What you are asked")
    emery.looks_right()
    emery.press("Accept")
    emery.at("/.*")
    pat.read("invitation: accepted")
