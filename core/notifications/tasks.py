"""Tasks of notifications."""

import logging

from core.notifications.digests import send_digest
from core.notifications.models import Notification
from core.tasks import task

BATCH = 500
logger = logging.getLogger(__name__)


@task("notifications.send_digests")
def send_digests() -> None:
    """Send the daily mails. Twice a day is once: the second run finds the day's key."""
    after = 0
    held = Notification.objects.filter(held=True).order_by("user_id")
    waiting = held.values_list("user_id", flat=True).distinct()
    while people := list(waiting.filter(user_id__gt=after)[:BATCH]):
        for user_id in people:
            try:
                send_digest(user_id)
            except Exception:
                logger.exception("daily mail", extra={"user": user_id})
        after = people[-1]
