"""The demo's carrier: what was shipped moves along by itself, one step at a time."""

import pytest
import time_machine

from core import clock
from core.audit.models import Event
from partnerhub.demo.tasks import REST, play_carriers
from supplychain.states import CARRIER_STEPS
from tests.factories import accounts
from tests.factories import supplychain as goods

pytestmark = pytest.mark.django_db


def test_what_was_shipped_moves_along_to_its_end() -> None:
    seller = accounts.organization("seller")
    accounts.administrator(seller)
    shipped = goods.shipment(seller, {"KETTLE": 4}, status="shipped", shipped_at=clock.now())
    waits = goods.shipment(seller, {"KETTLE": 4})
    now, states = clock.now(), []
    for step in range(1, len(CARRIER_STEPS) + 2):
        with time_machine.travel(now + REST * step * 1.01, tick=False):
            play_carriers()
            play_carriers()  # within the rest nothing moves
        shipped.refresh_from_db()
        states.append(shipped.status)
    assert states == [*CARRIER_STEPS, "closed"]
    assert shipped.items.get().received == 4
    waits.refresh_from_db()
    assert waits.status == "working"
    events = Event.objects.filter(object_id=str(shipped.public_id), verb="shipment.in_transit")
    assert [event.actor_ref for event in events] == [None]
