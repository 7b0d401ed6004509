"""A5: what waits in a queue carries no right: it is looked at again when it runs."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Membership, MembershipRight, User
from core.celery import app
from supplychain.transitions import connections, shares
from tests.factories.supplychain import connected, seller, shipment, supplier, worker
from tests.support import drain

pytestmark = pytest.mark.django_db
TAKEN: dict[str, Callable[[Any, Any, User], Any]] = {
    "suspended": lambda share, boss, user: Membership.objects.filter(user=user).update(
        status="suspended"
    ),
    "deactivated": lambda share, boss, user: User.objects.filter(pk=user.pk).update(
        is_active=False
    ),
    "right taken": lambda share, boss, user: MembershipRight.objects.all().delete(),
    "share recalled": lambda share, boss, user: shares.recall_share(by=boss, share=share),
    "supplier removed": lambda share, boss, user: connections.remove_connection(
        by=boss, connection=share.connection, organization=share.shipment.seller
    ),
}


def test_no_task_carries_a_person() -> None:
    """Tasks look at rows and at nothing else: no old one acts in anybody's name."""
    app.loader.import_default_modules()
    ours = {name: each for name, each in app.tasks.items() if not name.startswith("celery.")}
    assert len(ours) >= 7
    for name, each in ours.items():
        if not name.startswith("benchmarks."):
            assert not inspect.signature(each.run).parameters, name


@pytest.mark.parametrize("what", TAKEN)
def test_a_notice_that_waits_reaches_only_who_may_still_read_it(what: str) -> None:
    """Who lost the right before it went out reads nothing of the shipment."""
    shop, boss = seller()
    factory, sam = supplier()
    packer, row = worker(factory, "shares_edit"), shipment(shop, name="Secret Refill")
    link = connected(shop, factory)
    (share,) = shares.share_shipment(
        by=boss, shipment=row, targets=shares.Targets(frozenset({link.public_id}))
    )
    TAKEN[what](share, boss, packer)
    told = {mail.to[0] for mail in drain() if "shared with you" in mail.subject}
    assert packer.email not in told
    if what in ("suspended", "deactivated", "right taken"):
        assert sam.email in told
