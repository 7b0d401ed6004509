"""What the transitions refuse by themselves, whatever page stands in front, and who reads what."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory

from core import clock
from core.audit.models import Event
from core.errors import Conflict, DomainError, Ended, Invalid, NotPermitted, NotRelated
from core.outbox import tokens
from supplychain.guests import Guest
from supplychain.models import Box, Share, Shipment
from supplychain.packing import contents
from supplychain.plans import BoxContent, BoxPlan, NewAccount, Targets
from supplychain.reads import history
from supplychain.transitions import connections, guests, invitations, packing, shares
from supplychain.transitions.packing import box_facts
from tests.factories.accounts import administrator, member, organization, person
from tests.factories.invitations import guest as guest_scene
from tests.factories.supplychain import (
    box,
    connected,
    packed,
    seller,
    share,
    shipment,
    supplier,
    supplier_invitation,
    worker,
)
from tests.supplychain.pages import share_page, shipment_page
from tests.supplychain.test_guests import at_work, enter
from tests.supplychain.test_shipments import delegate
from tests.support import nothing_changes, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """A seller with a shipment, and two suppliers who both have it."""
    firm, boss = seller(name="Blue Harbor")
    row = shipment(firm, {"MUG": 12, "BOWL": 8})
    first, second = supplier(name="Nord Factory"), supplier(name="Sun Packers")
    theirs = [share(row, of, "packing") for of, _ in (first, second)]
    return (
        firm,
        boss,
        row,
        [(given, admin) for given, (_, admin) in zip(theirs, (first, second), strict=True)],
    )


def plan(of, **units):
    """A box of ordinary size with these units."""
    box_of = box(of, {})
    facts = {name: getattr(box_of, name) for name in packing.MEASURES}
    box_of.delete()
    items = {item.msku: item for item in of.shipment.items.all()}
    held = tuple(BoxContent(items[sku].public_id, n) for sku, n in units.items())
    return BoxPlan(**facts, contents=held)


def read(client, page):
    return client.get(page).content.decode()


# History ----------------------------------------------------------------------------------------
def event(row, verb, at, **columns):
    fields = {"object_type": row._meta.label_lower, "object_id": str(row.public_id)}
    return Event(verb=verb, at=at, **fields, **columns)


def test_a_supplier_reads_nothing_from_before_it_was_shared(shop):
    """Neither of the shipment nor of this share; from the moment itself on, everything."""
    _, _, row, [(given, admin), _] = shop
    at = given.shared_at
    Event.objects.bulk_create(
        event(what, verb, at + timedelta(seconds=seconds), organization_id=row.seller_id)
        for what, verb, seconds in (
            (row, "shipment.changed", -1),
            (given, "share.shared", -1),
            (row, "shipment.items_changed", 0),
        )
    )
    shown = [line["text"] for line in history.for_supplier(given, RequestFactory().get("/"))]
    assert shown == ["changed the items"]
    text = read(signed_in(admin), share_page(given))
    assert "changed the shipment" not in text


def test_each_side_reads_the_other_s_firm_and_none_of_its_people(shop):
    """Of a delegate's acts, too, and of another supplier's nothing at all."""
    firm, boss, row, [(given, admin), (other, rival)] = shop
    boss.name, admin.name, rival.name = "Boss Person", "Packing Person", "Rival Person"
    for user in (boss, admin, rival):
        user.save()
    deputy, _ = delegate(firm, "edit")
    client = signed_in(boss)
    page = shipment_page(row, "shipment-edit")
    for who in (client, signed_in(deputy)):
        data = {"name": f"By {who is client}", "center_code": "ABE2", "mode": "SP"}
        assert who.post(page, data).status_code == 302
    packing.add_boxes(by=admin, share=given, plan=plan(given, MUG=1))
    packing.add_boxes(by=rival, share=other, plan=plan(other, MUG=1))
    theirs = read(signed_in(admin), share_page(given))
    assert "Blue Harbor" in theirs
    assert "changed the shipment" in theirs
    assert "Packing Person" in theirs
    for name in ("Boss Person", deputy.name, "Rival Person", "Sun Packers"):
        assert name not in theirs
    ours = read(client, shipment_page(row))
    assert "Boss Person" in ours
    assert "Nord Factory" in ours
    assert "Packing Person" not in ours
    assert "Rival Person" not in ours


@pytest.mark.parametrize("side", ["seller", "supplier"])
def test_history_goes_on_beyond_its_first_page(shop, side):
    """Every event is on exactly one page, newest first, by the links that stand on the pages."""
    firm, boss, row, [(given, admin), _] = shop
    start = clock.now()
    Event.objects.bulk_create(
        # Several at one moment: no page may lose or repeat one of them.
        event(
            given,
            "share.box_changed",
            start + timedelta(seconds=n // 7),
            organization_id=given.supplier_id,
            after={"box": n},
        )
        for n in range(150)
    )
    client = signed_in(boss if side == "seller" else admin)
    page = shipment_page(row) if side == "seller" else share_page(given)
    seen = []
    for _ in range(9):
        shown = client.get(page)
        seen += [line["detail"] for line in shown.context["events"] if "box: " in line["detail"]]
        more = shown.context["events"].next_url
        if not more:
            break
        assert f'href="{more}"'.replace("&", "&amp;") in shown.content.decode()
        page = page.partition("?")[0] + more
    assert seen == [f"box: {n}" for n in range(149, -1, -1)]
    assert shown.context["events"].previous_url


# What counts ------------------------------------------------------------------------------------
def test_what_another_supplier_is_still_packing_counts_for_nobody_else(shop):
    """Until they confirm it may change: the plan of the others is not reduced by it."""
    _, _, row, [(given, admin), (other, rival)] = shop
    packing.add_boxes(by=rival, share=other, plan=plan(other, MUG=12))
    packing.add_boxes(by=admin, share=given, plan=plan(given, MUG=12, BOWL=8))
    assert [(line.elsewhere, line.left) for line in contents.lines(given)] == [(0, 0), (0, 0)]
    assert contents.differences(given) == []
    packing.confirm_contents(by=admin, share=given)
    assert [(line.elsewhere, line.left) for line in contents.lines(other)] == [(12, -12), (8, 0)]
    assert "too_many" in {difference.kind for difference in contents.differences(other)}


@pytest.mark.parametrize("end", ["recalled", "declined", "void"])
def test_boxes_of_a_share_that_has_ended_are_in_no_list(shop, end):
    """Neither on the seller's page nor in the pack list that is downloaded."""
    _, boss, row, [(given, admin), (other, rival)] = shop
    packing.add_boxes(by=admin, share=given, plan=plan(given, MUG=3))
    packing.add_boxes(by=rival, share=other, plan=plan(other, BOWL=2))
    client = signed_in(boss)
    page = shipment_page(row, "shipment-pack-list")

    def skus():
        text = b"".join(client.post(page).streaming_content).decode("utf-8-sig")
        return [line["SKU"] for line in csv.DictReader(io.StringIO(text))]

    assert sorted(skus()) == ["BOWL", "MUG"]
    Share.objects.filter(pk=given.pk).update(status=end, ended_at=clock.now())
    assert skus() == ["BOWL"]
    [gone] = given.boxes.all()
    assert f"U{gone.number:06d}" not in read(client, shipment_page(row))


def test_the_pack_list_is_asked_for_by_a_button(shop):
    """A download is history: its address takes no look, and the page has a form for it."""
    _, boss, row, [(given, admin), _] = shop
    packing.add_boxes(by=admin, share=given, plan=plan(given, MUG=3))
    page = shipment_page(row, "shipment-pack-list")
    text = read(signed_in(boss), shipment_page(row))
    assert f'action="{page}"' in text
    assert f'href="{page}"' not in text
    assert signed_in(boss).post(page).status_code == 200


@pytest.mark.parametrize("level", ["view", "edit", "admin"])
def test_a_delegate_is_offered_what_the_level_allows(shop, level):
    """Recall and Move want the level admin; who is offered them is not refused."""
    firm, _, row, [(given, _), _] = shop
    user, _ = delegate(firm, level)
    client = signed_in(user)
    text = read(client, shipment_page(row))
    for name in ("share-recall", "share-move"):
        page = shipment_page(row, name, given.public_id)
        assert (page in text) == (level == "admin")
        assert client.get(page).status_code == (200 if level == "admin" else 403)
    for name in ("shipment-edit", "shipment-items", "shipment-share"):
        assert (shipment_page(row, name) in text) == (level != "view")


# Without a form in front ------------------------------------------------------------------------
def refused(error, action):
    with nothing_changes(), pytest.raises(error):
        action()


def test_nobody_works_on_another_supplier_s_box_or_share(shop):
    _, _, row, [(given, admin), (other, rival)] = shop
    packing.add_boxes(by=rival, share=other, plan=plan(other, MUG=3))
    foreign = Box.objects.get(share=other)
    wanted = plan(given, MUG=1)
    refused(NotRelated, lambda: packing.change_box(by=admin, share=given, box=foreign, plan=wanted))
    refused(NotRelated, lambda: packing.change_box(by=admin, share=other, box=foreign, plan=wanted))
    with nothing_changes():
        assert packing.remove_boxes(by=admin, share=given, boxes=[foreign.public_id]) == 0
    Share.objects.update(status="contents_confirmed", confirmed_at=clock.now())
    number = {foreign.public_id: "1Z5R89390357567127"}
    refused(Conflict, lambda: packing.set_tracking(by=admin, share=given, numbers=number))
    refused(NotRelated, lambda: packing.set_tracking(by=admin, share=other, numbers=number))
    for act in (packing.make_labels, packing.reopen_boxes, packing.mark_shipped):
        refused(NotRelated, lambda act=act: act(by=admin, share=other))
    refused(NotRelated, lambda: shares.decline_share(by=admin, share=other, reason=""))


def test_the_rules_of_packing_hold_without_the_form(shop):
    """A member without the right, boxes that are confirmed, a box too heavy, an item of others."""
    _, _, row, [(given, admin), _] = shop
    wanted = plan(given, MUG=1)
    helper = member(given.supplier)
    refused(NotPermitted, lambda: packing.add_boxes(by=helper, share=given, plan=wanted))
    packing.add_boxes(by=worker(given.supplier, "shares_edit"), share=given, plan=wanted)
    [made] = given.boxes.all()
    heavy = BoxPlan(
        **vars(wanted) | {"weight_g": wanted.weight_g * 10, "contents": plan(given, MUG=2).contents}
    )
    refused(Invalid, lambda: packing.change_box(by=admin, share=given, box=made, plan=heavy))
    elsewhere = share(
        shipment(row.seller, {"OTHER": 3}), given.supplier, connection=given.connection
    )
    foreign = plan(elsewhere, OTHER=1)
    refused(Invalid, lambda: packing.add_boxes(by=admin, share=given, plan=foreign))
    assert box_facts(made)["weight"] == wanted.weight_g
    Share.objects.filter(pk=given.pk).update(status="contents_confirmed", confirmed_at=clock.now())
    refused(Conflict, lambda: packing.add_boxes(by=admin, share=given, plan=wanted))
    refused(Conflict, lambda: packing.change_box(by=admin, share=given, box=made, plan=wanted))
    refused(Conflict, lambda: packing.remove_boxes(by=admin, share=given, boxes=[made.public_id]))
    refused(Conflict, lambda: packing.mark_shipped(by=admin, share=given))


def test_a_share_is_not_moved_to_who_has_it(shop):
    firm, boss, row, [(given, _), (other, _)] = shop
    third = connected(firm, supplier()[0])

    def move(*to):
        targets = Targets(connections=frozenset(row.public_id for row in to))
        return shares.move_share(by=boss, share=given, targets=targets)

    refused(Invalid, lambda: move(given.connection))
    refused(Invalid, lambda: move(given.connection, third))
    foreign = connected(seller()[0], supplier()[0])
    refused(Invalid, lambda: move(foreign))
    for level in ("view", "edit"):
        user, _ = delegate(firm, level)
        targets = Targets(connections=frozenset({third.public_id}))
        refused(
            NotPermitted,
            lambda user=user, targets=targets: shares.move_share(
                by=user, share=given, targets=targets
            ),
        )
        refused(NotPermitted, lambda user=user: shares.recall_share(by=user, share=given))
    assert [share.connection for share in move(third)] == [third]


def test_an_employee_ends_no_supplier_connection(shop):
    firm, _, _, [(given, _), _] = shop
    for user, side in ((member(firm), firm), (member(given.supplier), given.supplier)):
        refused(
            NotPermitted,
            lambda user=user, side=side: connections.remove_connection(
                by=user, organization=side, connection=given.connection
            ),
        )


def test_only_the_kind_that_was_invited_answers():
    """A seller's account does not answer an invitation to suppliers, nor the other way round."""
    firm, _ = seller()
    for kind, direction, of in (
        ("seller", "to_supplier", firm),
        ("provider", "to_supplier", firm),
        ("supplier", "to_seller", supplier()[0]),
    ):
        answering = organization(kind)
        user = administrator(answering, identified=False)
        row = supplier_invitation(of, user.email, direction=direction)
        refused(
            NotRelated,
            lambda user=user, row=row, answering=answering: invitations.accept(
                by=user, public_id=row.public_id, organization=answering
            ),
        )


# Guests -----------------------------------------------------------------------------------------
def test_the_session_has_another_key_once_the_code_was_entered():
    """A key that somebody planted before is worth nothing afterwards."""
    scene = guest_scene()
    keys = []

    class Browser(Client):
        def post(self, path, *args, **kwargs):
            before = self.session.session_key
            answer = super().post(path, *args, **kwargs)
            if path.endswith("/code/enter/") and answer.status_code == 302:
                keys.append((before, self.session.session_key))
            return answer

    enter(Browser(), tokens.claim_url(scene.row.claim).removeprefix("http://localhost"))
    [(before, after)] = keys
    assert before
    assert before != after


def test_an_older_proof_opens_no_transition():
    """A guest whose link was renewed has to prove the mailbox anew, for every single act."""
    scene = guest_scene()
    client, page = at_work(scene)
    given = Share.objects.with_list_data().get()
    link = scene.row
    link.refresh_from_db()
    old = Guest.of(link, link.generation)
    type(link).objects.filter(pk=link.pk).update(generation=link.generation + 1)
    packed(given)
    [made] = given.boxes.all()
    wanted = plan(given, **{given.shipment.items.first().msku: 1})
    acts = {
        "acknowledge": lambda: packing.acknowledge_share(by=old, share=given),
        "start": lambda: packing.start_packing(by=old, share=given),
        "add": lambda: packing.add_boxes(by=old, share=given, plan=wanted),
        "change": lambda: packing.change_box(by=old, share=given, box=made, plan=wanted),
        "remove": lambda: packing.remove_boxes(by=old, share=given, boxes=[made.public_id]),
        "confirm": lambda: packing.confirm_contents(by=old, share=given),
        "reopen": lambda: packing.reopen_boxes(by=old, share=given),
        "labels": lambda: packing.make_labels(by=old, share=given),
        "download": lambda: packing.note_download(by=old, share=given, what="pack_list"),
        "track": lambda: packing.set_tracking(by=old, share=given, numbers={}),
        "freight": lambda: packing.set_freight(by=old, share=given, pro_number="1", bol_number=""),
        "ship": lambda: packing.mark_shipped(by=old, share=given),
        "decline": lambda: shares.decline_share(by=old, share=given, reason=""),
        "code": lambda: guests.send_code(link=link, generation=old.generation),
        "enter": lambda: guests.enter_code(link=link, generation=old.generation, code="123456"),
    }
    for act in acts.values():
        refused(Ended, act)
    with nothing_changes():
        assert client.post(page + "start/").status_code == 410


def test_nobody_else_turns_a_guest_link_into_an_account():
    """Whoever holds another address, verified or not, and whichever account they choose."""
    scene = guest_scene()
    stranger = person()
    firm, admin = supplier()
    new = NewAccount("Sunny Mill", "DE", "manufacturer")
    refused(NotRelated, lambda: guests.join(by=stranger, link=scene.row, new=new))
    refused(NotRelated, lambda: guests.join(by=admin, link=scene.row, organization=firm))
    refused(DomainError, lambda: guests.join(by=scene.invited, link=scene.row, organization=firm))


def test_a_guest_reads_what_of_a_recalled_shipment_must_not_be_used():
    scene = guest_scene()
    client, page = at_work(scene)
    given = Share.objects.with_list_data().get()
    packed(given)
    [made] = given.boxes.all()
    shares.recall_share(by=scene.inviter, share=given)
    for address in (page, page + "documents/"):
        answer = client.get(address)
        assert answer.status_code == 410
        text = answer.content.decode()
        assert f"{given.shipment.shipment_id} U{made.number:06d}" in text
        assert "took this shipment back" in text
    assert Shipment.objects.count() == 1
