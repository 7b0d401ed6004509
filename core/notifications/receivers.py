"""What became of mail: telling who caused it, and hearing what a mail provider reports (X15)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.db import key_in
from core.notifications.mail_kinds import REFUSED, UNDELIVERED
from core.notifications.preferences import no_more_mail
from core.notifications.services import Recipient, tell, tell_each, told
from core.outbox import kinds
from core.outbox.bounces import mark
from core.outbox.models import Message
from core.outbox.rendering import Mail, inert, subject_line
from core.outbox.states import MarkReason, MessageStatus, plain_reason
from core.web.formats import minute

# Reasons that pass: a full mailbox, a slow server, a policy that changes.
PASSING = frozenset({"timed_out", "blocked"})


def note_delivery(message: Message, status: str, error: str, **kwargs: Any) -> None:
    """Tell the person whose act the message told of, unless it was their own or this very news.
    Each failure has its line; mail about failures comes once an hour at most: a mail server that is
    gone for a day must not answer a thousand messages with a thousand more."""
    causer = message.caused_by
    own = causer is None or message.recipient_id == causer.pk or message.to == causer.email
    if status != MessageStatus.FAILED or own or message.kind == UNDELIVERED:
        return
    assert causer is not None
    if not causer.is_active:
        return
    now = clock.real_now()
    mail, line = told(
        Recipient.of(causer),
        key=f"undelivered:{causer.pk}:{now:%Y%m%d%H}",
        kind=UNDELIVERED,
        mail=_mail(message, error),
        organization=message.organization_id,
    )
    assert line is not None
    line.key = f"undelivered:{message.pk}:{now.timestamp()}:{causer.pk}"
    tell_each([(mail, line)])


def _mail(message: Message, error: str) -> Mail:
    return Mail(
        subject=subject_line("PartnerHub", "Mail", "could not be delivered"),
        heading=f"Could not be delivered: {message.subject}"[:200],
        paragraphs=(
            "A mail that you caused did not arrive.",
            "Should others fail within the hour, they stand on the same page without another mail.",
        ),
        facts=(("Mail", message.subject), ("Why", plain_reason(error))),
        button=("See what did not arrive", reverse("undelivered")),
    )


def note_refusal(reason: str, since: datetime, **kwargs: Any) -> None:
    """Tell support, and who works at the desk, that no mail leaves before somebody mends it. Their
    lines stand at once; the mail itself is late by nature and says since when."""
    staff = get_user_model().objects.filter(is_active=True, is_staff=True)
    tell(
        [Recipient(settings.SUPPORT_EMAIL), *map(Recipient.of, staff)],
        key=f"mail-refused:{since:%Y%m%d%H%M%S}",
        kind=REFUSED,
        mail=refusal_mail(reason, since),
    )


def refusal_mail(reason: str, since: datetime) -> Mail:
    return Mail(
        subject=_("Our mail server refused us: all mail had to wait"),
        heading=_("Mail cannot leave: our mail server or provider refuses us"),
        paragraphs=(
            _("All mail waits, codes to sign in among it, until the reason is mended. Nothing is "
              "lost: it leaves by itself within a minute, oldest first."),
            _("If you read this as a mail, it has been mended meanwhile."),
        ),
        facts=((_("Since"), minute(since)), (_("Why"), inert(reason, 300))),
        button=(_("Open the outbox"), reverse("admin:outbox_message_changelist")),
        why=_("You get this because you look after PartnerHub."),
    )  # fmt: skip


def note_tracking(event: Any, **kwargs: Any) -> None:
    """Only mail that came back for good, complaints and unsubscribing change anything. The same
    report twice is one."""
    address = (event.recipient or "").strip().lower()
    if not address:
        return
    with transaction.atomic():
        number = key_in(str((event.metadata or {}).get("message", "")))
        if event.event_type in ("bounced", "rejected") and event.reject_reason not in PASSING:
            mark(address, MarkReason.BOUNCED, detail=_detail(event), number=number)
        elif event.event_type == "complained":
            mark(address, MarkReason.COMPLAINED, detail=_detail(event), number=number)
            _stop_repeating(address)
        elif event.event_type == "unsubscribed":
            _stop_repeating(address)


def _stop_repeating(address: str) -> None:
    owner = get_user_model().objects.filter(email=address).values_list("pk", flat=True).first()
    for group in kinds.GROUPS:
        if group.repeating:
            no_more_mail((owner, address), group)


def _detail(event: Any) -> str:
    return " ".join((event.mta_response or event.description or "").split())[:200]
