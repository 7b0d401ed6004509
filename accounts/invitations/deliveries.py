"""What became of an invitation's mail, in words beside its state (X15)."""

from accounts.states import InvitationStatus
from partnerhub.outbox.services import Delivery
from partnerhub.outbox.states import MessageStatus


def delivery_words(delivery: Delivery | None, state: str) -> str:
    """How far the mail of an open invitation is; why, where it did not arrive; "" for ended ones.

    Without a message of its own the mail was not wanted: the inviter reads what others read (I18).
    """
    if state == InvitationStatus.PENDING:
        return delivery.label if delivery else str(MessageStatus.SENT.label)
    if state == InvitationStatus.UNDELIVERABLE and delivery:
        return delivery.reason
    return ""
