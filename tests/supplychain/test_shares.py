"""Sharing, recalling and moving shipments; what a supplier sees (S1.11, S1.12, U32, U37)."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import signals
from accounts.models import Organization
from core.audit.models import Event
from core.notifications.models import Notification
from supplychain.models import Share
from supplychain.plans import Targets
from supplychain.transitions.shares import share_shipment
from tests.factories.accounts import member, organization, person
from tests.factories.supplychain import (
    box,
    connected,
    item,
    packed,
    seller,
    share,
    shipment,
    supplier,
    supplier_invitation,
    worker,
)
from tests.supplychain.pages import (
    partners_url,
    seller_page,
    share_page,
    shipment_page,
    supply_page,
)
from tests.supplychain.test_shipments import delegate
from tests.support import drain, links_in, nothing_changes, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """A seller with its administrator."""
    return seller(name="Blue Harbor")


def press_share(client, row, *targets, **values):
    """Press "Share Shipment" for these connections and invitations."""
    chosen = [f"{'c' if hasattr(t, 'seller_id') else 'i'}:{t.public_id}" for t in targets]
    return client.post(shipment_page(row, "shipment-share"), {"suppliers": chosen, **values})


# Sharing ---------------------------------------------------------------------------------------
def test_share_tells_the_supplier_everything_they_need(shop):
    """S1.11, S1.12: one share, one mail with destination, mode, items and ship date."""
    firm, boss = shop
    factory, sam = supplier()
    worker_there = worker(factory, "shares_edit")
    member(factory)
    link = connected(firm, factory)
    row = shipment(firm, {"MUG-RED": 12, "MUG-BLUE": 1500})
    client = signed_in(boss)
    assert "Share Shipment" in client.get(shipment_page(row)).content.decode()
    response = press_share(client, row, link, note="Handle with care")
    assert response.url == shipment_page(row)
    given = Share.objects.get()
    assert (given.status, given.connection, given.shared_by) == ("shared", link, boss)
    letters = drain()
    assert sorted(letter.to[0] for letter in letters) == sorted([sam.email, worker_there.email])
    body = letters[0].body
    for word in ("ABE2", "Small parcel", "MUG-RED", "1,500", "Handle with care", row.shipment_id):
        assert word in body
    assert f"{row.ship_date:%Y}" in body
    event = Event.objects.get(verb="share.shared")
    assert (event.organization_id, event.counterparty_id) == (firm.pk, factory.pk)
    assert Notification.objects.filter(user=sam, kind="supplychain.shipment_shared").count() == 1

    path = "/" + links_in(letters[0])[0].split("/", 3)[3]
    assert signed_in(sam).get(path).url == share_page(given)
    assert signed_in(person()).get(path).status_code == 404


@pytest.mark.both
def test_sharing_twice_is_sharing_once(shop):
    """C7: the second press finds the first: one share, one mail."""
    firm, boss = shop
    link = connected(firm, supplier()[0])
    row, client = shipment(firm), signed_in(boss)
    press_share(client, row, link)
    drain()
    with nothing_changes():
        assert press_share(client, row, link).status_code == 422
        assert share_shipment(by=boss, shipment=row, targets=Targets({link.public_id})) == []
    assert drain() == []


def test_a_share_taken_back_before_its_mail_left_is_not_told(shop):
    """A5: what is not shared any more when the mail is written is not told as shared."""
    firm, boss = shop
    factory, _ = supplier()
    link, row, client = connected(firm, factory), shipment(firm), signed_in(boss)
    press_share(client, row, link)
    client.post(shipment_page(row, "share-recall", Share.objects.get().public_id))
    assert [letter.subject.rpartition(" ")[2] for letter in drain()] == ["recalled"]


def test_a_foreign_supplier_cannot_be_chosen(shop):
    """A3: another seller's connection or invitation is refused like a made-up one."""
    firm, boss = shop
    other, _ = seller()
    link = connected(other, supplier()[0])
    foreign = supplier_invitation(other, "x@mail.example")
    removed = connected(firm, supplier()[0])
    row, client = shipment(firm), signed_in(boss)
    type(removed).objects.filter(pk=removed.pk).update(status="removed", ended_at=row.created_at)
    with nothing_changes():
        for target in (link, foreign, removed):
            assert press_share(client, row, target).status_code == 422
        assert press_share(client, row).status_code == 422


def test_a_share_waits_for_a_supplier_who_has_not_joined(shop):
    """Told and visible once they accept; void when the invitation ends."""
    firm, boss = shop
    waiting = supplier_invitation(firm, "sam@factory.example")
    refused = supplier_invitation(firm, "no@factory.example")
    row, client = shipment(firm), signed_in(boss)
    assert press_share(client, row, waiting, refused).status_code == 302
    assert set(Share.objects.values_list("status", flat=True)) == {"waiting"}
    assert drain() == []
    sam, nobody = person(email="sam@factory.example"), person(email="no@factory.example")
    signed_in(nobody).post(
        reverse("supplier-invitation-decline", args=[refused.public_id]), {"no-reason": ""}
    )
    drain()
    data = {"account": "new", "name": "Factory", "country": "DE", "supplier_kind": "other"}
    signed_in(sam).post(reverse("supplier-invitation-accept", args=[waiting.public_id]), data)
    given = Share.objects.get(invitation=waiting)
    assert (given.status, given.supplier.name) == ("shared", "Factory")
    assert Share.objects.get(invitation=refused).status == "void"
    subjects = [letter.subject for letter in drain() if letter.to == [sam.email]]
    assert any("shared with you" in subject for subject in subjects)
    assert signed_in(sam).get(share_page(given)).status_code == 200


def test_what_a_supplier_has_already_is_not_released_twice(shop):
    """N3: a share that waited for an address of somebody connected becomes void, with an event."""
    firm, boss = shop
    factory, sam = supplier()
    row, waiting = shipment(firm), supplier_invitation(firm, sam.email)
    client = signed_in(boss)
    press_share(client, row, waiting)
    given = share(row, factory)
    data = {"account": str(factory.public_id)}
    page = reverse("supplier-invitation-accept", args=[waiting.public_id])
    assert signed_in(sam).post(page, data).status_code == 302
    assert Share.objects.get(invitation=waiting).status == "void"
    assert Share.objects.live().get() == given
    assert Event.objects.filter(verb="share.voided").count() == 1


def test_a_delegate_shares_under_the_firms_name(shop):
    """U21: the seller's history names the firm; the delegate is told how it goes on."""
    firm, boss = shop
    factory, sam = supplier()
    link, row = connected(firm, factory), shipment(firm, {"A": 2})
    user, provider = delegate(firm, "edit")
    assert press_share(signed_in(user), row, link).status_code == 302
    event = Event.objects.get(verb="share.shared")
    assert (event.organization_id, event.counterparty_id) == (firm.pk, factory.pk)
    assert event.acting_id == provider.pk
    drain()
    given = Share.objects.get()
    packed(given)
    signed_in(sam).post(share_page(given, "share-confirm"))
    assert sorted(letter.to[0] for letter in drain()) == sorted([boss.email, user.email])


def test_a_right_that_only_looks_cannot_share(shop):
    """A2: the valid post of somebody who may only look is refused."""
    firm, _ = shop
    link, row = connected(firm, supplier()[0]), shipment(firm)
    clients = [signed_in(worker(firm, "shipments_view")), signed_in(delegate(firm, "view")[0])]
    with nothing_changes():
        for client in clients:
            assert press_share(client, row, link).status_code == 403


def test_statements_do_not_grow_with_suppliers_or_lines(shop):
    """performance.md ship.share: the same statements for one supplier and for twelve."""
    firm, boss = shop

    def statements(suppliers, lines):
        links = []
        for _ in range(suppliers):
            factory, _ = supplier()
            links.append(connected(firm, factory).public_id)
        row = shipment(firm, {f"SKU-{n}": 3 for n in range(lines)})
        with CaptureQueriesContext(connection) as seen:
            share_shipment(by=boss, shipment=row, targets=Targets(frozenset(links)))
        return len(seen)

    statements(1, 1)
    few = statements(1, 1)
    assert statements(12, 40) == few
    # Two of them are the savepoint around the whole.
    assert few <= 9


# Taking back -----------------------------------------------------------------------------------
def test_recall_ends_everything_for_the_supplier_at_once(shop):
    """U37, A5, N4: page and downloads are gone on the next request, and say which boxes must not
    be used; so does the mail."""
    firm, boss = shop
    factory, sam = supplier()
    row = shipment(firm)
    given = packed(share(row, factory, "labels_ready"))
    theirs, mine = signed_in(sam), signed_in(boss)
    assert theirs.get(share_page(given)).status_code == 200
    page = shipment_page(row, "share-recall", given.public_id)
    with nothing_changes():
        assert mine.get(page).status_code == 200
    assert mine.post(page, {"reason": "Wrong factory"}).status_code == 302
    given.refresh_from_db()
    assert (given.status, given.reason) == ("recalled", "Wrong factory")
    [letter] = drain()
    assert letter.to == [sam.email]
    assert "Do not use the labels" in letter.body
    box(given, {})
    [first, second] = given.boxes.all()
    ids = f"{row.shipment_id} U{first.number:06d}"
    stranger = signed_in(supplier()[1])
    assert ids in letter.body.replace("\N{WORD JOINER}", "")
    with nothing_changes():
        for name in ("share", "share-documents", "share-tracking"):
            answer = theirs.get(share_page(given, name))
            assert answer.status_code == 410
            assert f"{ids}–U{second.number:06d}." in answer.content.decode()
            assert f"{firm.name} took this shipment back on" in answer.content.decode()
        for name in ("share-labels-pdf", "share-pack-list", "share-shipped", "share-start"):
            assert theirs.post(share_page(given, name)).status_code == 410
        assert stranger.get(share_page(given)).status_code == 404
    assert mine.post(page).status_code == 409
    row.refresh_from_db()
    assert row.status == "working"


def test_a_recalled_shipment_can_be_shared_anew(shop):
    """A new row, a new mail; the old boxes do not count any more."""
    firm, boss = shop
    factory, sam = supplier()
    row = shipment(firm)
    old = packed(share(row, factory, "recalled"))
    assert press_share(signed_in(boss), row, old.connection).status_code == 302
    new = Share.objects.get(status="shared")
    assert [letter.to for letter in drain()] == [[sam.email]]
    page = signed_in(sam).get(share_page(new))
    assert [line.packed for line in page.context["lines"]] == [0, 0]
    assert signed_in(sam).get(share_page(old)).status_code == 410


@pytest.mark.both
def test_move_to_another_supplier_is_both_or_neither(shop):
    """U37: recalled there, shared here, in one step; to the same supplier it is refused."""
    firm, boss = shop
    first, sam = supplier()
    second, kim = supplier()
    row = shipment(firm)
    given = share(row, first)
    link = connected(firm, second)
    client, page = signed_in(boss), shipment_page(row, "share-move", given.public_id)
    with nothing_changes():
        same = {"suppliers": [f"c:{given.connection.public_id}"]}
        assert client.post(page, same).status_code == 422
    data = {"suppliers": [f"c:{link.public_id}"], "reason": "Too slow", "note": "Quickly please"}
    assert client.post(page, data).status_code == 302
    given.refresh_from_db()
    assert given.status == "recalled"
    assert Share.objects.get(status="shared").connection == link
    told = {letter.to[0]: letter.subject for letter in drain()}
    assert told.keys() == {sam.email, kim.email}
    assert "recalled" in told[sam.email]
    assert "shared" in told[kim.email]


def test_removing_the_supplier_voids_what_is_open(shop):
    """S1.5, N4: shares are void, a new connection does not bring them back, shipped ones stay."""
    firm, boss = shop
    factory, sam = supplier()
    open_share = share(shipment(firm), factory, "packing")
    shipped = share(shipment(firm), factory, "shipped")
    theirs = signed_in(sam)
    client = signed_in(boss)
    client.post(partners_url(firm, "remove", open_share.connection.public_id))
    open_share.refresh_from_db()
    shipped.refresh_from_db()
    assert (open_share.status, shipped.status) == ("void", "shipped")
    connected(firm, factory)
    for row, status in ((open_share, 410), (shipped, 404)):
        assert theirs.get(share_page(row)).status_code == status
    listed = theirs.get(supply_page(factory, "shares") + "?state=all")
    assert listed.context["rows"] == []


def test_closing_an_account_ends_what_rests_on_it(shop):
    """C12: no connection, no open share, no open invitation is left."""
    firm, boss = shop
    factory, sam = supplier()
    given = share(shipment(firm), factory)
    mine, theirs = (
        supplier_invitation(firm, "x@mail.example"),
        supplier_invitation(factory, boss.email, counterparty=firm),
    )
    with transaction.atomic():
        locked = Organization.objects.select_for_update().get(pk=firm.pk)
        Organization.objects.filter(pk=firm.pk).update(status="closed")
        signals.organization_closed.send(sender=Organization, organization=locked, by=boss)
    for row in (given, mine, theirs, given.connection):
        row.refresh_from_db()
    assert (given.status, given.connection.status, mine.status) == ("void", "removed", "revoked")
    assert theirs.counterparty is None
    assert sam.email in [letter.to[0] for letter in drain()]


# What a supplier sees --------------------------------------------------------------------------
def test_a_supplier_sees_what_was_shared_and_nothing_else(shop):
    """U32, N6: no other shipment, no other supplier, no name of theirs, no page of the seller."""
    firm, boss = shop
    factory, sam = supplier(name="Own Factory")
    rival, kim = supplier(name="Rival Marker")
    row = shipment(firm, {"MUG": 5}, name="Shared one")
    mine, theirs = share(row, factory), share(row, rival)
    box(theirs, {"MUG": 1})
    hidden = shipment(firm, name="Hidden marker")
    share(hidden, rival)
    client = signed_in(sam)
    press_share(signed_in(boss), hidden)
    for page in (
        supply_page(factory, "shares"),
        supply_page(factory, "shares") + "?state=all",
        share_page(mine),
        partners_url(factory),
    ):
        text = client.get(page).content.decode()
        assert "Rival Marker" not in text
        assert "Hidden marker" not in text
        assert boss.name not in text
    with nothing_changes():
        assert client.get(share_page(theirs)).status_code == 404
        foreign = reverse("supply:share", args=[factory.handle, theirs.public_id])
        assert client.get(foreign).status_code == 404
        assert client.post(foreign + "start/").status_code == 404
        assert client.get(shipment_page(row)).status_code == 404
        assert client.get(seller_page(firm, "shipments")).status_code == 404


@pytest.mark.both
def test_the_list_of_the_supplier(shop):
    """Open ones first by default, the others on request; list and pages agree (A6, N7)."""
    firm, _ = shop
    factory, sam = supplier()
    rows = {
        status: share(shipment(firm, name=status), factory, status)
        for status in ("shared", "packing", "shipped", "completed", "recalled", "void")
    }
    client = signed_in(sam)

    def names(query=""):
        page = client.get(supply_page(factory, "shares") + query)
        return {row["name"] for row in page.context["rows"]}

    assert names() == {"shared", "packing"}
    assert names("?state=shipped") == {"shipped", "completed"}
    assert names("?state=all") == {"shared", "packing", "shipped", "completed"}
    assert names("?state=void") == names()
    for status, row in rows.items():
        gone = 410 if status in ("recalled", "declined", "void") else 404
        expected = 200 if status in names("?state=all") else gone
        assert client.get(share_page(row)).status_code == expected


def test_supplier_pages_take_a_fixed_number_of_queries(shop):
    """L2: list and share page, small and large."""
    firm, _ = shop
    factory, sam = supplier()
    row = shipment(firm)
    given = share(row, factory, "packing")
    box(given, {"MUG-RED": 1})
    client = signed_in(sam)

    def queries(page):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page).status_code == 200
        return len(seen)

    before = queries(supply_page(factory, "shares")), queries(share_page(given))
    for number in range(8):
        share(shipment(seller()[0]), factory)
        item(row, f"MORE-{number}", 2)
        box(given, {f"MORE-{number}": 1, "MUG-RED": 1})
    assert (queries(supply_page(factory, "shares")), queries(share_page(given))) == before
    assert before[0] <= 8
    assert before[1] <= 18


@pytest.mark.parametrize(
    ("who", "look", "work"),
    [
        ("admin", 200, 302),
        ("shares_edit", 200, 302),
        ("member", 200, 403),
        ("other", 404, 404),
        ("seller", 404, 404),
    ],
)
def test_who_may_work_on_a_share(shop, who, look, work):
    """Any member may look; working takes the right."""
    firm, boss = shop
    factory, sam = supplier()
    given = share(shipment(firm), factory)
    users = {
        "admin": lambda: sam,
        "shares_edit": lambda: worker(factory, "shares_edit"),
        "member": lambda: member(factory),
        "other": lambda: supplier()[1],
        "seller": lambda: boss,
    }
    client = signed_in(users[who]())
    with nothing_changes():
        assert client.get(share_page(given)).status_code == look
    assert client.post(share_page(given, "share-start")).status_code == work


def test_provider_accounts_have_no_part_in_this(shop):
    """The wrong kind of organization is 404 in either portal."""
    firm = organization("provider")
    user = member(firm, "administrator")
    client = signed_in(user)
    assert client.get(f"/supply/{firm.handle}/shipments/").status_code == 404
    assert client.get(f"/seller/{firm.handle}/shipments/").status_code == 404
