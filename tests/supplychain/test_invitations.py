"""Supplier invitations in both directions, through the pages (S1.1-S1.9, S1.14-S1.17, U1-U10)."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Organization, Refusal
from accounts.signals import person_erased
from accounts.tasks import sweep
from core import clock
from core.audit.models import Event
from core.notifications.models import Notification
from core.outbox.models import Message
from supplychain.models import SupplierConnection, SupplierInvitation
from tests.factories.accounts import administrator, member, organization, person
from tests.factories.supplychain import connected, seller, supplier, supplier_invitation
from tests.supplychain.pages import invite, partners_url, seller_page, supply_page
from tests.support import drain, nothing_changes, one_time_link, signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "sam@factory.example"
NEW = {"account": "new", "name": "Sam's Factory", "country": "DE", "supplier_kind": "manufacturer"}


@pytest.fixture(params=["seller", "supplier"])
def inviter(request):
    """Each side in turn, with its administrator."""
    row = organization(request.param)
    return row, administrator(row, identified=False)


def answer(client, row, how, **values):
    """Press accept or decline on the page behind the mail."""
    return client.post(reverse(f"supplier-invitation-{how}", args=[row.public_id]), values)


def events(verb):
    """How often this stands in the history."""
    return Event.objects.filter(verb=verb).count()


# The whole way ---------------------------------------------------------------------------------
def test_a_seller_invites_and_the_supplier_joins_with_a_new_account():
    """S1.1, S1.6, S1.7, S1.9: mail, link, supplier account without a seller account, connected."""
    shop, boss = seller(name="Blue Harbor")
    response = invite(signed_in(boss), shop, ADDRESS)
    assert response.url == seller_page(shop, "permissions") + "#connect"
    [letter] = drain()
    assert letter.to == [ADDRESS]
    assert letter.subject == "[Blue Harbor] Supply Chain Connect: invitation"
    assert boss.name in letter.body
    assert "No seller account is needed" in letter.body

    sam = person("Sam Lee", email=ADDRESS)
    client = signed_in(sam)
    client.get(one_time_link(letter))
    page = client.get("/invitations/")
    row = SupplierInvitation.objects.get()
    assert page.url == reverse("supplier-invitation", args=[row.public_id])
    shown = " ".join(client.get(page.url).content.decode().split())
    assert "Blue Harbor" in shown
    assert 'value="manufacturer" selected' in shown

    response = answer(client, row, "accept", **NEW)
    account = Organization.objects.get(kind="supplier")
    assert response.url == supply_page(account, "shares")
    assert client.cookies["invitation"].value == ""
    assert (account.name, account.is_active) == ("Sam's Factory", True)
    link = SupplierConnection.objects.get()
    assert (link.seller, link.supplier, link.status) == (shop, account, "active")
    row.refresh_from_db()
    assert (row.status, row.counterparty, row.decided_by) == ("accepted", account, sam)
    assert events("supplier_invitation.sent") == events("supplier_invitation.accepted") == 1
    told = [letter for letter in drain() if letter.to == [boss.email]]
    assert [letter.subject for letter in told] == ["[Sam's Factory] Supply Chain Connect: accepted"]


def test_a_supplier_invites_and_the_seller_accepts_in_user_permissions():
    """S1.14, S1.15, S1.17, U7: no mail is needed to accept inside the portal."""
    factory, sam = supplier(name="Nord Factory")
    shop, boss = seller()
    response = invite(signed_in(sam), factory, boss.email)
    assert response.url == supply_page(factory, "sellers") + "#connect"
    [letter] = drain()
    assert letter.to == [boss.email]
    assert "User Permissions" in letter.body
    client = signed_in(boss)
    row = SupplierInvitation.objects.get()
    assert "Nord Factory" in client.get(partners_url(shop)).content.decode()
    response = client.post(partners_url(shop, "accept", row.public_id))
    assert response.status_code == 302
    link = SupplierConnection.objects.get()
    assert (link.seller, link.supplier) == (shop, factory)
    assert [letter.to for letter in drain()] == [[sam.email]]


def test_any_administrator_of_the_invited_account_may_answer_and_nobody_else():
    """An invitation to a known account is for any of its administrators."""
    factory, _ = supplier()
    shop, boss = seller()
    other_boss, clerk = administrator(shop, identified=False), member(shop)
    row = supplier_invitation(factory, boss.email, counterparty=shop)
    stranger_shop, stranger = seller()
    clients = [signed_in(user) for user in (clerk, stranger, other_boss)]
    with nothing_changes():
        page = partners_url(shop, "accept", row.public_id)
        assert clients[0].post(page).status_code == 403
        foreign = partners_url(stranger_shop, "accept", row.public_id)
        assert clients[1].post(foreign).status_code == 404
    assert clients[2].post(page).status_code == 302
    assert SupplierConnection.objects.count() == 1


def test_only_the_owner_of_the_address_answers_a_first_contact():
    """I1: not signed in, another address, this one unverified: nothing shows, nothing moves."""
    shop, _ = seller()
    row = supplier_invitation(shop, ADDRESS)
    page = reverse("supplier-invitation", args=[row.public_id])
    stranger, unverified = person(), person()
    EmailAddress.objects.create(user=unverified, email=ADDRESS, verified=False)
    clients = [signed_in(stranger), signed_in(unverified)]
    with nothing_changes():
        assert Client().get(page).status_code == 302
        for client in clients:
            assert client.get(page).status_code == 404
            assert answer(client, row, "accept", **NEW).status_code == 404
            assert answer(client, row, "decline").status_code == 404
    second = person()
    EmailAddress.objects.create(user=second, email="second@mail.example", verified=True)
    row = supplier_invitation(shop, "second@mail.example")
    assert answer(signed_in(second), row, "accept", **NEW).status_code == 302


def test_looking_changes_nothing(inviter):
    """I3, N13: however often anybody looks, the invitation stays pending."""
    firm, boss = inviter
    row = supplier_invitation(firm, ADDRESS)
    client, page = signed_in(person(email=ADDRESS)), partners_url(firm)
    own = signed_in(boss)
    with nothing_changes():
        for _ in range(3):
            client.get(reverse("supplier-invitation", args=[row.public_id]))
            client.head(reverse("supplier-invitation", args=[row.public_id]))
            own.get(page)


def test_a_used_invitation_is_dead(inviter):
    """I2, I4: the second answer finds a friendly page, one connection and one event."""
    firm, _ = inviter
    kind = "supplier" if firm.kind == "seller" else "seller"
    other = organization(kind)
    admin = administrator(other, person(email=ADDRESS), identified=False)
    row, client = supplier_invitation(firm, ADDRESS), signed_in(admin)
    chosen = str(other.public_id)
    assert answer(client, row, "accept", account=chosen).status_code == 302
    with nothing_changes():
        assert answer(client, row, "accept", account=chosen).status_code == 410
        assert answer(client, row, "decline").status_code == 410
        assert client.get(reverse("supplier-invitation", args=[row.public_id])).status_code == 410
    assert SupplierConnection.objects.count() == 1


def test_a_person_with_several_accounts_chooses_and_cannot_choose_a_foreign_one():
    """A3: another tenant's account in the field is refused like a made-up one."""
    shop, _ = seller()
    sam = person(email=ADDRESS)
    first, second = organization("supplier"), organization("supplier")
    administrator(first, sam, identified=False)
    administrator(second, sam, identified=False)
    foreign, _ = supplier()
    row, client = supplier_invitation(shop, ADDRESS), signed_in(sam)
    with nothing_changes():
        assert answer(client, row, "accept", account=str(foreign.public_id)).status_code == 422
        assert answer(client, row, "accept", account="new").status_code == 422
    answer(client, row, "accept", account=str(second.public_id))
    assert SupplierConnection.objects.get().supplier == second


def test_a_seller_account_can_be_opened_while_accepting():
    """Whoever has the address may register a seller on the spot."""
    factory, _ = supplier()
    sam = person(email=ADDRESS)
    row = supplier_invitation(factory, ADDRESS)
    response = answer(signed_in(sam), row, "accept", account="new", name="Sam Shop", country="US")
    shop = Organization.objects.get(kind="seller")
    assert response.url == seller_page(shop, "shipments")
    assert Membership.objects.get(user=sam).is_administrator


def test_a_sellers_administrator_answers_with_a_second_factor_only():
    """A16: this way into a seller's account asks for the second factor, too."""
    factory, _ = supplier()
    shop, boss = seller()
    row = supplier_invitation(factory, boss.email)
    client = signed_in(boss, second_factor=False)
    with nothing_changes():
        response = answer(client, row, "accept", account=str(shop.public_id))
    assert response.url.startswith(reverse("second-factor"))


# Saying no -------------------------------------------------------------------------------------
def test_decline_with_a_reason_and_for_good(inviter):
    """U4, I18: the inviter reads the reason; later invitations are not mailed, and look as sent."""
    firm, boss = inviter
    row, client = supplier_invitation(firm, ADDRESS), signed_in(person(email=ADDRESS))
    answer(client, row, "decline", **{"no-reason": "No room", "no-never_again": "on"})
    row.refresh_from_db()
    assert (row.status, row.reason) == ("declined", "No room")
    [letter] = drain()
    assert letter.to == [boss.email]
    assert "No room" in letter.body
    assert Refusal.objects.filter(organization=firm, address=ADDRESS).exists()
    assert invite(signed_in(boss), firm, ADDRESS).status_code == 302
    assert drain() == []
    page = signed_in(boss).get(partners_url(firm)).content.decode()
    assert "Sent" in page


def test_decline_inside_the_portal():
    """The page asks why, then tells the other side."""
    factory, sam = supplier()
    shop, boss = seller()
    row = supplier_invitation(factory, boss.email, counterparty=shop)
    client, page = signed_in(boss), partners_url(shop, "decline", row.public_id)
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": "Not yours"}).status_code == 302
    row.refresh_from_db()
    assert row.status == "declined"
    assert [letter.to for letter in drain()] == [[sam.email]]


# The inviter's list ----------------------------------------------------------------------------
def test_resend_renews_and_kills_the_older_link(inviter):
    """U2, I5: a new link, a new end date; the older one says that there is a newer."""
    firm, boss = inviter
    client = signed_in(boss)
    invite(client, firm, ADDRESS)
    [old] = drain()
    row = SupplierInvitation.objects.get()
    with nothing_changes():
        assert client.post(partners_url(firm, "resend", row.public_id)).status_code == 429
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert client.post(partners_url(firm, "resend", row.public_id)).status_code == 302
        [new] = drain()
    assert one_time_link(new) != one_time_link(old)
    reader = signed_in(person(email=ADDRESS))
    reader.get(one_time_link(old))
    assert reader.get("/invitations/").status_code == 410


def test_revoke_and_copy_link(inviter):
    """U3, U10, I6: the link shows to who sent it, once, audited; a revoked one is dead."""
    firm, boss = inviter
    client = signed_in(boss)
    invite(client, firm, ADDRESS)
    row = SupplierInvitation.objects.get()
    page = client.post(partners_url(firm, "link", row.public_id)).content.decode()
    assert "/invitations/supplier/" in page
    assert events("supplier_invitation.link_copied") == 1
    other = signed_in(administrator(firm, identified=False))
    assert other.post(partners_url(firm, "link", row.public_id)).status_code == 403
    assert client.post(partners_url(firm, "revoke", row.public_id)).status_code == 302
    row.refresh_from_db()
    assert row.status == "revoked"
    assert answer(signed_in(person(email=ADDRESS)), row, "accept", **NEW).status_code == 410


def test_expired_is_told_once_and_a_new_one_may_be_sent(inviter):
    """U5: mail to the inviter, the list says so, and nothing blocks the next invitation."""
    firm, boss = inviter
    row = supplier_invitation(firm, ADDRESS, expires_at=clock.now() - timedelta(hours=1))
    assert "Expired" in signed_in(boss).get(partners_url(firm)).content.decode()
    sweep()
    sweep()
    row.refresh_from_db()
    assert row.status == "expired"
    [letter] = drain()
    assert letter.to == [boss.email]
    assert invite(signed_in(boss), firm, ADDRESS).status_code == 302


def test_the_inviters_right_is_looked_at_again(inviter):
    """I10: a demoted inviter's invitation opens nothing."""
    firm, boss = inviter
    administrator(firm, identified=False)
    row = supplier_invitation(firm, ADDRESS, invited_by=boss)
    Membership.objects.filter(user=boss).update(role="employee")
    client = signed_in(person(email=ADDRESS))
    with nothing_changes():
        assert answer(client, row, "accept", **NEW).status_code == 410


def test_inviting_tells_nothing_about_accounts():
    """I15: whoever owns the address, page and history read the same until they accept."""
    shop, boss = seller()
    known, sam = supplier(name="Known Factory")
    client = signed_in(boss)
    for address in (sam.email, "nobody@nowhere.example"):
        response = invite(client, shop, address)
        assert (response.status_code, response.url) == (
            302,
            seller_page(shop, "permissions") + "#connect",
        )
    assert SupplierInvitation.objects.get(address=sam.email).counterparty == known
    page = client.get(partners_url(shop)).content.decode()
    assert "Known Factory" not in page
    assert not Event.objects.filter(counterparty_id=known.pk).exists()
    assert Notification.objects.filter(user=sam).count() == 1


def test_bad_input_is_told_at_the_field(inviter):
    """B1, I16: look-alike addresses, odd names and forged kinds are refused, nothing is written."""
    firm, boss = inviter
    client = signed_in(boss)
    with nothing_changes():
        for address in ("", "not an address", "mi\u212ae@mail.example", "a\0b@mail.example"):
            assert invite(client, firm, address).status_code == 422
        assert invite(client, firm, ADDRESS, name="see www.evil.example").status_code == 422
        if firm.kind == "seller":
            assert invite(client, firm, ADDRESS, supplier_kind="king").status_code == 422
    assert invite(client, firm, ADDRESS).status_code == 302
    assert invite(client, firm, ADDRESS).status_code == 422


def test_only_administrators_invite_and_see_the_lists(inviter):
    """A1, A2: an employee is refused, an outsider finds nothing."""
    firm, _ = inviter
    clerk, outsider = signed_in(member(firm)), signed_in(person())
    with nothing_changes():
        assert clerk.get(partners_url(firm)).status_code == 403
        assert invite(clerk, firm, ADDRESS).status_code == 403
        assert outsider.get(partners_url(firm)).status_code == 404
        assert invite(outsider, firm, ADDRESS).status_code == 404


def test_the_limit_of_a_day_is_told_on_the_page():
    """I13: the eleventh invitation of a new account's first day is refused with the time."""
    shop, boss = seller(created_at=clock.now(), activated_at=clock.now())
    client = signed_in(boss)
    for number in range(10):
        assert invite(client, shop, f"a{number}@mail.example").status_code == 302
    response = invite(client, shop, "one-more@mail.example")
    assert response.status_code == 429
    assert "UTC" in response.content.decode()


# Crossing --------------------------------------------------------------------------------------
def test_inviting_back_leads_to_accepting():
    """X16: the second inviter is shown the first invitation, with the button."""
    shop, boss = seller()
    factory, sam = supplier()
    row = supplier_invitation(factory, boss.email, counterparty=shop)
    client = signed_in(boss)
    with nothing_changes():
        response = invite(client, shop, sam.email)
    assert response.status_code == 422
    accept = partners_url(shop, "accept", row.public_id)
    assert accept in response.content.decode()
    assert client.post(accept).status_code == 302
    assert SupplierConnection.objects.count() == 1


def test_accepting_one_of_two_crossing_invitations_closes_the_other():
    """X16: whatever was open between the two is accepted, one connection stands."""
    shop, boss = seller()
    factory, sam = supplier()
    mine = supplier_invitation(shop, sam.email)
    theirs = supplier_invitation(factory, boss.email)
    again = supplier_invitation(shop, "other@factory.example", counterparty=factory)
    answer(signed_in(sam), mine, "accept", account=str(factory.public_id))
    for row in (mine, theirs, again):
        row.refresh_from_db()
        assert row.status == "accepted"
    assert theirs.counterparty == shop
    assert SupplierConnection.objects.count() == 1


def test_accepting_while_connected_keeps_the_one_connection():
    """N3: one live connection for a pair."""
    shop, _ = seller()
    factory, sam = supplier()
    link = connected(shop, factory)
    row = supplier_invitation(shop, sam.email)
    response = answer(signed_in(sam), row, "accept", account=str(factory.public_id))
    assert response.status_code == 302
    assert SupplierConnection.objects.get() == link


def test_an_erased_person_stands_in_no_invitation():
    """D6: the address is gone, an open invitation is taken back, the rest stays as history."""
    shop, _ = seller()
    sam = person(email=ADDRESS)
    open_one = supplier_invitation(shop, ADDRESS, name="Sam Lee")
    with transaction.atomic():
        person_erased.send(sender=type(sam), user=sam)
    open_one.refresh_from_db()
    assert (open_one.status, open_one.name) == ("revoked", "")
    assert not SupplierInvitation.objects.filter(address=ADDRESS).exists()


# Removal ---------------------------------------------------------------------------------------
def test_either_side_removes_and_both_are_told(inviter):
    """S1.5, U13, I19: at once, by either; the other is told; doing it twice is doing it once."""
    firm, boss = inviter
    side = "seller" if firm.kind == "seller" else "supplier"
    other = organization("supplier" if side == "seller" else "seller")
    other_boss = administrator(other, identified=False)
    pair = (firm, other) if side == "seller" else (other, firm)
    link = connected(*pair)
    client, page = signed_in(boss), partners_url(firm, "remove", link.public_id)
    clerk = signed_in(member(firm))
    with nothing_changes():
        assert client.get(page).status_code == 200
        assert clerk.post(page).status_code == 403
    client.post(page)
    client.post(page)
    link.refresh_from_db()
    assert (link.status, link.ended_by) == ("removed", firm)
    assert sorted(letter.to[0] for letter in drain()) == sorted([boss.email, other_boss.email])
    assert events("supplier_connection.removed") == 1
    stranger, somebody = seller()
    assert (
        signed_in(somebody).post(partners_url(stranger, "remove", link.public_id)).status_code
        == 404
    )


def test_the_lists_take_a_fixed_number_of_queries(inviter):
    """L2: one row or thirty, the same statements."""
    firm, boss = inviter
    client = signed_in(boss)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(partners_url(firm)).status_code == 200
        return len(seen)

    def fill(count):
        for _ in range(count):
            other = organization("supplier" if firm.kind == "seller" else "seller")
            row = administrator(other, identified=False)
            connected(*((firm, other) if firm.kind == "seller" else (other, firm)))
            supplier_invitation(firm, row.email)
            supplier_invitation(other, boss.email)

    fill(1)
    first = queries()
    fill(8)
    assert queries() == first
    assert first <= 22


def test_a_failed_mail_shows_in_the_list(inviter):
    """X15: the sender sees that it could not be delivered, and can still copy the link."""
    firm, boss = inviter
    client = signed_in(boss)
    invite(client, firm, ADDRESS)
    SupplierInvitation.objects.update(status="undeliverable")
    Message.objects.update(status="failed")
    page = client.get(partners_url(firm)).content.decode()
    assert "Could not be delivered" in page
    assert "Show link" in page
