"""The way to the mail server: how far a message got, what came of it, and the pace."""

import re
import smtplib
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.smtp import EmailBackend

from core.outbox.answers import Answer, Outcome, without_addresses, words
from core.outbox.envelopes import PLAIN_ADDRESS

# A server that waits with its verdict until RCPT refuses us there: for the sender's address, for
# relaying, or because we have not signed in (RFC 3463: 5.1.7, 5.1.8).
_ABOUT_US = re.compile(
    r"\b5\.1\.[78]\b|sender|relay|not logged in|authentication (?:is )?required", re.IGNORECASE
)


class _Offering:
    """Remembers whether the end of the message in hand was handed to the network. Before that
    nothing can have arrived; after it a lost answer leaves the question open (F8). Commands are
    sent as text, the message alone as bytes."""

    offered = False
    sock: Any

    def send(self, s: Any) -> None:
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
        return _SmtpTls if self.use_ssl else _Smtp

    def open(self) -> bool | None:
        """Connect and say hello: a server that is silent here is silent for every message."""
        opened = super().open()
        if opened:
            self.connection.ehlo_or_helo_if_needed()
        return opened

    @property
    def offered(self) -> bool:
        return bool(self.connection and self.connection.offered)

    def prep_address(self, address: str, force_ascii: bool = True) -> str:
        """A plain address as it is: taking it apart as the standard library does costs as much as
        sending the message. Raises ValueError for a broken one."""
        if PLAIN_ADDRESS.fullmatch(address):
            return address
        if address not in self._prepared:
            self._prepared[address] = str(super().prep_address(address, force_ascii))
        return self._prepared[address]

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        if self._gap:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + self._gap
        if self.connection:
            self.connection.offered = False
        return int(super().send_messages(email_messages))


class LineAnswers(Exception):
    """The server answers for the line and not for a message, or says nothing: everything waits."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class Connection:
    """A connection to the server that EMAIL_URL names: kept as long as it holds, opened anew."""

    def __init__(self) -> None:
        self._mailer: Any = None
        self._served = 0

    def open(self) -> None:
        """Raises LineAnswers: no message is to blame for what happens here. Its outcome is REFUSED
        for a server that takes no encryption: nothing goes in clear, then or later (F19)."""
        try:
            self._mailer = mailers["transport"]
            self._mailer.open()
        except Exception as error:
            answer = self._read(error)
            if isinstance(error, smtplib.SMTPNotSupportedError):
                raise LineAnswers(Answer(Outcome.REFUSED, answer.reason)) from error
            ours = answer.outcome in (Outcome.OURS, Outcome.REFUSED)
            outcome = Outcome.OURS if ours else Outcome.AWAY
            raise LineAnswers(replace(answer, outcome=outcome)) from error
        self._served = 0

    def reopen(self) -> None:
        self.close()
        self.open()

    def close(self) -> None:
        if self._mailer is not None:
            with suppress(OSError):
                self._mailer.close()

    def deliver(self, mail: EmailMessage) -> Answer:
        """Raises what open() raises when a broken line cannot be mended. Servers end connections
        that have served for a while: the message that meets the end goes over a fresh one at
        once."""
        answer, worn = self._offer(mail)
        if worn and self._served:
            self.reopen()
            answer, _ = self._offer(mail)
        if answer.outcome is Outcome.TAKEN:
            self._served += 1
        return answer

    def _offer(self, mail: EmailMessage) -> tuple[Answer, bool]:
        """The answer, and whether the server has ended the connection rather than said no."""
        try:
            self._mailer.send_messages([mail])
        except Exception as error:  # noqa: BLE001 - one bad message must not stop the others
            answer = self._read(error)
            return answer, _worn(error, answer)
        return Answer(Outcome.TAKEN), False

    def _read(self, error: Exception) -> Answer:
        if hasattr(self._mailer, "answer"):
            answer: Answer = self._mailer.answer(error)
            return answer
        # Another backend than ours does not say how far it got: then the worst is assumed.
        return smtp_answer(error, offered=getattr(self._mailer, "offered", True))


def smtp_answer(error: Exception, *, offered: bool) -> Answer:
    """What an error of smtplib means; `offered`: the end of the message was handed over."""
    said = words(error)
    codes = _codes(error)
    if any(500 <= code < 600 for code in codes):
        # At MAIL FROM there is no recipient yet: it is us whom the server does not want.
        if isinstance(error, smtplib.SMTPSenderRefused):
            return Answer(Outcome.OURS, said)
        ours = _ABOUT_US.search(without_addresses(said))
        outcome = Outcome.OURS if ours else Outcome.REFUSED
        return Answer(outcome, said, otherwise=Outcome.REFUSED)
    if codes:
        return Answer(Outcome.LATER, said)
    silent = isinstance(error, smtplib.SMTPServerDisconnected) or (
        isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    )
    if not silent:
        return Answer(Outcome.REFUSED, said)
    return Answer(Outcome.UNCERTAIN if offered else Outcome.UNHEARD, said)


def _codes(error: Exception) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [error.smtp_code]
    return []


def _worn(error: Exception, answer: Answer) -> bool:
    # smtplib tells a silence like a disconnection; what it came from knows better.
    timed_out = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    return 421 in _codes(error) or (answer.outcome is Outcome.UNHEARD and not timed_out)
