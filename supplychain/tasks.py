"""The scheduler's work of this app. Every row is its own transaction; twice is once."""

from datetime import timedelta, timezone

from django.db.models import Q, QuerySet

from core import clock
from core.failures.services import each
from core.tasks import task
from core.time_zones import named
from supplychain.models import Share
from supplychain.states import OPEN_SHARE, OPEN_SHIPMENT, ShareStatus
from supplychain.transitions import reminders

TASK = "supplychain.sweep"
BATCH = 500
UNOPENED = timedelta(days=3)
DUE = timedelta(days=2)
# Nowhere does a day begin before it does here.
EARLIEST_ZONE = timezone(timedelta(hours=14))


@task(TASK)
def sweep() -> None:
    """Remind of shares that nobody has looked at, and of ship dates that come near (U40)."""
    each(TASK, _unopened(), lambda share: reminders.remind_unopened(share=share))
    each(TASK, _due(), lambda share: reminders.remind_due(share=share))


def _unopened() -> QuerySet[Share]:
    rows = Share.objects.filter(status=ShareStatus.SHARED, unopened_told_at=None)
    return rows.filter(shared_at__lte=clock.now() - UNOPENED).order_by("shared_at")[:BATCH]


def _due() -> QuerySet[Share]:
    """The ship date is a day of the seller's: one zone after the other says what is near there."""
    rows = Share.objects.filter(
        status__in=OPEN_SHARE, due_told_at=None, shipment__status__in=OPEN_SHIPMENT
    )
    latest = clock.today(EARLIEST_ZONE) + DUE
    rows = rows.filter(shipment__ship_date__lte=latest)
    zones = rows.order_by().values_list("shipment__seller__time_zone", flat=True).distinct()
    near = Q(pk=None)
    for zone in zones:
        day = clock.today(named(zone)) + DUE
        near |= Q(shipment__seller__time_zone=zone, shipment__ship_date__lte=day)
    return rows.filter(near).order_by("shipment__ship_date", "id")[:BATCH]
