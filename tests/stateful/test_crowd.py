"""Eight people at once, each doing what comes to mind, for a while (C13).

Nobody waits for anybody: what they meet is refused politely or done wholly. Afterwards everything
that must hold after each step of the walk holds here, too, and the history verifies.
"""

import os
import random
import time
from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Membership
from connections.models import Connection, ConnectionInvitation, PartnerLink, RoleGrant
from core import clock
from core.audit.models import Event
from core.audit.seals import seal_all
from core.outbox.models import Message
from roles.models import ApprovedRole
from supplychain.models import Share, Shipment, SupplierConnection
from tests.access.leftovers import leftovers
from tests.factories import accounts as make
from tests.factories import supplychain as ship
from tests.factories.connections import approved, assigned
from tests.factories.connections import connection as connected
from tests.factories.roles import reviewer
from tests.racing import together
from tests.stateful.base import OTHER, ROLES, SHIPMENTS
from tests.stateful.promises import ONE_LIVE
from tests.support import signed_in

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.grows,
]
SECONDS = 300 if os.environ.get("SOAK") == "1" else 5
POLITE = {200, 302, 403, 404, 409, 410, 422, 429}


class Crowd:
    """Two sellers, two providers, a supplier, a reviewer; and what each of them may press."""

    def __init__(self):
        self.sellers = [make.organization("seller", f"Crowd seller {n}") for n in range(2)]
        self.providers = [make.organization("provider", f"Crowd firm {n}") for n in range(2)]
        self.mill = make.organization("supplier", "Crowd mill")
        for provider in self.providers:
            approved(provider, SHIPMENTS, "admin")
            approved(provider, OTHER, "edit")
        self.people = {
            "seller": [make.administrator(shop) for shop in self.sellers for _ in range(2)],
            "provider": [make.administrator(firm) for firm in self.providers],
            "supplier": [make.administrator(self.mill)],
        }
        self.employees = [make.person(f"Crowd {n}") for n in range(2)]
        for firm, person in zip(self.providers, self.employees, strict=True):
            make.identity(person)
            make.member(firm, "employee", person)
        self.desk = reviewer(lead=True)
        for shop in self.sellers:
            ship.shipment(shop)
            ship.connected(shop, self.mill)
        row = connected(*self.sellers[:1], *self.providers[:1], dict.fromkeys(ROLES, "edit"))
        assigned(self.employees[0], row, "edit")

    def presses(self, kind, chance):
        """(route, arguments, values): one thing that somebody of this kind may press now."""
        return getattr(self, f"_{kind}")(chance)

    def _tie(self, chance):
        rows = list(Connection.objects.live(clock.now()).select_related("seller", "provider"))
        return chance.choice(rows) if rows else None

    def _granted(self, tie):
        return RoleGrant.objects.active().filter(connection=tie).values_list("pk", flat=True)[:1]

    def _levels(self, chance):
        return {f"grant-{role}": str(chance.randrange(3)) for role in ROLES}

    def _seller(self, chance):
        shop, tie = chance.choice(self.sellers), self._tie(chance)
        yield "seller:partner-add", [shop.handle], {"partner": chance.choice(self.providers).handle}
        for row in ConnectionInvitation.objects.filter(seller=shop, status="pending"):
            yield "seller:connection-accept", [shop.handle, row.public_id], self._levels(chance)
        if tie:
            where = [tie.seller.handle, tie.public_id]
            seen = {"version": str(tie.version), "confirmed": "1"}
            yield "seller:connection-roles", where, self._levels(chance) | seen
            yield "seller:connection-request", where, self._levels(chance)
            yield "seller:connection-pause", where, {"until": ""}
            yield "seller:connection-resume", where, {}
            if chance.random() < 0.2:
                yield "seller:connection-end", where, {"confirmed": "1"}
        parcel = Shipment.objects.filter(seller=shop).order_by("?")[0]
        tied = SupplierConnection.objects.filter(seller=shop, status="active").first()
        where = [shop.handle, parcel.public_id]
        if tied:
            yield "seller:shipment-share", where, {"suppliers": f"c:{tied.public_id}", "note": ""}
        for share in Share.objects.filter(shipment=parcel, status__in=("shared", "viewed")):
            yield "seller:share-recall", [*where, share.public_id], {"reason": "x"}

    def _provider(self, chance):
        tie = self._tie(chance)
        for link in PartnerLink.objects.open(clock.now()).select_related("provider"):
            if link.provider:
                where = [link.provider.handle, link.public_id]
                yield "provider:partner-link-answer", where, {}
        if tie:
            where = [tie.provider.handle, tie.public_id]
            asking = self._levels(chance) | {"message": "More."}
            yield "provider:client-request", where, asking
            yield "provider:client-request-withdraw", where, {}
            cells = {
                f"assign-{grant}-{member}": str(chance.randrange(3))
                for grant in self._granted(tie)
                for member in Membership.objects.filter(
                    organization=tie.provider, role="employee", status="active"
                ).values_list("pk", flat=True)
            }
            yield "provider:client-assignments", where, {"state": "", **cells}
            if chance.random() < 0.2:
                yield "provider:client-end", where, {"confirmed": "1"}

    def _delegate(self, chance):
        shop = chance.choice(self.sellers)
        yield "seller:shipments", [shop.handle], None
        yield "seller:shipment-create", [shop.handle], {"name": "Crowd"}

    def _supplier(self, chance):
        for share in Share.objects.filter(connection__supplier=self.mill).order_by("-pk")[:3]:
            yield "supply:share", [self.mill.handle, share.public_id], None

    def _desk(self, chance):
        row = ApprovedRole.objects.order_by("?")[0]
        seen = {"version": str(row.version), "reason": "Checked.", "confirmed": "1"}
        back = "confirm" if row.restore_asked_at else "restore"
        act = "revoke" if row.status == "active" else back
        yield f"admin:roles_approvedrole_{act}", [row.pk], seen


def busy(crowd, user, kind, seed, until, seen):
    """Press one thing after the other; anything but a polite answer is an AssertionError."""

    def run():
        chance, client = random.Random(seed), signed_in(user)
        while time.monotonic() < until:
            choices = list(crowd.presses(kind, chance))
            if not choices:
                time.sleep(0.05)
                continue
            route, where, values = chance.choice(choices)
            address = reverse(route, args=where)
            answer = client.post(address, values) if values is not None else client.get(address)
            seen[route, answer.status_code] += 1
            assert answer.status_code in POLITE, (route, answer.status_code)

    return run


@pytest.mark.timeout(SECONDS + 120)
def test_a_crowd_breaks_nothing():
    crowd, seen = Crowd(), Counter()
    until = time.monotonic() + SECONDS
    jobs = [("seller", user) for user in crowd.people["seller"][:2]]
    jobs += [("provider", user) for user in crowd.people["provider"]]
    jobs += [("delegate", user) for user in crowd.employees]
    jobs += [("supplier", crowd.people["supplier"][0]), ("desk", crowd.desk)]
    together(
        *(busy(crowd, user, kind, seed, until, seen) for seed, (kind, user) in enumerate(jobs)),
        patience=SECONDS + 60,
    )
    done = {route for (route, status) in seen if status == 302}
    assert {"seller:connection-roles", "admin:roles_approvedrole_revoke"} <= done, seen
    for model, states, pair in ONE_LIVE:
        rows = model.objects.filter(status__in=states)
        assert len(set(rows.values_list(*pair))) == rows.count(), model
    assert leftovers() == []
    ended = Connection.objects.filter(status="terminated").count()
    assert Event.objects.filter(verb="connection.terminated").count() == ended
    keys = list(Message.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys))
    seal_all()
    call_command("verify_history", stdout=StringIO())
