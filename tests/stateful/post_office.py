"""A mail server, a broker and a clock in one process, to be led astray by random walks."""

import smtplib
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from core import clock

MODES = ("ok", "later", "never", "silent", "lost_answer", "away", "worker_dies")


class WorkerDied(BaseException):
    """SIGKILL, as far as one process can play it: nothing below catches it."""


class Server:
    """What the drain takes for its transport. `mode` says how it behaves from now on."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.offered = False
        self.taken: list[Any] = []

    def open(self) -> None:
        """Away: nobody gets in."""
        if self.mode == "away":
            raise ConnectionRefusedError("nobody listens")

    def close(self) -> None:
        """Nothing to close."""

    def send_messages(self, messages: list[Any]) -> int:
        """One message, answered as the mode says."""
        [message] = messages
        self.offered = self.mode in ("ok", "lost_answer", "worker_dies")
        if self.offered:
            self.taken.append(message)
        if self.mode == "later":
            raise smtplib.SMTPDataError(450, b"later")
        if self.mode == "never":
            raise smtplib.SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})
        if self.mode == "silent":
            raise TimeoutError("no answer")
        if self.mode == "lost_answer":
            raise smtplib.SMTPServerDisconnected("gone")
        if self.mode == "worker_dies":
            raise WorkerDied
        return 1

    def copies(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(message.extra_headers["Message-ID"]) for message in self.taken)


class Time:
    """Both clocks, standing still until they are moved."""

    def __init__(self) -> None:
        self.now: datetime = clock.real_now()

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def pass_by(self, minutes: float) -> None:
        """Later."""
        self.now += timedelta(minutes=minutes)
