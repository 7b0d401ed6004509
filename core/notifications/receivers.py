"""What became of mail: telling who caused it, and hearing what a mail provider reports (X15)."""

import re
from collections.abc import Mapping
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
from core.outbox.bounces import mark, note_soft, reported
from core.outbox.models import Message
from core.outbox.rendering import Mail, inert, subject_line
from core.outbox.states import MarkReason, MessageStatus, plain_reason
from core.web.formats import mail_minute

COUNTED = frozenset({"bounced", "rejected", "complained", "unsubscribed"})
# Reasons for which an address gets no more mail, and those that say nothing about it: a slow
# server, a policy that changes.
FINAL, PASSING = frozenset({"bounced", "invalid"}), frozenset({"timed_out", "blocked"})
# Where providers say how long it holds: Amazon SES, Postmark, Mailgun, SendGrid, Brevo.
PROVIDER_WORDS = ("bounceType", "Type", "severity", "type", "event")
FOR_NOW = frozenset(
    {"transient", "undetermined", "soft", "softbounce", "temporary", "blocked", "autoresponder"}
)
STATUS = re.compile(r"\b([245])(?:\d\d\b|\.\d{1,3}\.\d{1,3}\b)")


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
        key=f"undelivered:{causer.pk}:{now.isoformat(timespec='hours')}",
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
        key=f"mail-refused:{since.isoformat()}",
        kind=REFUSED,
        mail=refusal_mail(reason, since),
    )


def refusal_mail(reason: str, since: datetime) -> Mail:
    return Mail(
        subject=subject_line("PartnerHub", _("Mail"), _("refused by our mail server")),
        heading=_("Mail cannot leave: our mail server or provider refuses us"),
        paragraphs=(
            _("All mail waits, codes to sign in among it, until the reason is mended. Nothing is "
              "lost: it leaves by itself within a minute, oldest first."),
            _("If you read this as a mail, it has been mended meanwhile."),
        ),
        facts=((_("Since"), mail_minute(since)), (_("Why"), inert(reason, 300))),
        button=(_("Open the outbox"), reverse("admin:outbox_message_changelist")),
        not_you=_("Not your task? Then leave it to support."),
        why=_("You get this because you look after PartnerHub."),
    )  # fmt: skip


def note_tracking(event: Any, **kwargs: Any) -> None:
    """Mail that came back for good, complaints and unsubscribing count, and so does what came back
    for now, together. A report is about a mail of ours, or about nothing. The same report twice is
    one."""
    address = str(event.recipient or "").strip().lower()
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    number = key_in(str(metadata["message"])) if "message" in metadata else None
    if not address or event.event_type not in COUNTED:
        return
    with transaction.atomic():
        at = event.timestamp if isinstance(event.timestamp, datetime) else None
        message = reported(address, number, at)
        if message is None:
            return
        if event.event_type == "complained":
            mark(address, MarkReason.COMPLAINED, detail=_detail(event), message=message)
            _stop_repeating(address)
        elif event.event_type == "unsubscribed":
            _stop_repeating(address)
        elif _for_good(event):
            mark(address, MarkReason.BOUNCED, detail=_detail(event), message=message)
        elif event.event_type == "bounced" and event.reject_reason not in PASSING:
            note_soft(message, _detail(event))


def _for_good(event: Any) -> bool:
    """Whether the mailbox is not there, or refuses us. anymail calls "bounced" what its provider
    says is for now, too: an answer that somebody is away, a full mailbox. The provider's own word
    counts first, then the code of the receiving server."""
    unnamed = event.event_type == "bounced" and not event.reject_reason
    if not unnamed and event.reject_reason not in FINAL:
        return False
    raw = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    inner: Any = next((raw[key] for key in ("bounce", "event-data") if key in raw), {})
    said = {**(inner if isinstance(inner, Mapping) else {}), **raw}
    words = {re.sub(r"[^a-z]", "", str(said.get(name, "")).lower()) for name in PROVIDER_WORDS}
    if words & FOR_NOW:
        return False
    code = STATUS.search(f"{event.mta_response or ''} {said.get('status', '')}")
    return code is None or code[1] == "5"


def _stop_repeating(address: str) -> None:
    owner = get_user_model().objects.filter(email=address).values_list("pk", flat=True).first()
    for group in kinds.GROUPS:
        if group.repeating:
            no_more_mail((owner, address), group)


def _detail(event: Any) -> str:
    return " ".join((event.mta_response or event.description or "").split())[:200]
