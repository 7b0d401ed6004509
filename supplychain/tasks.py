"""The scheduler's work of this app. Every row is its own transaction; twice is once."""

from datetime import timedelta

from django.db.models import QuerySet

from core import clock
from core.failures.services import each
from core.tasks import task
from supplychain.models import Share
from supplychain.states import OPEN_SHARE, OPEN_SHIPMENT, ShareStatus
from supplychain.transitions import reminders

TASK = "supplychain.sweep"
BATCH = 500
UNOPENED = timedelta(days=3)
DUE = timedelta(days=2)


@task(TASK)
def sweep() -> None:
    """Remind of shares that nobody has looked at, and of ship dates that come near (U40)."""
    each(TASK, _unopened(), lambda share: reminders.remind_unopened(share=share))
    each(TASK, _due(), lambda share: reminders.remind_due(share=share))


def _unopened() -> QuerySet[Share]:
    rows = Share.objects.filter(status=ShareStatus.SHARED, unopened_told_at=None)
    return rows.filter(shared_at__lte=clock.now() - UNOPENED).order_by("shared_at")[:BATCH]


def _due() -> QuerySet[Share]:
    rows = Share.objects.filter(status__in=OPEN_SHARE, due_told_at=None)
    return rows.filter(
        shipment__status__in=OPEN_SHIPMENT, shipment__ship_date__lte=clock.today() + DUE
    ).order_by("shipment__ship_date", "id")[:BATCH]
