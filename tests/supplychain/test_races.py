"""Two at once, on PostgreSQL with real threads: one wins, the other is told (C6, C7, C12)."""

from functools import partial

import pytest

from accounts.models import Organization
from accounts.transitions.organizations import close_organization
from partnerhub.audit.models import Event
from partnerhub.errors import DomainError
from partnerhub.outbox.delivery import expand
from partnerhub.outbox.models import Message
from supplychain.models import Box, Share, SupplierConnection, SupplierInvitation
from supplychain.plans import BoxContent, BoxPlan, Targets
from supplychain.transitions import connections, invitations, packing, shares
from tests.factories.accounts import person
from tests.factories.supplychain import (
    connected,
    packed,
    seller,
    share,
    shipment,
    supplier,
    supplier_invitation,
)
from tests.racing import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


def refused(results):
    """Which of the results are refusals."""
    return [result for result in results if isinstance(result, DomainError)]


def test_both_sides_invite_each_other():
    """C6: at most one invitation is open between two known accounts; the second finds the first."""
    for _ in range(ROUNDS):
        shop, boss = seller()
        factory, sam = supplier()
        results = together(
            partial(invitations.invite, by=boss, organization=shop, address=sam.email),
            partial(invitations.invite, by=sam, organization=factory, address=boss.email),
        )
        assert len(refused(results)) == 1
        assert isinstance(refused(results)[0], invitations.InvitedAlready)
        open_ones = SupplierInvitation.objects.filter(organization__in=[shop, factory])
        assert open_ones.count() == 1


def test_two_crossing_invitations_are_accepted_at_once():
    """C6: one connection, whoever presses first; nobody waits for ever."""
    for _ in range(ROUNDS):
        shop, boss = seller()
        factory, sam = supplier()
        mine = supplier_invitation(shop, sam.email)
        theirs = supplier_invitation(factory, boss.email)
        together(
            partial(invitations.accept, by=sam, public_id=mine.public_id, organization=factory),
            partial(invitations.accept, by=boss, public_id=theirs.public_id, organization=shop),
        )
        pair = SupplierConnection.objects.filter(seller=shop, supplier=factory)
        assert pair.count() == 1
        for row in (mine, theirs):
            row.refresh_from_db()
            assert row.status == "accepted"


def test_one_invitation_is_accepted_twice_at_once():
    """C1: two tabs: one connection, one event, one mail."""
    for number in range(ROUNDS):
        shop, _ = seller()
        factory, sam = supplier()
        row = supplier_invitation(shop, sam.email)
        results = together(
            *[
                partial(invitations.accept, by=sam, public_id=row.public_id, organization=factory)
                for _ in range(3)
            ]
        )
        assert len(refused(results)) == 2
        events = Event.objects.filter(object_id=str(row.public_id))
        assert events.filter(verb="supplier_invitation.accepted").count() == 1
        assert Message.objects.filter(kind="supplychain.invitation_accepted").count() == number + 1


def test_revoke_and_accept_at_once():
    """C2: one wins; never revoked and connected."""
    for _ in range(ROUNDS):
        shop, boss = seller()
        factory, sam = supplier()
        row = supplier_invitation(shop, sam.email)
        results = together(
            partial(invitations.revoke, by=boss, invitation=row),
            partial(invitations.accept, by=sam, public_id=row.public_id, organization=factory),
        )
        assert len(refused(results)) == 1
        row.refresh_from_db()
        live = SupplierConnection.objects.filter(seller=shop, supplier=factory).exists()
        assert live == (row.status == "accepted")


def test_share_is_pressed_ten_times_at_once():
    """C7: one share, one mail."""
    shop, boss = seller()
    factory, sam = supplier()
    link, row = connected(shop, factory), shipment(shop)
    targets = Targets(frozenset({link.public_id}))
    results = together(
        *[partial(shares.share_shipment, by=boss, shipment=row, targets=targets) for _ in range(10)]
    )
    assert not refused(results)
    assert sum(len(result) for result in results) == 1
    assert Share.objects.count() == 1
    expand()
    assert Message.objects.filter(to=sam.email).count() == 1


def test_share_while_the_supplier_is_removed():
    """N4: no live share over an ended connection, whoever was first."""
    for _ in range(ROUNDS):
        shop, boss = seller()
        factory, sam = supplier()
        link, row = connected(shop, factory), shipment(shop)
        targets = Targets(frozenset({link.public_id}))
        together(
            partial(shares.share_shipment, by=boss, shipment=row, targets=targets),
            partial(connections.remove_connection, by=sam, connection=link, organization=factory),
        )
        link.refresh_from_db()
        assert link.status == "removed"
        assert not Share.objects.live().filter(connection=link).exists()


def test_close_the_account_while_somebody_joins_and_it_is_shared():
    """C12: no orphan and no error: nothing live hangs on a closed account."""
    for number in range(ROUNDS):
        shop, boss = seller()
        factory, sam = supplier()
        link, row = connected(shop, factory), shipment(shop)
        newcomer = person(email=f"new{number}@factory.example")
        open_one = supplier_invitation(shop, newcomer.email)
        reviewer = person(is_staff=True, is_superuser=True)
        new = invitations.NewAccount(f"New Factory {number}", "DE", "other")
        targets = Targets(frozenset({link.public_id}))
        together(
            partial(close_organization, by=reviewer, organization=shop, reason="Test"),
            partial(invitations.accept, by=newcomer, public_id=open_one.public_id, new=new),
            partial(shares.share_shipment, by=boss, shipment=row, targets=targets),
        )
        assert Organization.objects.get(pk=shop.pk).status == "closed"
        assert not SupplierConnection.objects.live().filter(seller=shop).exists()
        assert not Share.objects.live().filter(shipment__seller=shop).exists()
        assert not SupplierInvitation.objects.filter(organization=shop, status="pending").exists()


def test_recall_while_the_supplier_confirms_or_ships():
    """A5: recalled is recalled; a shipped one is not taken back."""
    for _ in range(ROUNDS):
        shop, boss = seller()
        factory, sam = supplier()
        row = share(shipment(shop), factory, "packing")
        packed(row)
        results = together(
            partial(shares.recall_share, by=boss, share=row),
            partial(packing.confirm_contents, by=sam, share=row),
        )
        row.refresh_from_db()
        assert row.status == "recalled"
        assert len(refused(results)) <= 1


def test_two_people_add_boxes_at_once():
    """A box number is given out once."""
    shop, _ = seller()
    factory, sam = supplier()
    row = share(shipment(shop, {"MUG": 900}), factory, "packing")
    mug = row.shipment.items.get()
    plan = BoxPlan(1000, 100, 100, 100, (BoxContent(mug.public_id, 1),), count=5)
    results = together(
        *[partial(packing.add_boxes, by=sam, share=row, plan=plan) for _ in range(6)]
    )
    assert not refused(results)
    numbers = sorted(Box.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 31))
