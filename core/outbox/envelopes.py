"""A message as it travels, written down directly.

The standard library's way takes two milliseconds for one of our mails, four times as long as
sending it, and thousands may wait. Both bodies are text, so there is little to get wrong: headers
are encoded by the library, bodies are quoted-printable.
"""

import binascii
import re
from collections.abc import Iterator
from email.charset import QP, Charset
from email.header import Header
from email.utils import formataddr, formatdate, parseaddr
from functools import lru_cache
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.html import escape

from core.outbox import kinds, tokens
from core.outbox.models import Message
from core.outbox.rendering import code_in

LINE_END = b"\r\n"
_LONGEST_HEADER = 76
PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9+_-]+(?:\.[A-Za-z0-9+_-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
)
# No machine is to answer: RFC 3834, and what Exchange reads instead.
_AUTOMATIC = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply",
}
_ADDRESSES = frozenset({"From", "To", "Reply-To"})
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = QP


class Envelope(EmailMultiAlternatives):
    """One mail to one address: a text part, perhaps an HTML part, nothing attached. `metadata` is
    what a provider's reports about this mail carry back; SMTP sends no such thing."""

    metadata: dict[str, str]

    def for_provider(self, name: str) -> None:
        """Ready for an API that writes the headers itself, from JSON: what looks encoded is taken
        apart, or readers would see it decoded; the Message-ID is to stay ours (F8)."""
        if name == "amazon_ses":  # it takes the source
            return
        self.subject = str(self.subject).replace("=?", "=\N{WORD JOINER}?")
        if name == "postmark":
            self.extra_headers["X-PM-KeepID"] = "true"

    def message(self, **policy: Any) -> Self:  # type: ignore[override]
        """The envelope itself: mail servers, files, consoles and Amazon SES ask it for what stands
        below."""
        return self

    def walk(self) -> Iterator[Any]:
        """No parts that somebody would have to write anew: they are plain ASCII."""
        return iter(())

    def __setitem__(self, name: str, value: str) -> None:
        self.extra_headers[name] = value

    def as_bytes(self) -> bytes:
        """The source as the mail protocol has it. Raises ValueError for a broken header."""
        headers = {
            "Subject": str(self.subject),
            "From": _mailbox(str(self.from_email)),
            "To": ", ".join(map(_mailbox, map(str, self.to))),
            **({"Reply-To": ", ".join(map(_mailbox, self.reply_to))} if self.reply_to else {}),
            "Date": formatdate(),
            "MIME-Version": "1.0",
            **{name: str(value) for name, value in self.extra_headers.items()},
        }
        head = [_header(name, value) for name, value in headers.items()]
        parts = [("plain", str(self.body))]
        parts += [("html", str(content)) for content, _ in self.alternatives]
        return LINE_END.join([*head, _body(parts)])

    def as_string(self) -> str:
        return self.as_bytes().decode("ascii").replace("\r\n", "\n")

    def get_charset(self) -> None:
        """None: each part names its own."""


def envelope_of(message: Message) -> Envelope:
    """The mail as it leaves: the only place where a one-time link meets its text."""
    text, html, stopping = message.text, message.html_part, {}
    addresses = {tokens.PLACEHOLDER: tokens.claim_url(message.claim)} if message.claim else {}
    if kinds.group_of(message.kind).repeating:
        stop = addresses[tokens.UNSUBSCRIBE] = tokens.unsubscribe_url(message.pk)
        stopping = {
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    for placeholder, address in addresses.items():
        text = text.replace(placeholder, address)
        html = html.replace(placeholder, escape(address))
    subject = message.subject
    if message.secret and (code := code_in(text)):
        # First, where a telephone shows it. It is never stored there: others read subjects.
        subject = f"{code} {subject}"
    mail = Envelope(
        subject=subject,
        body=text,
        to=[message.to],
        reply_to=[_answers_to(message)],
        headers={"Message-ID": message.message_id, **_AUTOMATIC, **stopping},
    )
    mail.metadata = {"message": str(message.pk)}
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


def _answers_to(message: Message) -> str:
    """Who invites somebody is asked back, while they are at work; everything else is answered by
    support. claim() looks for the address."""
    inviter = getattr(message, "caused_by_address", None)
    invites = kinds.group_of(message.kind) is kinds.INVITATIONS
    return (invites and inviter) or str(settings.SUPPORT_EMAIL)


def _body(parts: list[tuple[str, str]]) -> bytes:
    written = [_part(kind, content) for kind, content in parts]
    if len(written) == 1:
        return written[0]
    # "=_" never stands in quoted-printable text.
    boundary = f"=_{uuid4().hex}".encode()
    between = b"--" + boundary + LINE_END
    return (
        b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n'
        + b"".join(between + part + LINE_END for part in written)
        + b"--" + boundary + b"--\r\n"
    )  # fmt: skip


@lru_cache(maxsize=64)  # what goes to many is encoded once
def _part(kind: str, content: str) -> bytes:
    # The last line ends, too: by the line ends it finds, the encoder chooses its own.
    lines = content.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    text = "\r\n".join([*lines, ""])
    head = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode() + binascii.b2a_qp(text.encode(), istext=True)


@lru_cache(maxsize=512)
def _header(name: str, value: str) -> bytes:
    if "\n" in value or "\r" in value:
        raise ValueError(f"The header {name} holds a line break.")
    # What looks encoded and is not would be decoded by whoever reads it. In addresses it is.
    plain = name in _ADDRESSES or "=?" not in value
    if value.isascii() and plain and len(name) + len(value) + 2 <= 998:
        return f"{name}: {value}".encode()
    encoded = Header(value, _UTF8, _LONGEST_HEADER, name).encode(linesep="\r\n")
    return f"{name}: {encoded}".encode()


@lru_cache(maxsize=512)
def _mailbox(address: str) -> str:
    if PLAIN_ADDRESS.fullmatch(address):
        return address
    return formataddr(parseaddr(address))
