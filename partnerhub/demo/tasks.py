"""A carrier's and a centre's feed, played: what was shipped moves along by itself."""

from datetime import timedelta

from django.db.models import Max, QuerySet

from core import clock
from core.audit.models import Event
from core.failures.services import each
from core.tasks import task
from supplychain.models import Shipment
from supplychain.states import CARRIER_STEPS, ShipmentStatus
from supplychain.transitions.carriers import move_by_carrier, next_step

TASK = "demo.play_carriers"
# How long a shipment rests in each state, by the demo's clock.
REST = timedelta(minutes=2)
MOST = 20
MOVING = (ShipmentStatus.SHIPPED, *CARRIER_STEPS[:-1])


@task(TASK)
def play_carriers() -> None:
    """Report the next step of each shipment that has rested long enough, everything received."""
    each(TASK, _rested(), _move)


def _move(shipment: Shipment) -> None:
    step = next_step(shipment)
    received = {}
    if step == ShipmentStatus.RECEIVING:
        received = dict(shipment.items.values_list("pk", "quantity"))
    move_by_carrier(by=None, shipment=shipment, step=step, received=received)


def _rested() -> QuerySet[Shipment]:
    # The id of an event's object is text: only the rows in hand can be compared with it.
    moving = dict(Shipment.objects.filter(status__in=MOVING).values_list("public_id", "pk"))
    moved = (
        Event.objects.filter(
            object_type="supplychain.shipment", object_id__in=list(map(str, moving))
        )
        .values_list("object_id")
        .annotate(last=Max("at"))
    )
    recently = {found for found, last in moved if last > clock.now() - REST}
    keys = [pk for public_id, pk in moving.items() if str(public_id) not in recently]
    return Shipment.objects.filter(pk__in=keys).order_by("shipped_at", "pk")[:MOST]
