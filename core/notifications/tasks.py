"""The scheduler's work for notifications."""

import logging

from core.notifications.digest import people_waiting, send_digest
from core.tasks import task

logger = logging.getLogger(__name__)


@task("notifications.send_digests")
def send_digests() -> None:
    """Send the daily mails. Twice a day is once: the second run finds the day's key."""
    after = 0
    while people := people_waiting(after):
        for user_id in people:
            try:
                send_digest(user_id)
            except Exception:
                logger.exception("daily mail", extra={"user": user_id})
        after = people[-1]
