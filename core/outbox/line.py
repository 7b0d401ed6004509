"""One line to the mail server: kept as long as it holds, opened anew when it breaks."""

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.core.mail import EmailMessage, mailers


class Outcome(Enum):
    """What became of one message."""

    TAKEN = auto()
    REFUSED = auto()  # for good: 5xx, or a message that cannot be sent at all
    LATER = auto()  # for now: 4xx
    UNHEARD = auto()  # no answer, and the server cannot have the message
    UNCERTAIN = auto()  # no answer, and the server may have it (F8)


SILENT = (Outcome.UNHEARD, Outcome.UNCERTAIN)


@dataclass(frozen=True)
class Answer:
    """The outcome, and the reason as the desk shows it."""

    outcome: Outcome
    reason: str = ""


class ServerAway(Exception):
    """The server cannot be reached, or says nothing; the text is the reason."""


class ServerRefuses(Exception):
    """The server turns us away before any message; `answer` says for how long."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class Line:
    """A connection to the server that EMAIL_URL names."""

    def __init__(self) -> None:
        self._mailer: Any = mailers["transport"]
        self._served = 0

    def open(self) -> None:
        """Raises ServerAway or ServerRefuses.

        A server that takes no encryption refuses for good: nothing goes in clear (F19). Any other
        refusal at this point, a wrong password for one, is no fault of the messages.
        """
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
        """Give up this connection and open another. Raises what open() raises."""
        self.close()
        self._mailer = mailers["transport"]
        self.open()

    def close(self) -> None:
        """Say goodbye, if anybody still listens."""
        with suppress(OSError):
            self._mailer.close()

    def deliver(self, mail: EmailMessage) -> Answer:
        """Offer one message. Raises what open() raises when a broken line cannot be mended.

        Servers end connections that have served for a while: the message that meets the end goes
        over a fresh one at once.
        """
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
    """The status codes that the server answered with, if it did."""
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
