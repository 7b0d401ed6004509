"""The link that stops a repeating mail: signed, computed while sending, never stored (RFC 8058).

It names the message, and with it the address and the group. Nothing about the person stands in it.
"""

import uuid

from django.conf import settings

from core.outbox import kinds, links
from core.outbox.links import Claim
from core.outbox.models import Message

PURPOSE = "unsubscribe"


def url(message: Message) -> str:
    """The absolute address that stops mail like this one to its address."""
    token = links.sign(Claim(PURPOSE, uuid.UUID(int=message.pk), 0))
    return f"{settings.SITE_URL}/unsubscribe/{token}/"


def headers(message: Message) -> dict[str, str]:
    """The headers for mail programs; none for mail that does not repeat."""
    if not kinds.group_of(message.kind).repeating:
        return {}
    return {
        "List-Unsubscribe": f"<{url(message)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def message_of(token: str) -> Message | None:
    """The message whose link this is; None for anything that we did not sign for this purpose."""
    claim = links.read(PURPOSE, token)
    if claim is None or claim.generation:
        return None
    return Message.objects.filter(pk=claim.id.int).first()
