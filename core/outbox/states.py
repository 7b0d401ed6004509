"""States of a message, and what each means to the person who caused it."""

import re

from django.db.models import TextChoices

from core.state_tables import StateTable
from core.web.tones import tones


class MessageStatus(TextChoices):
    """waiting > sending > sent | failed | maybe sent (retried); both may be cancelled."""

    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    MAYBE_SENT = "maybe_sent", "Maybe sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be delivered"
    CANCELLED = "cancelled", "Cancelled"


tones(good="sent", waiting="waiting maybe_sent", info="sending", bad="failed")
CLAIMABLE = (MessageStatus.WAITING, MessageStatus.MAYBE_SENT)
# What others do to a message; the drain's own writes are guarded by its lease instead.
MESSAGE = StateTable(
    "message",
    {
        MessageStatus.WAITING: {MessageStatus.CANCELLED},
        MessageStatus.MAYBE_SENT: {MessageStatus.CANCELLED, MessageStatus.FAILED},
        MessageStatus.SENT: {MessageStatus.FAILED},
        MessageStatus.FAILED: {MessageStatus.CANCELLED, MessageStatus.WAITING},
    },
)


class MarkReason(TextChoices):
    """Why nothing is mailed to an address any more, until its owner or the desk clears it."""

    BOUNCED = "bounced", "Mail came back: the mailbox is not there or refuses it"
    COMPLAINED = "complained", "Its reader reported our mail as unwanted"


_ANSWER = re.compile(r"\b(5\d\d)\b")
_SILENT = "The mail server could not be reached for a whole day."
_WORDS: tuple[tuple[str, str], ...] = (
    ("not wanted", "It was taken back before it left: it was no longer for its reader, or late."),
    ("bounced", "The mail came back: the mailbox is not there, or refuses it."),
    ("complained", "The reader reported our mail as unwanted, so we send no more to this address."),
    ("maybe sent", "The mail server stopped answering, twice. It may have arrived all the same."),
    ("SMTPRecipientsRefused", "The mail server of this address refuses it: check the spelling."),
    ("SMTPNotSupportedError", "Our mail server offered no encryption, so nothing was sent."),
    ("SMTPAuthenticationError", "Our mail server did not let us in. Support knows what to do."),
    ("SMTPSenderRefused", "The mail server refused us as a sender. Support knows what to do."),
    ("SMTPServerDisconnected", _SILENT),
    ("SMTP", "The mail server refused the message."),
    ("Error", _SILENT),
)
UNKNOWN = "It could not be sent."


def plain_reason(error: str) -> str:
    """What is stored as a message's error, as a sentence; "" without an error."""
    if not error:
        return ""
    if "SMTPDataError" in error and not _ANSWER.search(error):
        return "The mail server put it off for a whole day."
    return next((words for start, words in _WORDS if start in error), UNKNOWN)
