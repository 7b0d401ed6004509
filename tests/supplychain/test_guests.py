"""The guest link: one shipment by link and mailed code, later an account with all work (X13)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.invitations import transitions as mechanism
from accounts.models import Organization, Refusal
from core import clock
from core.audit.models import Actor, Event
from core.outbox import tokens
from core.outbox.models import Message
from supplychain.models import GuestLink, Share, SupplierConnection
from supplychain.reads import history
from supplychain.transitions import guests
from supplychain.transitions.connections import end_all
from supplychain.transitions.invitations import forget_person
from tests.factories.accounts import member, person
from tests.factories.invitations import Scene
from tests.factories.invitations import guest as guest_scene
from tests.factories.supplychain import (
    connected,
    packed,
    right,
    seller,
    shipment,
    supplier,
    supplier_invitation,
)
from tests.supplychain.pages import box_values, shipment_page
from tests.support import drain, nothing_changes, one_time_link, signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "mill@mail.example"
UPS = "1Z999AA10123456784"


def share_by_link(client: Client, row: object, **values: str) -> object:
    """Fill in the form on Prepare Shipment."""
    data = {"name": "Sunny Mill", "address": ADDRESS, "note": "By Friday"} | values
    return client.post(shipment_page(row, "shipment-share-guest"), data)


def code_in(message: object) -> str:
    """The six digits of the mail."""
    return re.search(r"Code: (\d{6})", message.body)[1]


def enter(client: Client, path: str) -> str:
    """From the mailed link to the share's page, as a person does it; returns that page."""
    client.get(path)
    page = client.get("/invitations/").url
    assert client.get(page).status_code == 200
    assert client.post(page + "send/").status_code == 302
    [letter] = [mail for mail in drain() if "code" in mail.subject]
    response = client.post(page + "enter/", {"code": code_in(letter)})
    assert response.status_code == 302
    return response.url


def at_work(scene: Scene) -> tuple[Client, str]:
    """A browser in which the code was entered, and the share's page."""
    client = Client()
    return client, enter(client, tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))


# The way in ------------------------------------------------------------------------------------
def test_from_the_seller_s_form_to_shipped_without_an_account():
    """X13: link, code, boxes, contents, labels, tracking, shipped; the seller reads each step."""
    shop, boss = seller()
    row, client = shipment(shop, {"MUG": 4}), signed_in(boss)
    assert share_by_link(client, row).status_code == 302
    [letter] = drain()
    assert letter.to == [ADDRESS]
    assert "By Friday" in letter.body
    assert "guest" not in GuestLink.objects.get().code_hash
    browser = Client()
    page = enter(browser, one_time_link(letter))
    text = browser.get(page).content.decode()
    assert row.name in text
    assert "You work on this one shipment as a guest" in text
    assert browser.post(page + "start/").url == page + "boxes/new/"
    item = row.items.get()
    data = box_values({item: 4})
    assert browser.post(page + "boxes/new/", data).status_code == 302
    box = row.boxes.get()
    assert browser.get(f"{page}boxes/{box.public_id}/").status_code == 200
    assert browser.post(page + "confirm/").status_code == 302
    assert browser.post(page + "labels/").status_code == 302
    sheet = browser.get(page + "documents/").context["form"].fields["sheet"].choices[0][0]
    assert browser.post(page + "labels/pdf/", {"sheet": sheet})["Content-Type"] == "application/pdf"
    assert browser.post(page + "pack-list/").status_code == 200
    assert browser.post(page + "tracking/", {f"box-{box.public_id}": UPS}).status_code == 302
    assert browser.post(page + "shipped/").status_code == 302
    row.refresh_from_db()
    assert row.status == "shipped"
    subjects = " ".join(mail.subject for mail in drain())
    assert "contents confirmed" in subjects
    assert "shipped" in subjects
    history = client.get(shipment_page(row)).content.decode()
    assert "Sunny Mill, guest (m***@m…)" in history
    assert ADDRESS not in str(list(Actor.objects.values_list("name", flat=True)))
    assert "Sunny Mill" in browser.get(page).content.decode()


def test_opening_the_link_and_its_page_changes_nothing():
    """I3, U9: scanners follow links; the code goes out when a person presses the button."""
    scene = guest_scene()
    client = Client()
    with nothing_changes():
        client.get(tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
        page = client.get("/invitations/").url
        client.head(page)
        assert client.get(page).status_code == 200
    assert drain() == []


def test_nobody_has_codes_sent_or_gets_in_by_the_id_alone():
    """A3: without the link 404, without the code 404, whoever asks and however."""
    scene = guest_scene()
    args = [scene.row.public_id]
    clients = [Client(), signed_in(person()), signed_in(scene.inviter), signed_in(scene.invited)]
    with nothing_changes():
        for client in clients:
            assert client.get(reverse("guest-code", args=args)).status_code == 404
            assert client.post(reverse("guest-code-send", args=args)).status_code == 404
            data = {"code": "123456"}
            assert client.post(reverse("guest-code-enter", args=args), data).status_code == 404
            assert client.get(reverse("guest:share", args=args)).status_code == 404
            assert client.post(reverse("guest:share-shipped", args=args)).status_code == 404
    assert drain() == []


def test_a_code_works_once_for_a_quarter_of_an_hour_and_for_five_tries():
    """Short-lived, limited tries, one use, and only the last one sent."""
    scene = guest_scene()
    client = Client()
    client.get(tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
    page = client.get("/invitations/").url
    client.post(page + "send/")
    [letter] = drain()
    code = code_in(letter)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert client.post(page + "enter/", {"code": wrong}).status_code == 422
    assert client.post(page + "enter/", {"code": code}).status_code == 422, "five tries are enough"
    assert client.post(page + "enter/", {"code": "12"}).status_code == 422
    assert client.post(page + "send/").status_code == 429, "one a minute"
    with time_machine.travel(clock.real_now() + timedelta(minutes=2)):
        client.post(page + "send/")
        code = code_in(drain()[0])
    with time_machine.travel(clock.real_now() + timedelta(minutes=20)):
        assert client.post(page + "enter/", {"code": code}).status_code == 422, "too late"
        client.post(page + "send/")
        code = code_in(drain()[0])
        assert client.post(page + "enter/", {"code": code}).status_code == 302
        other = Client()
        other.cookies["invitation"] = client.cookies["invitation"].value
        assert other.post(page + "enter/", {"code": code}).status_code == 422, "once"
    assert Event.objects.filter(verb="guest_link.entered").count() == 1


def test_ten_codes_a_day_are_enough():
    """Nobody fills a mailbox with codes, nor tries a million."""
    scene = guest_scene()
    for minute in range(10):
        with time_machine.travel(clock.real_now() + timedelta(minutes=2 * minute)):
            guests.send_code(link=scene.row, generation=1)
    with time_machine.travel(clock.real_now() + timedelta(minutes=30)), nothing_changes():
        client = Client()
        client.get(tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
        page = client.get("/invitations/").url
        assert client.post(page + "send/").status_code == 429


def test_the_code_stands_nowhere_once_it_is_sent():
    """The body is secret: blanked after sending, and the row keeps a hash that ends with it."""
    scene = guest_scene()
    guests.send_code(link=scene.row, generation=1)
    code = code_in(drain()[0])
    message = Message.objects.get(kind="supplychain.guest_code")
    assert (message.secret, message.text, message.html) == (True, "", "")
    scene.row.refresh_from_db()
    assert code not in scene.row.code_hash


# What it opens ---------------------------------------------------------------------------------
def test_it_opens_this_share_and_no_other_page():
    """U32, N4: no other shipment, no portal, no account."""
    scene = guest_scene()
    other = guest_scene()
    client, page = at_work(scene)
    assert client.get(page).status_code == 200
    assert client.get(reverse("guest:share", args=[other.row.public_id])).status_code == 404
    for url in (
        shipment_page(scene.row.shipment),
        reverse("seller:home", args=[scene.organization.handle]),
        reverse("shared-shipment", args=[scene.row.shipment.public_id]),
        reverse("notification-list"),
        reverse("guest-join", args=[scene.row.public_id]),
    ):
        response = client.get(url)
        assert response.status_code in (302, 404), url
        assert "/accounts/login/" in response.get("Location", "/accounts/login/")
    text = client.get(page).content.decode()
    for secret in (scene.inviter.email, scene.inviter.name, other.organization.name):
        assert secret not in text


ENDINGS = {
    "revoked": lambda scene: mechanism.revoke(by=scene.inviter, row=scene.row),
    "renewed": lambda scene: mechanism.resend(by=scene.inviter, row=scene.row),
    "expired": lambda scene: GuestLink.objects.update(expires_at=clock.now()),
    "seller suspended": lambda scene: Organization.objects.filter(pk=scene.organization.pk).update(
        status="suspended"
    ),
    "sender gone": lambda scene: scene.inviter.memberships.update(
        status="removed", removed_at=clock.now()
    ),
}


@pytest.mark.parametrize("what", ENDINGS)
def test_what_ends_the_link_counts_on_the_next_request(what):
    """A5, I10: 410 with what happened, on looking and on acting; nothing is written."""
    scene = guest_scene()
    client, page = at_work(scene)
    ENDINGS[what](scene)
    drain()
    with nothing_changes():
        assert client.get(page).status_code == 410
        assert client.post(page + "start/").status_code == 410
        assert client.post(page + "pack-list/").status_code == 410


@pytest.mark.parametrize("act", ["share-recall", "shipment-cancel"])
def test_a_share_that_ends_closes_its_link_and_tells_the_guest(act):
    """Recalled or void: the next request finds an ended link; do not use the labels."""
    scene = guest_scene()
    client, page = at_work(scene)
    share, boss = scene.row.share, signed_in(scene.inviter)
    args = [share.public_id] if act == "share-recall" else []
    url = shipment_page(scene.row.shipment, act, *args)
    assert boss.post(url, {"reason": "Wrong date"}).status_code == 302
    [letter] = [mail for mail in drain() if mail.to == [scene.invited.email]]
    assert "do not ship" in letter.body
    assert "Wrong date" in letter.body
    assert "/invitations/" not in letter.body
    with nothing_changes():
        assert client.get(page).status_code == 410
    scene.row.refresh_from_db()
    assert scene.row.status == "revoked"


def test_a_change_of_the_plan_is_told_with_the_link():
    """The guest hears what suppliers hear, with a way in that works for them."""
    scene = guest_scene()
    client = signed_in(scene.inviter)
    url = shipment_page(scene.row.shipment, "shipment-edit")
    form = client.get(url).context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | {"name": "Other name"}
    assert client.post(url, data).status_code == 302
    [letter] = drain()
    assert letter.to == [scene.invited.email]
    assert one_time_link(letter)


def test_the_guest_declines_and_may_want_to_hear_nothing_more():
    """U4, I18: the seller reads the reason; a second link looks sent and is not mailed."""
    scene = guest_scene()
    client, page = at_work(scene)
    assert client.get(page + "decline/").status_code == 200
    data = {"reason": "No pallets", "never_again": "on"}
    assert client.post(page + "decline/", data).status_code == 302
    [letter] = drain()
    assert letter.to == [scene.inviter.email]
    assert "No pallets" in letter.body
    assert client.get(page).status_code == 410
    assert Refusal.objects.get().address == scene.invited.email
    boss = signed_in(scene.inviter)
    assert share_by_link(boss, scene.row.shipment, address=scene.invited.email).status_code == 302
    assert drain() == []


# The seller's side -----------------------------------------------------------------------------
def test_the_link_is_taken_back_and_renewed_with_the_work_kept():
    """Revoked: dead at once; a new one opens the same share with the same boxes."""
    scene = guest_scene("packing")
    packed(scene.row.share)
    client, page = at_work(scene)
    boss = signed_in(scene.inviter)
    here = shipment_page(scene.row.shipment)
    assert "Guest links" in boss.get(here).content.decode()
    revoke = shipment_page(scene.row.shipment, "guest-revoke", scene.row.public_id)
    assert boss.post(revoke, {"list": "1"}).url.startswith(here)
    assert client.get(page).status_code == 410
    assert "took your link" in drain()[0].subject + drain_bodies(scene)
    text = boss.get(here).content.decode()
    assert "New guest link" in text
    resend = shipment_page(scene.row.shipment, "guest-resend", scene.row.public_id)
    assert boss.post(resend).status_code == 302
    [letter] = drain()
    again = enter(Client(), one_time_link(letter))
    assert again != page
    share = Share.objects.get(shipment=scene.row.shipment)
    assert (share.boxes.count(), share.guest.public_id) == (1, GuestLink.objects.last().public_id)


def drain_bodies(scene: Scene) -> str:
    """The text of every mail to the guest so far that is not secret."""
    return " ".join(Message.objects.filter(to=scene.invited.email).values_list("text", flat=True))


def test_the_links_of_all_shipments_stand_on_one_list_whose_acts_come_back_to_it():
    """U1: recipient, shipment, sent, by, expires, state; sent again, copied, taken back there."""
    scene, stranger = guest_scene(), guest_scene()
    client, shop = signed_in(scene.inviter), scene.organization
    other = shipment(shop, name="Paper shades")
    share_by_link(client, other, name="Paper Moon", address="moon@mail.example")
    page = reverse("seller:guests", args=[shop.handle])
    assert page in client.get(reverse("seller:shipments", args=[shop.handle])).text
    text = client.get(page).text
    for words in (scene.row.address, scene.row.shipment.name, "moon@mail.example, Paper shades"):
        assert words in text
    assert stranger.row.address not in text
    assert scene.row.address not in client.get(page, {"guest-find": "shades"}).text
    at = [shop.handle, scene.row.shipment.public_id, scene.row.public_id]
    copied = client.post(reverse("seller:guest-link", args=at), {"list": "all"})
    assert tokens.sign(scene.row.claim) in copied.text
    assert "Paper Moon" in copied.text, "still the list of all"
    back = client.post(reverse("seller:guest-revoke", args=at) + "?guest-find=x", {"list": "all"})
    assert back.url == f"{page}?guest-find=x#guest-list"
    assert scene.row.address not in client.get(page).text
    assert scene.row.address in client.get(page, {"guest-show": "ended"}).text


def test_only_who_may_share_makes_and_changes_links():
    """A2: looking is not enough; another seller finds nothing."""
    scene = guest_scene()
    viewer = right(member(scene.organization), scene.organization, "shipments_view")
    editor = right(member(scene.organization), scene.organization, "shipments_edit")
    rival, own = signed_in(seller()[1]), signed_in(viewer)
    helper = signed_in(editor)
    row = scene.row.shipment
    urls = [shipment_page(row, f"guest-{act}", scene.row.public_id) for act in ("resend", "revoke")]
    with nothing_changes():
        for url in [*urls, shipment_page(row, "shipment-share-guest")]:
            assert own.post(url).status_code == 403
            assert rival.post(url).status_code == 404
    assert "Guest links" not in own.get(shipment_page(row)).content.decode()
    assert share_by_link(helper, row).status_code == 302


def test_twice_for_one_address_is_told_at_the_field_and_changes_nothing():
    """C7's neighbour: one open link for an address and shipment."""
    shop, boss = seller()
    row, client = shipment(shop), signed_in(boss)
    share_by_link(client, row)
    with nothing_changes():
        page = share_by_link(client, row, address=ADDRESS.upper())
    assert page.status_code == 422 or page.status_code == 409
    assert "has a guest link" in page.content.decode()
    assert Share.objects.count() == 1


def test_what_waited_for_an_invited_supplier_becomes_the_guest_s():
    """One share, not two: the waiting one opens by the link, and still waits for nobody."""
    shop, boss = seller()
    row = shipment(shop)
    invitation = supplier_invitation(shop, ADDRESS)
    Share.objects.create(shipment=row, invitation=invitation, status="waiting", shared_by=boss)
    assert share_by_link(signed_in(boss), row).status_code == 302
    share = Share.objects.get()
    assert (share.status, share.guest.address) == ("shared", ADDRESS)


def test_known_and_unknown_addresses_get_the_same_answer():
    """I15: the seller does not learn whether the address has an account."""
    shop, boss = seller()
    client = signed_in(boss)
    known = person()
    answers = []
    for address in (known.email, "nobody@mail.example"):
        page = client.post(
            shipment_page(shipment(shop), "shipment-share-guest"),
            {"name": "Mill", "address": address, "note": ""},
        )
        answers.append(page.status_code)
    assert answers == [302, 302]
    assert len(drain()) == 2


# An account later ------------------------------------------------------------------------------
def join(client: Client, link: GuestLink, **values: str) -> object:
    """Fill in the form that makes an account of it."""
    data = {"account": "new", "name": "Sunny Mill Ltd", "country": "DE"}
    data |= {"supplier_kind": "manufacturer"}
    return client.post(reverse("guest-join", args=[link.public_id]), data | values)


def test_signing_up_keeps_the_share_with_all_its_work():
    """X13, N4: the account has the share as it stands; the link has done its duty."""
    scene = guest_scene("packing")
    packed(scene.row.share)
    guest, page = at_work(scene)
    client = signed_in(scene.invited)
    path = tokens.claim_url(scene.row.claim).removeprefix("http://localhost")
    client.get(path)
    assert client.get("/invitations/").url == reverse("guest-join", args=[scene.row.public_id])
    response = join(client, scene.row)
    assert response.status_code == 302
    connection = SupplierConnection.objects.live().get()
    share = Share.objects.get()
    assert (share.connection, share.status, share.boxes.count()) == (connection, "packing", 1)
    own = reverse("supply:share", args=[connection.supplier.handle, share.public_id])
    assert client.get(own).status_code == 200
    assert client.post(own + "confirm/").status_code == 302
    with nothing_changes():
        assert guest.get(page).status_code == 410
        assert join(client, scene.row).status_code == 410
    told = [mail.subject for mail in drain() if mail.to == [scene.inviter.email]]
    assert any("connected" in subject for subject in told)


def test_history_reads_the_same_on_both_sides_after_the_change():
    """U36: what the guest did stays theirs."""
    scene = guest_scene()
    guest, page = at_work(scene)
    guest.post(page + "seen/")
    join(signed_in(scene.invited), scene.row)
    share = Share.objects.with_list_data().get()
    whos = {
        row["who"]
        for row in history.for_supplier(share, RequestFactory().get("/"))
        if "seen" in row["text"]
    }
    assert whos == {"Sunny Mill, guest (p***@m…)"}


def test_only_the_owner_of_the_address_makes_it_an_account():
    """I1: others with the link read that it is for somebody else, and get nothing."""
    scene = guest_scene()
    other = signed_in(person())
    other.get(tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
    unverified = signed_in(person(email="x@mail.example", verified=False))
    with nothing_changes():
        assert "somebody else" in other.get("/invitations/").content.decode()
        assert join(other, scene.row).status_code == 404
        assert join(unverified, scene.row).status_code == 404


def test_accepting_the_seller_s_invitation_takes_the_guest_s_work_along():
    """X16: two ways to one relationship: the invitation adopts what was done by link."""
    scene = guest_scene("packing")
    packed(scene.row.share)
    invitation = supplier_invitation(scene.organization, scene.invited.email)
    data = {"account": "new", "name": "Mill", "country": "US", "supplier_kind": "other"}
    client = signed_in(scene.invited)
    url = reverse("supplier-invitation-accept", args=[invitation.public_id])
    assert client.post(url, data).status_code == 302
    share = Share.objects.get()
    assert share.connection is not None
    assert share.boxes.count() == 1
    scene.row.refresh_from_db()
    assert scene.row.status == "accepted"


def test_a_second_link_of_the_same_seller_comes_along():
    """Nothing is lost: every open link of theirs to this address is handed over."""
    scene = guest_scene()
    second = shipment(scene.organization)
    share_by_link(signed_in(scene.inviter), second, address=scene.invited.email)
    join(signed_in(scene.invited), scene.row)
    assert Share.objects.filter(connection__isnull=False).count() == 2
    assert set(GuestLink.objects.values_list("status", flat=True)) == {"accepted"}


def test_an_account_that_has_the_shipment_already_is_told_so():
    """One live share for a pair: the guest's stays as it is."""
    scene = guest_scene()
    mill, sam = supplier()
    other = connected(scene.organization, mill)
    Share.objects.create(shipment=scene.row.shipment, connection=other, status="shared")
    client = signed_in(scene.invited)
    member(mill, "administrator", scene.invited)
    with nothing_changes():
        page = join(client, scene.row, account=str(mill.public_id))
    assert page.status_code == 409
    assert "has this shipment already" in page.content.decode()
    assert sam.pk


def test_a_closed_seller_leaves_no_open_link():
    """What rests on the account ends with it."""
    scene = guest_scene()
    with transaction.atomic():
        end_all(organization=scene.organization, by=scene.inviter)
    scene.row.refresh_from_db()
    assert scene.row.status == "revoked"
    assert Share.objects.get().status == "void"


def test_an_erased_person_stands_in_no_link():
    """D6: address, name and the pseudonym in history go."""
    scene = guest_scene()
    guest, page = at_work(scene)
    guest.post(page + "seen/")
    with transaction.atomic():
        forget_person(user=scene.invited)
    scene.row.refresh_from_db()
    assert (scene.row.status, scene.row.name) == ("revoked", "")
    assert "@erased.invalid" in scene.row.address
    assert not Actor.objects.filter(name__contains="Sunny Mill").exists()


def test_a_guest_whose_session_ended_is_led_to_the_code_with_a_word():
    """The browser still holds the link: nothing was done, and the way in is one code away."""
    scene = guest_scene()
    client, path = at_work(scene)
    link = GuestLink.objects.get()
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    with nothing_changes():
        answer = client.post(reverse("guest:share-start", args=[link.public_id]), follow=True)
    assert answer.redirect_chain[0][0] == reverse("guest-code", args=[link.public_id])
    assert "Your code has run out, so nothing was done" in answer.content.decode()
    with nothing_changes():
        stranger = Client().post(reverse("guest:share-start", args=[link.public_id]))
    assert stranger.status_code == 404
