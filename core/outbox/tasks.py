"""Tasks of the outbox."""

from datetime import timedelta
from typing import Any

from celery.signals import worker_shutting_down

from core import clock
from core.outbox import delivery
from core.outbox.models import BLANK, Message
from core.outbox.states import MessageStatus
from core.tasks import task

KEEP_TEXT = timedelta(days=90)


@task("outbox.drain")
def drain() -> None:
    """Send what is due. Any number of these may run at once."""
    delivery.drain()


@worker_shutting_down.connect
def hand_back(**kwargs: Any) -> None:
    """A worker that is asked to end sends the mail in hand and hands back the rest (F18)."""
    delivery.stopping.set()


@task("outbox.forget_old_text")
def forget_old_text() -> None:
    """Blank the text of messages older than 90 days; key and state stay, or reminders double."""
    Message.objects.filter(
        created_at__lt=clock.real_now() - KEEP_TEXT,
        status__in=[MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.CANCELLED],
    ).exclude(**BLANK).update(**BLANK)
