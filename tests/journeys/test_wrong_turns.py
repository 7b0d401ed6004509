"""What people do instead: the wrong account, too late, more than allowed, a second time."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from accounts.models import EmployeeInvitation
from core import clock
from tests.factories.accounts import administrator, organization, person
from tests.factories.connections import FBA, approved, invitation
from tests.journeys.person import EMAIL


@pytest.fixture
def firm():
    """A provider."""
    return organization("provider", "Harbor Desk", handle="harbor-desk")


@pytest.fixture
def pat(meet, firm):
    """Its administrator, signed in."""
    pat = meet("Pat Harbor")
    pat.arrive(administrator(firm, person(pat.name, email=pat.address)))
    return pat


def invites(pat, address, role="Employee"):
    """Invite a colleague from the page."""
    pat.open("/provider/harbor-desk/employees/")
    pat.fill({"E-mail address": address})
    pat.page.get_by_label(role, exact=True).check()
    pat.press("Send invitation")


def test_link_opened_as_somebody_else_is_told_and_goes_on_after_switching(meet, pat):
    both = meet("Emery Ployee")
    other = person("Emery Private", email="emery.private@mail.example")
    person(both.name, email=both.address)
    invites(pat, both.address)
    both.arrive(other)
    both.follow(both.read("join our account"))
    both.sees("This invitation is for somebody else", "emery.private@mail.example")
    both.looks_right()
    both.press("Switch account")
    both.sign_in()
    both.sees("What you are asked")
    both.press("Accept")
    pat.read("invitation: accepted")


def test_expired_link_lets_the_invited_ask_for_a_new_one_and_join_by_it(meet, pat):
    emery = meet("Emery Ployee")
    invites(pat, emery.address, role="Administrator")
    late = emery.read("join our account")
    yesterday = clock.now() - timedelta(days=1)
    EmployeeInvitation.objects.update(expires_at=yesterday, sent_at=yesterday)
    emery.follow(late)
    emery.sees("expired")
    emery.looks_right()
    emery.press("Ask for a new one")
    emery.sees("A new one was asked for")
    pat.follow(pat.read("a new one is asked for"))
    pat.click("Expired")
    pat.press_at(emery.address, "Send again")
    emery.follow(late)
    emery.sees("There is a newer link")
    emery.follow(emery.read("join our account"))
    emery.click("Create account")
    expect(emery.page.get_by_label(EMAIL)).to_have_value(emery.address)
    expect(emery.page.get_by_label(EMAIL)).not_to_be_editable()
    emery.sign_up()
    emery.sees("What you are asked")
    emery.press("Accept")
    emery.sees("Welcome: you are a member of Harbor Desk now.")
    pat.read("invitation: accepted")
    emery.open("/provider/harbor-desk/employees/")
    emery.sets_up_app()
    emery.at("/provider/harbor-desk/employees/")
    table = emery.page.get_by_role("region", name="Employees").get_by_role("row")
    expect(table.filter(has_text=emery.address)).to_contain_text("Administrator")
    emery.looks_right()


def test_role_that_was_not_approved_is_refused_when_posted_by_hand(meet, firm, pat):
    sam = meet("Sam Lantern")
    seller = organization("seller", "Blue Lantern", handle="blue-lantern")
    user = person(sam.name, email=sam.address)
    sam.arrive(administrator(seller, user, identified=False))
    approved(firm, FBA, "view")
    row = invitation(seller, firm)
    sam.open(f"/seller/blue-lantern/partners/invitations/{row.public_id}/")
    token = sam.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    greyed = sam.page.locator(".option.is-locked select[disabled]")
    name, *others = greyed.evaluate_all("all => all.map(one => one.name)")
    assert len(others) == 66, "68 roles, one of them approved"
    answer = sam.page.request.post(
        sam.page.url,
        form={"csrfmiddlewaretoken": token, name: "1"},
        headers={"Referer": sam.page.url},
    )
    assert answer.status == 422, answer.text()
    row.refresh_from_db()
    assert row.status == "pending"


def test_second_account_of_a_business_is_refused(meet):
    organization(
        "provider", "Harbor Desk", registration_number="91-1144442", business_key="US:911144442"
    )
    nora = meet("Nora Late")
    nora.arrive(person(nora.name, email=nora.address))
    nora.open("/start/provider/")
    nora.fill({"Name of the business": "Harbour Desk", "Registration number": "91-1144442"})
    nora.choose("Country", "United States of America")
    nora.press("Open the account")
    nora.sees("Your company already has an account")
    nora.sees_no("Harbor Desk")
    nora.looks_right()
