"""The source of a mail says what its parts say, whatever they hold."""

import email
import email.policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.outbox.envelopes import Envelope

words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=300)
bodies = st.lists(words, max_size=6).map("\n".join)
heads = words.map(lambda text: " ".join(text.split()))


def parsed(subject: str, text: str, html: str = "", **headers: str) -> Any:
    mail = Envelope(subject, text, "Läger <no-reply@hub.example>", ["a@mail.example"])
    mail.extra_headers = headers
    if html:
        mail.attach_alternative(html, "text/html")
    data = mail.message().as_bytes()
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    return email.message_from_bytes(data, policy=email.policy.default)


def content(mail: Any, kind: str) -> str:
    text: str = mail.get_body((kind,)).get_content()
    return text.replace("\r\n", "\n").removesuffix("\n")


@given(subject=heads, text=bodies, html=bodies.filter(bool))
def test_both_parts_arrive_as_they_were(subject: str, text: str, html: str) -> None:
    mail = parsed(subject, text, html)
    assert not mail.defects
    assert content(mail, "plain") == text.removesuffix("\n")
    assert content(mail, "html") == html.removesuffix("\n")
    assert " ".join(mail["Subject"].split()) == subject


def test_headers_name_sender_reader_and_message() -> None:
    mail = parsed("Hello", "Text", **{"Message-ID": "<1@hub.example>"})
    assert mail["From"].addresses[0].display_name == "Läger"
    assert mail["From"].addresses[0].addr_spec == "no-reply@hub.example"
    assert mail["To"] == "a@mail.example"
    assert mail["Message-ID"] == "<1@hub.example>"
    assert mail["Date"].datetime


def test_signature_and_dots_survive() -> None:
    text = "Hello\n\n-- \n.\n..dots\nFrom here"
    assert content(parsed("Hello", text), "plain") == text


@pytest.mark.parametrize("name", ["Subject", "Message-ID", "X-Other"])
def test_header_with_a_line_break_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        parsed("Hello", "Text", **{name: "x\r\nBcc: b@mail.example"})
