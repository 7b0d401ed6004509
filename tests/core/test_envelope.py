"""The source of a mail says what its parts say, whatever they hold."""

import email
import email.policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.outbox.envelopes import Envelope, envelope_of
from core.outbox.models import Message

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


@pytest.mark.parametrize("name", ["Subject", "X-Other"])
def test_what_looks_encoded_stays_as_it_is(name: str) -> None:
    """A firm may be called so; whoever reads the header must not decode it."""
    value = "[=?utf-8?b?RXZpbCBDb3Jw?=] Invitation =?utf-8?q?=41?="
    more = {} if name == "Subject" else {name: value}
    mail = parsed("Hello" if more else value, "Text", **more)
    assert str(mail[name]) == value


def test_no_machine_is_asked_for_an_answer() -> None:
    row = Message(pk=1, kind="test", to="a@mail.example", message_id="<1@hub.example>")
    mail = email.message_from_bytes(envelope_of(row).as_bytes(), policy=email.policy.default)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert {"OOF", "AutoReply"} <= set(mail["X-Auto-Response-Suppress"].split(", "))
    assert "NDR" not in mail["X-Auto-Response-Suppress"]


@pytest.mark.parametrize(
    ("kind", "inviter", "answers"),
    [
        ("accounts.employee_invited", "boss@mail.example", "boss@mail.example"),
        ("accounts.employee_invited", None, "support@partnerhub.example"),
        ("accounts.new_sign_in", "boss@mail.example", "support@partnerhub.example"),
    ],
)
def test_answers_go_to_who_can_answer(kind: str, inviter: str | None, answers: str) -> None:
    row = Message(pk=1, kind=kind, to="a@mail.example", message_id="<1@hub.example>")
    row.caused_by_address = inviter  # type: ignore[attr-defined]
    assert b"Reply-To: " + answers.encode() in envelope_of(row).as_bytes()
