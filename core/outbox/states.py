"""States of a message, and what each means to the person who caused it."""

from django.db.models import TextChoices


class MessageStatus(TextChoices):
    """waiting > sending > sent | failed | maybe sent (retried); both may be cancelled."""

    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    MAYBE_SENT = "maybe_sent", "Maybe sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be delivered"
    CANCELLED = "cancelled", "Cancelled"


CLAIMABLE = (MessageStatus.WAITING, MessageStatus.MAYBE_SENT)


class MarkReason(TextChoices):
    """Why nothing is mailed to an address any more, until its owner or the desk clears it."""

    BOUNCED = "bounced", "Mail came back: the mailbox is not there or refuses it"
    COMPLAINED = "complained", "Its reader reported our mail as unwanted"
