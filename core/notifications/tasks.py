"""The daily mail for those who chose it: one mail with every line that waited (U29)."""

import logging
from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from core import clock
from core.notifications.mail_kinds import DAILY
from core.notifications.models import Notification
from core.outbox import services as outbox
from core.outbox.models import Message
from core.outbox.rendering import Mail, subject_line
from core.tasks import task
from core.web.formats import count, lately

MOST_LINES = 100
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


@transaction.atomic
def send_digest(user_id: int) -> bool:
    """Queue one mail with everything that waits for this person; False when there is none today. A
    second run on the same day holds back what has come meanwhile until tomorrow. Who was
    deactivated gets none."""
    user: Any = (
        get_user_model().objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    )
    lines = list(Notification.objects.filter(user=user, held=True).order_by("id"))
    if not lines:
        return False
    key = f"daily:{user.public_id}:{clock.today().isoformat()}"
    if user.is_active:
        if Message.objects.filter(key=f"{key}:{user.email}").exists():
            return False
        mail = _mail(lines)
        row = outbox.draft(user.email, key=key, kind=DAILY, mail=mail, recipient_id=user.pk)
        outbox.queue([row])
    Notification.objects.filter(pk__in=[line.pk for line in lines]).update(held=False)
    return user.is_active


def _mail(lines: Sequence[Notification]) -> Mail:
    news = count(len(lines), "shipment update")
    facts = [(lately(line.created_at), line.title) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        facts.append(("More", f"{len(lines) - MOST_LINES} on the page"))
    return Mail(
        subject=subject_line("PartnerHub", "Shipments", f"{news} of {clock.today():%-d %B}"),
        heading=f"{news} since the last daily mail",
        paragraphs=("Times are UTC. Recalls and cancellations were mailed at once.",),
        facts=tuple(facts),
        button=("See them", f"{reverse('notification-list')}?about=shipments"),
        settings=True,
        repeating=True,
    )
