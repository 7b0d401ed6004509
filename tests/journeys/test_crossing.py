"""Both sides invite each other: one relationship, friendly words, nothing left over (X16)."""

from allauth.account.models import EmailAddress
from playwright.sync_api import expect

from accounts.models import User
from supplychain.models import SupplierConnection, SupplierInvitation
from tests.factories.accounts import administrator, organization, person

OFFICE = "office@mill.example"
INVITATION = "supply chain connect: invitation"


def test_seller_and_supplier_invite_each_other_and_both_accept(meet, mailbox):
    sam = arrives(meet("Sam Lantern"), organization("seller", "Blue Lantern", handle="lantern"))
    sunny = arrives(meet("Sunny Mill"), organization("supplier", "North Mill", handle="mill"))
    sam.open("/seller/lantern/suppliers/")
    sam.choose("What the supplier does", "Manufacturer")
    invites(sam, "North Mill", OFFICE)
    sunny.open("/supply/mill/sellers/")
    invites(sunny, "Blue Lantern", sam.address)
    sam.follow(sam.read(INVITATION))
    # Whose the office's address is was not known when either of them invited.
    user = User.objects.get(email=sunny.address)
    EmailAddress.objects.create(user=user, email=OFFICE, verified=True, primary=False)
    sunny.follow(mailbox.wait_for(OFFICE, INVITATION))
    sunny.sees("Blue Lantern invites you")
    sam.press("Accept")
    sam.sees("You are connected with North Mill.")
    sunny.press("Accept")
    sunny.sees("This invitation has been accepted", "There is nothing left to answer.")
    sunny.looks_right()
    sunny.read("supply chain connect: accepted")
    sunny.open("/supply/mill/sellers/")
    sam.open("/seller/lantern/suppliers/")
    for each, other in ((sam, "North Mill"), (sunny, "Blue Lantern")):
        expect(each.row(other).get_by_role("link", name="Remove")).to_have_count(1)
        expect(each.page.get_by_role("cell", name="Pending")).to_have_count(0)
        each.looks_right()
    assert SupplierConnection.objects.count() == 1
    statuses = SupplierInvitation.objects.values_list("status", flat=True)
    assert list(statuses) == ["accepted", "accepted"]


def test_who_invites_after_the_other_is_led_to_their_invitation(meet):
    sam = arrives(meet("Sam Lantern"), organization("seller", "Blue Lantern", handle="lantern"))
    sunny = arrives(meet("Sunny Mill"), organization("supplier", "North Mill", handle="mill"))
    sunny.open("/supply/mill/sellers/")
    invites(sunny, "Blue Lantern", sam.address)
    sam.open("/seller/lantern/suppliers/")
    sam.choose("What the supplier does", "Manufacturer")
    invites(sam, "North Mill", sunny.address)
    sam.sees("They have invited you already")
    sam.looks_right()
    sam.press("Accept their invitation")
    sam.sees("You are connected with North Mill.")
    sunny.read("supply chain connect: accepted")
    assert SupplierConnection.objects.count() == SupplierInvitation.objects.count() == 1


def arrives(someone, of):
    """Signed in, as the administrator of this account."""
    user = person(someone.name, email=someone.address)
    someone.arrive(administrator(of, user, identified=False))
    return someone


def invites(someone, name, address):
    """Invite this address on the page that is open."""
    someone.fill({"Name": name, "E-mail address": address})
    someone.press("Send invitation")
