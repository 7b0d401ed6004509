"""Everybody's mailbox: an SMTP server in the test process that keeps what it gets."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Condition
from typing import Any

from aiosmtpd.controller import Controller

WAIT_SECONDS = 30
_LINK = re.compile(r"https?://[^\s<>\"']+")
_CODE = re.compile(r"^\s*([A-Z0-9]{4}-[A-Z0-9]{4}|\d{6})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Letter:
    """One delivered mail, as its reader sees it."""

    to: str
    subject: str
    text: str
    html: str

    @property
    def links(self) -> list[str]:
        """Every address in the text part, in order."""
        return _LINK.findall(self.text)

    @property
    def link(self) -> str:
        """The address under the mail's button."""
        assert self.links, f"no link in: {self.text}"
        assert self.links[0] in self.html.replace("&amp;", "&"), "the two parts differ"
        return self.links[0]

    @property
    def code(self) -> str:
        """The code on a line of its own."""
        found = _CODE.search(self.text)
        assert found, f"no code in: {self.text}"
        return found.group(1)


def _read(raw: bytes, to: str) -> Letter:
    message = message_from_bytes(raw, EmailMessage, policy=default)  # type: ignore[call-overload]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None, f"{message['subject']} has no text part"
    assert html is not None, f"{message['subject']} has no HTML part"
    return Letter(to, str(message["subject"]), text.get_content(), html.get_content())


class Mailbox:
    """What arrived. A letter that a test has read is not handed out again."""

    def __init__(self, excuse: Callable[[], str]) -> None:
        """`excuse` says what is known about the sender when a letter does not arrive."""
        self._letters: list[Letter] = []
        self._arrived = Condition()
        self._excuse = excuse

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """The SMTP server's hook: called in its thread for each mail."""
        letters = [_read(envelope.content, to) for to in envelope.rcpt_tos]
        with self._arrived:
            self._letters += letters
            self._arrived.notify_all()
        return "250 OK"

    def wait_for(self, address: str, subject: str = "", *, seconds: float = WAIT_SECONDS) -> Letter:
        """The oldest unread letter to `address` whose subject contains `subject`; takes it."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while True:
                for letter in self._letters:
                    if letter.to == address and subject.lower() in letter.subject.lower():
                        self._letters.remove(letter)
                        return letter
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._arrived.wait(left)
            there = [(letter.to, letter.subject) for letter in self._letters]
        raise AssertionError(f"no “{subject}” to {address}; unread: {there}\n{self._excuse()}")

    def unread(self, address: str) -> list[str]:
        """The subjects of what `address` has not read yet."""
        with self._arrived:
            return [letter.subject for letter in self._letters if letter.to == address]

    def empty(self) -> None:
        """Forget everything."""
        with self._arrived:
            self._letters.clear()


def serve(mailbox: Mailbox, port: int) -> Controller:
    """An SMTP server on this loopback port that fills `mailbox`; stop() ends it."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    return controller
