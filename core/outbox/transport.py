"""The SMTP backend of the drain: it knows how far a message got, and keeps to a pace."""

import smtplib
import time
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from core.outbox.envelope import PLAIN_ADDRESS


class _Offering:
    """Remembers whether the end of the message in hand was handed to the network.

    Before that nothing can have arrived; after it a lost answer leaves the question open (F8).
    Commands are sent as text, the message alone as bytes.
    """

    offered = False
    sock: Any

    def send(self, s: Any) -> None:
        """Send to the server."""
        super().send(s)  # type: ignore[misc]
        if isinstance(s, bytes):
            self.offered = True


class _Smtp(_Offering, smtplib.SMTP):
    pass


class _SmtpTls(_Offering, smtplib.SMTP_SSL):
    pass


class SmtpTransport(EmailBackend):
    """Django's backend; `per_second` bounds what one connection sends, 0 does not."""

    connection: Any

    def __init__(self, *, per_second: float = 0, **options: Any) -> None:
        super().__init__(**options)
        self._gap = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._prepared: dict[str, str] = {}

    @property
    def connection_class(self) -> type[Any]:
        """Python's client, with a memory."""
        return _SmtpTls if self.use_ssl else _Smtp

    def open(self) -> bool | None:
        """Connect and say hello: a server that is silent here is silent for every message."""
        opened = super().open()
        if opened:
            self.connection.ehlo_or_helo_if_needed()
        return opened

    @property
    def offered(self) -> bool:
        """Whether the whole of the last message was handed over."""
        return bool(self.connection and self.connection.offered)

    def prep_address(self, address: str, force_ascii: bool = True) -> str:
        """What the envelope names: a plain address as it is. Raises ValueError for a broken one.

        Taking it apart as the standard library does costs as much as sending the message.
        """
        if PLAIN_ADDRESS.fullmatch(address):
            return address
        if address not in self._prepared:
            self._prepared[address] = str(super().prep_address(address, force_ascii))
        return self._prepared[address]

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send over the kept connection. Raises what smtplib raises."""
        if self._gap:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + self._gap
        if self.connection:
            self.connection.offered = False
        return int(super().send_messages(email_messages))
