"""Tasks of notifications."""

import logging

from core import clock
from core.notifications.digests import send_digest
from core.notifications.models import Notification
from core.tasks import task
from core.time_zones import named

BATCH = 500
logger = logging.getLogger(__name__)


@task("notifications.send_digests")
def send_digests() -> None:
    """Send the daily mails of those for whom it is morning. Twice a day is once: the second run
    finds the day's key."""
    after, now = 0, clock.now()
    held = Notification.objects.filter(held=True).order_by("user_id")
    waiting = held.values_list("user_id", "user__time_zone").distinct()
    while people := list(waiting.filter(user_id__gt=after)[:BATCH]):
        for user_id, zone in people:
            if not clock.is_morning(now, named(zone)):
                continue
            try:
                send_digest(user_id)
            except Exception:
                logger.exception("daily mail", extra={"user": user_id})
        after = people[-1][0]
