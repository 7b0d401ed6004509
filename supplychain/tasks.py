"""The scheduler's work of this app. Every row is its own transaction; twice is once."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from partnerhub import clock
from partnerhub.tasks import task
from supplychain.models import Share
from supplychain.states import OPEN_SHARE, OPEN_SHIPMENT, ShareStatus
from supplychain.transitions import reminders

logger = logging.getLogger(__name__)

BATCH = 500
UNOPENED = timedelta(days=3)
DUE = timedelta(days=2)


@task("supplychain.sweep")
def sweep() -> None:
    """Remind of shares that nobody has looked at, and of ship dates that come near (U40).

    Invitations of every kind run out in accounts.sweep.
    """
    _each(_unopened(), lambda share: reminders.remind_unopened(share=share))
    _each(_due(), lambda share: reminders.remind_due(share=share))


def _unopened() -> Iterable[Share]:
    rows = Share.objects.filter(status=ShareStatus.SHARED, unopened_told_at=None)
    return rows.filter(shared_at__lte=clock.now() - UNOPENED).order_by("shared_at")[:BATCH]


def _due() -> Iterable[Share]:
    rows = Share.objects.filter(status__in=OPEN_SHARE, due_told_at=None)
    return rows.filter(
        shipment__status__in=OPEN_SHIPMENT, shipment__ship_date__lte=clock.today() + DUE
    ).order_by("shipment__ship_date", "id")[:BATCH]


def _each(rows: Iterable[Any], act: Callable[[Any], object]) -> None:
    """Do `act` for each row; what fails for one row does not stop the others."""
    for row in rows:
        try:
            act(row)
        except Exception:
            logger.exception("sweep", extra={"row": f"{row._meta.label} {row.pk}"})
