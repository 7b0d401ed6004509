"""The demo's mail transport: one file for each message, read back by /demo/mail/."""

import email
import email.policy
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage as ParsedMessage
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FileMailbox(BaseEmailBackend):
    """Writes .eml files into `folder`, oldest first by name."""

    def __init__(self, folder: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder = Path(folder)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
            unfinished = self.folder / f"{name}.part"
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(self.folder / f"{name}.eml")
        return len(email_messages)


@dataclass(frozen=True)
class Letter:
    name: str
    to: str
    subject: str
    sent_at: Any
    text: str
    html: str


def folder() -> Path:
    return Path(settings.VAR_DIR) / "mail"


def _part(message: ParsedMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body else ""


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, ParsedMessage)
    sent_at = parsedate_to_datetime(str(message["Date"]))
    return Letter(
        name=path.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        # "-0000" says UTC without a zone: the library then knows none.
        sent_at=sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def letters(to: str) -> list[Letter]:
    """The newest two hundred to this address, or to everybody when it is empty."""
    found = map(_read, sorted(folder().glob("*.eml"), reverse=True))
    return list(islice((letter for letter in found if to in ("", letter.to)), 200))


def letter(name: str) -> Letter | None:
    path = folder() / f"{name}.eml"
    return _read(path) if path.parent == folder() and path.is_file() else None
