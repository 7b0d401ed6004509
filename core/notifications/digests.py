"""The daily mail for those who chose it: one mail with every line that waited (U29)."""

from collections.abc import Sequence
from datetime import date, tzinfo
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from core import clock
from core.notifications.mail_kinds import DAILY
from core.notifications.models import Notification
from core.outbox import objections
from core.outbox import services as outbox
from core.outbox.models import Message
from core.outbox.objections import Item
from core.outbox.rendering import Mail, subject_line
from core.web.formats import count, in_zone, mail_lately, month_day

MOST_LINES = 100


@transaction.atomic
def send_digest(user_id: int) -> bool:
    """Queue one mail with everything that waits for this person; False when there is none today, by
    their own day. A second run on the same day holds back what has come meanwhile until tomorrow.
    Who was deactivated, or is no longer a member of what it is about, is told nothing of it."""
    user: Any = (
        get_user_model().objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    )
    held = list(Notification.objects.filter(user=user, held=True).order_by("id"))
    if not held:
        return False
    today = clock.today(user.zone)
    key = f"daily:{user.public_id}:{today.isoformat()}"
    lines = _wanted(held)
    if lines:
        if Message.objects.filter(key__startswith=f"{key}:").exists():
            return False
        mail = _mail(lines, today, user.zone)
        row = outbox.draft(user.email, key=key, kind=DAILY, mail=mail, recipient_id=user.pk)
        outbox.queue([row])
    told = Notification.objects.filter(pk__in=[line.pk for line in held])
    told.update(held=False, mailed_on=today)
    return bool(lines)


def still_told(messages: Sequence[Message]) -> dict[int, Mail | None]:
    """Daily mails that wait while what they tell is no longer for their reader: the mail without
    it, by key, or None when nothing is left. One statement, and those of the objections."""
    days = {m.pk: date.fromisoformat(m.key.split(":")[2]) for m in messages}
    rows = Notification.objects.filter(
        user__in={m.recipient_id for m in messages}, mailed_on__in=set(days.values())
    ).select_related("user")
    lines: dict[tuple[int, date | None], list[Notification]] = {}
    for line in rows.order_by("id"):
        lines.setdefault((line.user_id, line.mailed_on), []).append(line)
    told = {m.pk: lines.get((m.recipient_id or 0, days[m.pk]), []) for m in messages}
    wanted = {line.pk for line in _wanted([line for found in told.values() for line in found])}
    changed: dict[int, Mail | None] = {}
    for number, found in told.items():
        left = [line for line in found if line.pk in wanted]
        if len(left) < len(found):
            changed[number] = _mail(left, days[number], left[0].user.zone) if left else None
    return changed


def _wanted(lines: Sequence[Notification]) -> list[Notification]:
    """Without what is no longer for its reader, or switched off."""
    items = [
        Item(
            line.pk, line.kind, line.key, line.user.email, line.user_id, line.account_id,
            line.account_right, line=True,
        )
        for line in lines
    ]  # fmt: skip
    reasons = objections.against(items)
    return [line for line in lines if line.pk not in reasons]


def _mail(lines: Sequence[Notification], day: date, zone: tzinfo) -> Mail:
    news = count(len(lines), "shipment update")
    facts = [
        (in_zone(mail_lately(line.created_at), zone), line.title) for line in lines[:MOST_LINES]
    ]
    if len(lines) > MOST_LINES:
        facts.append(("More", f"{len(lines) - MOST_LINES} on the page"))
    return Mail(
        subject=subject_line("PartnerHub", "Shipments", f"{news} of {month_day(day)}"),
        heading=f"{news} since the last daily mail",
        paragraphs=(f"Times are those of {zone}. Recalls and cancellations were mailed at once.",),
        facts=tuple(facts),
        button=("See them", f"{reverse('notification-list')}?about=shipments"),
        settings=True,
        repeating=True,
    )
