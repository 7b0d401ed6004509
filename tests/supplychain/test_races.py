"""Two at once, with real threads: one wins, the other is told (C1, C2, C6, C7, C12).

Whoever meets is first shown to go wrong where nothing guards it.
"""

from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import pytest

from accounts.invitations import transitions as mechanism
from accounts.models import Organization
from accounts.transitions.organizations import close_organization
from core.audit.models import Event
from core.errors import DomainError
from core.outbox.delivery import expand
from core.outbox.models import Message
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
from tests.racing import GUARDS, LOCKS, holds, refusals, together

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8
ONE_LIVE = "supplychain_supplierconnection_one_live"


def refused(results):
    """Which of the results are refusals."""
    return [result for result in results if isinstance(result, DomainError)]


@pytest.mark.parametrize("guards", LOCKS)
def test_both_sides_invite_each_other(guards, meeting):
    """C6: at most one invitation is open between two known accounts; the second finds the first."""
    shop, boss = seller()
    factory, sam = supplier()
    meeting(guards)
    results = together(
        partial(invitations.invite, by=boss, organization=shop, address=sam.email),
        partial(invitations.invite, by=sam, organization=factory, address=boss.email),
    )

    def promise():
        assert [type(result) for result in refused(results)] == [invitations.InvitedAlready]
        open_ones = SupplierInvitation.objects.filter(organization__in=[shop, factory])
        assert open_ones.count() == 1

    holds(guards, promise)


@pytest.mark.parametrize("guards", GUARDS)
def test_two_crossing_invitations_are_accepted_at_once(guards, meeting):
    """C6: one connection, whoever presses first; nobody waits for ever."""
    shop, boss = seller()
    factory, sam = supplier()
    mine = supplier_invitation(shop, sam.email)
    theirs = supplier_invitation(factory, boss.email)
    meeting(guards, ONE_LIVE)

    def promise():
        together(
            partial(invitations.accept, by=sam, public_id=mine.public_id, organization=factory),
            partial(invitations.accept, by=boss, public_id=theirs.public_id, organization=shop),
        )
        pair = SupplierConnection.objects.filter(seller=shop, supplier=factory)
        assert pair.count() == 1
        for row in (mine, theirs):
            row.refresh_from_db()
            assert row.status == "accepted"

    if guards == "update":
        # Without locks the constraint refuses the second: one connection all the same.
        with suppress(AssertionError):
            promise()
        assert SupplierConnection.objects.count() == 1
    else:
        holds(guards, promise)


@pytest.mark.parametrize("guards", GUARDS)
def test_one_invitation_is_accepted_twice_at_once(guards, meeting):
    """C1: two tabs: one connection, one event, one mail."""
    shop, _ = seller()
    factory, sam = supplier()
    row = supplier_invitation(shop, sam.email)
    meeting(guards, ONE_LIVE)

    def promise():
        accept = partial(invitations.accept, by=sam, public_id=row.public_id, organization=factory)
        results = together(accept, accept)
        assert refusals(results) in ([409], [410])
        events = Event.objects.filter(object_id=str(row.public_id))
        assert events.filter(verb="supplier_invitation.accepted").count() == 1
        assert Message.objects.filter(kind="supplychain.invitation_accepted").count() == 1

    holds(guards, promise)


@pytest.mark.parametrize("guards", GUARDS)
def test_revoke_and_accept_at_once(guards, meeting):
    """C2: one wins; never revoked and connected."""
    shop, boss = seller()
    factory, sam = supplier()
    row = supplier_invitation(shop, sam.email)
    meeting(guards)
    results = together(
        partial(mechanism.revoke, by=boss, row=row),
        partial(invitations.accept, by=sam, public_id=row.public_id, organization=factory),
    )

    def promise():
        assert len(refused(results)) == 1
        row.refresh_from_db()
        live = SupplierConnection.objects.filter(seller=shop, supplier=factory).exists()
        assert live == (row.status == "accepted")

    holds(guards, promise)


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


CLOSING = {
    "joins": lambda s: partial(
        invitations.accept,
        by=s.newcomer,
        public_id=s.invitation.public_id,
        organization=s.joining,
    ),
    "is shared with": lambda s: partial(
        shares.share_shipment, by=s.boss, shipment=s.shipment, targets=s.targets
    ),
}


@pytest.mark.parametrize("guards", LOCKS)
@pytest.mark.parametrize("who", CLOSING)
def test_close_the_account_while_somebody(who, guards, meeting):
    """C12: no orphan and no error: nothing live hangs on a closed account."""
    shop, boss = seller()
    factory, _ = supplier()
    link, row = connected(shop, factory), shipment(shop)
    operator = person(is_staff=True, is_superuser=True)
    joining, newcomer = supplier()
    scene = SimpleNamespace(
        joining=joining, boss=boss, shipment=row, newcomer=newcomer,
        targets=Targets(frozenset({link.public_id})),
        invitation=supplier_invitation(shop, newcomer.email),
    )  # fmt: skip
    meeting(guards, late=1)

    def promise():
        together(
            partial(close_organization, by=operator, organization=shop, reason="Test"),
            CLOSING[who](scene),
        )
        assert Organization.objects.get(pk=shop.pk).status == "closed"
        assert not SupplierConnection.objects.live().filter(seller=shop).exists()
        assert not Share.objects.live().filter(shipment__seller=shop).exists()
        assert not SupplierInvitation.objects.filter(organization=shop, status="pending").exists()

    holds(guards, promise)


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
