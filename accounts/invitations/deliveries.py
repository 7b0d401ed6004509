"""What became of an invitation's mail, in words beside its state (X15)."""

from accounts.states import InvitationStatus
from core.outbox.services import Delivery
from core.outbox.states import MessageStatus


def delivery_words(delivery: Delivery | None, state: str) -> str:
    """How far the mail of an open invitation or link is, and why where it did not arrive.

    Without a message of its own the mail was not wanted: the inviter reads what others read (I18).
    """
    if delivery is None:
        unknown = state == InvitationStatus.UNDELIVERABLE
        return "" if unknown else str(MessageStatus.SENT.label)
    return delivery.reason or ("" if state == InvitationStatus.UNDELIVERABLE else delivery.label)
