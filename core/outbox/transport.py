"""The way to the mail server: how far a message got, what came of it, and the pace."""

import smtplib
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.smtp import EmailBackend

from core.outbox.envelopes import PLAIN_ADDRESS


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


class Outcome(Enum):
    TAKEN = auto()
    REFUSED = auto()  # for good: 5xx, or a message that cannot be sent at all
    LATER = auto()  # for now: 4xx
    UNHEARD = auto()  # no answer, and the server cannot have the message
    UNCERTAIN = auto()  # no answer, and the server may have it


SILENT = (Outcome.UNHEARD, Outcome.UNCERTAIN)


@dataclass(frozen=True)
class Answer:
    outcome: Outcome
    reason: str = ""


class ServerAway(Exception):
    """The server cannot be reached, or says nothing; the text is the reason."""


class ServerRefuses(Exception):
    """The server turns us away before any message; `answer` says for how long."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class Connection:
    """A connection to the server that EMAIL_URL names: kept as long as it holds, opened anew."""

    def __init__(self) -> None:
        self._mailer: Any = mailers["transport"]
        self._served = 0

    def open(self) -> None:
        """Raises ServerAway or ServerRefuses. A server that takes no encryption refuses for good:
        nothing goes in clear (F19). Any other refusal at this point, a wrong password for one, is
        no fault of the messages."""
        try:
            self._mailer.open()
        except smtplib.SMTPNotSupportedError as error:
            raise ServerRefuses(Answer(Outcome.REFUSED, _words(error))) from error
        except smtplib.SMTPResponseException as error:
            raise ServerRefuses(Answer(Outcome.LATER, _words(error))) from error
        except OSError as error:  # the errors of smtplib are OSErrors, too
            raise ServerAway(_words(error)) from error
        self._served = 0

    def reopen(self) -> None:
        self.close()
        self._mailer = mailers["transport"]
        self.open()

    def close(self) -> None:
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
            return self._answer(error)
        return Answer(Outcome.TAKEN), False

    def _answer(self, error: Exception) -> tuple[Answer, bool]:
        codes = _codes(error)
        if any(500 <= code < 600 for code in codes):
            return Answer(Outcome.REFUSED, _words(error)), False
        if codes:
            return Answer(Outcome.LATER, _words(error)), 421 in codes
        silent = isinstance(error, smtplib.SMTPServerDisconnected) or (
            isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
        )
        if not silent:
            return Answer(Outcome.REFUSED, _words(error)), False
        # Another backend than ours does not say how far it got: then the worst is assumed.
        if getattr(self._mailer, "offered", True):
            return Answer(Outcome.UNCERTAIN, _words(error)), False
        return Answer(Outcome.UNHEARD, _words(error)), not _timed_out(error)


def _codes(error: Exception) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [error.smtp_code]
    return []


def _timed_out(error: BaseException) -> bool:
    """smtplib tells a silence like a disconnection; what it came from knows better."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
