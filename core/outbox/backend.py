"""The `default` mailer: whatever Django or allauth sends becomes a row of the outbox."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from core.outbox.models import Message
from core.outbox.services import new_message_id, wake


class OutboxBackend(BaseEmailBackend):
    """Stores messages; opens its own transaction because allauth mails outside of one.

    Bodies of this backend are codes: they are blanked once sent.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store one row for each recipient of each message; returns how many messages."""
        with transaction.atomic():
            for message in email_messages:
                for address in message.recipients():
                    Message.objects.create(**self._row(message, address))
            wake()
        return len(email_messages)

    def _row(self, message: EmailMessage, address: str) -> dict[str, Any]:
        html = [
            part.content
            for part in getattr(message, "alternatives", [])
            if part.mimetype == "text/html"
        ]
        return {
            "key": f"direct:{uuid.uuid4()}",
            "message_id": new_message_id(),
            "kind": message.extra_headers.get("X-PartnerHub-Kind", "account.message"),
            "to": address,
            "subject": message.subject[:200],
            "text": str(message.body),
            "html": str(html[0]) if html else "",
            "secret": True,
        }
