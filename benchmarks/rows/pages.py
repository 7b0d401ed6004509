"""Whole pages, as a delegate opens them."""

import time
from dataclasses import dataclass
from typing import Any
from unittest import mock

from django.test import Client
from django.urls import reverse

from accounts.models import User
from benchmarks import few
from benchmarks.ground import Ground, statements
from benchmarks.measure import Way, in_turn
from benchmarks.peers import guardians
from benchmarks.peers.models import Shop
from benchmarks.report import Result, Row, at_least, at_most
from connections import middleware
from connections.models import RoleGrant
from connections.rights.access import access_for
from core.web.access import Access, Need
from supplychain.models import Shipment

ROWS_SHOWN = 20


@dataclass(frozen=True)
class AskingGuardian(Access):
    """The same access, every question of the page put to guardian instead."""

    def allows(self, need: Need) -> bool:
        """What guardian says where a role is asked for; else what we say."""
        found = guardians.may(User(pk=self.user_id), Shop(pk=self.organization.pk))
        return found if need.role else super().allows(need)


def guardians_access(user: Any, organization: Any) -> Access:
    """An access that asks guardian."""
    access = access_for(user, organization)
    names = Access.__dataclass_fields__
    return AskingGuardian(**{name: getattr(access, name) for name in names})


def _page(ground: Ground) -> tuple[Client, str]:
    """Somebody who acts for a seller with twenty shipments, and the list of these."""
    scale = ground.large
    provider = scale.provider(2)
    grant = RoleGrant.objects.filter(provider=provider).order_by("pk")[1]
    seller = grant.seller
    Shipment.objects.filter(seller=seller).delete()
    Shipment.objects.bulk_create(
        Shipment(
            seller=seller, shipment_id=f"FBA8{number:08d}", name=f"Spring {number}",
            center_code="ABE2",
        )
        for number in range(ROWS_SHOWN)
    )  # fmt: skip
    client = few.signed_in(scale.administrator(provider))
    return client, reverse("seller:shipments", args=[seller.handle])


def _get(client: Client, path: str) -> None:
    response = client.get(path)
    if response.status_code != 200:
        raise AssertionError(f"{path} answered {response.status_code}")


def delegate(ground: Ground) -> Result:
    """A page of Seller Central with twenty rows; CPU time of this process."""
    client, path = _page(ground)
    guardians.fill()  # from the grants, which stand only now
    stranger = Client(SERVER_NAME="localhost")

    def the_guardian_way() -> None:
        with mock.patch.object(middleware, "access_for", guardians_access):
            _get(client, path)

    peer, limit, cpu = "the guardian way", "a view with 5 raw queries", time.process_time
    timings = in_turn(
        [
            Way("ours", lambda: _get(client, path), clock=cpu),
            Way(peer, the_guardian_way, clock=cpu),
            Way(limit, lambda: _get(stranger, "/peers/five/"), clock=cpu),
        ],
        ground.size.rounds,
    )
    count = statements(lambda: _get(client, path))
    return Result(
        timings, "ours", "ms", count, peer, limit,
        checks=(
            at_most("statements", count, 5),
            at_most("CPU against 5 raw queries", timings.ratio("ours", limit), 4.5),
            at_least("guardian's way against ours", timings.ratio(peer, "ours"), 2),
        ),
    )  # fmt: skip


ROWS = (
    Row(
        "page.delegate",
        "<= 5 statements, CPU <= 4.5x a view with 5 raw queries, guardian's way >= 2x ours",
        delegate,
    ),
)
