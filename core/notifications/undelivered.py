"""Telling who caused a mail that it could not be delivered (X15)."""

from typing import Any

from django.urls import reverse

from core import clock
from core.notifications.mail_kinds import UNDELIVERED
from core.notifications.services import News, Recipient, tell_each
from core.outbox.models import Message
from core.outbox.reasons import plain_reason
from core.outbox.rendering import Mail, subject_line
from core.outbox.states import MessageStatus
from core.web.redirects import absolute


def note_delivery(message: Message, status: str, error: str, **kwargs: Any) -> None:
    """Tell the person whose act the message told of, unless it was their own or this very news.

    Each failure has its line; mail about failures comes once an hour at most: a mail server that
    is gone for a day must not answer a thousand messages with a thousand more.
    """
    causer = message.caused_by
    own = causer is None or message.recipient_id == causer.pk or message.to == causer.email
    if status != MessageStatus.FAILED or own or message.kind == UNDELIVERED:
        return
    assert causer is not None
    if not causer.is_active:
        return
    path = reverse("undelivered")
    news = News(
        key=f"undelivered:{message.pk}:{clock.real_now().timestamp()}",
        kind=UNDELIVERED,
        mail=_mail(message, error, absolute(path)),
        path=path,
        organization=message.organization_id,
        mail_key=f"undelivered:{causer.pk}:{clock.real_now():%Y%m%d%H}",
    )
    tell_each([(Recipient.of(causer), news)])


def _mail(message: Message, error: str, url: str) -> Mail:
    return Mail(
        subject=subject_line("PartnerHub", "Mail", "could not be delivered"),
        heading=f"Could not be delivered: {message.subject}"[:200],
        paragraphs=(
            "A mail that you caused did not arrive.",
            "Should others fail within the hour, they stand on the same page without another mail.",
        ),
        facts=(("Mail", message.subject), ("Why", plain_reason(error))),
        button=("See what did not arrive", url),
    )
