"""Every kind of mail, rendered and taken apart: what a mail program would make of each (I14)."""

import re
from email import message_from_bytes
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from core.outbox import kinds, tokens
from core.outbox.envelopes import envelope_of
from core.outbox.models import Message
from partnerhub import samples
from partnerhub.samples.world import READERS, World
from tests.core.test_rendering import FOREIGN, LINKED, Links, shown
from tests.factories.reviewers import desk_reviewer
from tests.support import nothing_changes, signed_in

pytestmark = pytest.mark.django_db
KINDS = sorted(samples.SAMPLES)
SUBJECT = re.compile(r"\[[^\[\]]+\] [^:]+: \S.*")
# The layout's own words: the wordmark, and the hint below the button.
LAYOUT = ["PartnerHub", "If", "the", "button", "does", "not", "work,", "open", "this", "address:"]
SITE = "http://localhost/"
INVITING = {
    "accounts.employee_invited",
    "connections.partner_link_sent",
    "connections.invitation_sent",
    "supplychain.supplier_invited",
    "supplychain.seller_invited",
}


def written(name: str, words: str = "") -> Message:
    """The row of the outbox that a sample leaves, which is then taken back."""
    with transaction.atomic():
        samples.SAMPLES[name](World(words))
        message = Message.objects.filter(kind=name, to__endswith=READERS).order_by("id").first()
        transaction.set_rollback(True)
    assert message, f"{name} wrote no mail"
    return message


def parts(message: Message) -> tuple[Any, str, str]:
    """Headers, text and HTML as they leave us."""
    parsed = message_from_bytes(envelope_of(message).message().as_bytes())
    found = [(p.get_content_type(), p.get_payload(decode=True)) for p in parsed.walk()]
    kinds_of_parts = [kind for kind, _ in found if not kind.startswith("multipart")]
    assert kinds_of_parts == ["text/plain", "text/html"]
    bodies = [body.decode() for kind, body in found if body is not None]
    return parsed, bodies[0], bodies[1]


def addresses(text: str) -> list[str]:
    return re.findall(r"https?://[^\s<>\"]+", text)


def test_every_kind_has_a_sample():
    assert {kind.name for kind in kinds.all_kinds()} == set(samples.SAMPLES)


def test_no_kind_was_forgotten():
    """Every `kind=` of the code that sends mail is registered in a mail_kinds module."""
    known = {kind.name for kind in kinds.all_kinds()}
    sources = [
        path
        for app in ("accounts", "roles", "connections", "supplychain")
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        if "emails" in path.as_posix()
    ]
    wanted = [
        (path.name, found)
        for path in sources
        for found in re.findall(r'kind=f?"([a-z]+\.[^"]+)"', path.read_text())
    ]
    assert len(wanted) > 20
    for where, name in wanted:
        pattern = re.sub(r"\\{.*\\}", "[a-z_]+", re.escape(name))
        assert any(re.fullmatch(pattern, each) for each in known), f"{where}: {name}"


@pytest.mark.parametrize("name", KINDS)
def test_two_parts_with_the_same_links_and_no_picture(name: str):
    message = written(name)
    headers, text, html = parts(message)
    found = Links(html)
    assert found.images == 0
    assert "@import" not in html
    assert "url(" not in html
    assert sorted(set(found.addresses)) == sorted(set(addresses(text)))
    assert all(address.startswith(SITE) for address in found.addresses)
    assert tokens.PLACEHOLDER not in text + html
    assert tokens.UNSUBSCRIBE not in text + html
    assert str(headers["Message-ID"]) == message.message_id
    repeating = kinds.get(name).group.repeating
    one_click = f"<{tokens.unsubscribe_url(message.pk)}>" if repeating else None
    assert headers["List-Unsubscribe"] == one_click


@pytest.mark.parametrize("name", KINDS)
def test_both_parts_say_the_same_words(name: str):
    message = written(name)
    _, text, html = parts(message)
    spoken = re.sub(r"\s+", " ", text.replace("-- \n", ""))
    heard = unescape(shown(html))
    for line in filter(None, re.split(r"\n\s*\n|\n  |\n", text)):
        for word in line.split():
            if word not in ("--",):
                assert word.rstrip(":") in heard, f"only in the text: {word}"
    for word in heard.split():
        if word not in LAYOUT:
            assert word in spoken, f"only in the HTML: {word}"


@pytest.mark.parametrize("name", KINDS)
def test_subjects_say_firm_object_and_event(name: str):
    message = written(name)
    assert SUBJECT.fullmatch(message.subject), message.subject
    assert len(message.subject) <= 70
    long = written(name, "Very Long Name of a Firm that Sells Everything " * 12)
    assert SUBJECT.fullmatch(long.subject), long.subject
    assert len(long.subject) <= 70


@pytest.mark.parametrize("name", KINDS)
def test_a_line_for_those_who_did_not_expect_it_and_a_way_to_ask(name: str):
    message = written(name)
    assert re.search(
        r"\bNot (you|your|expected|expecting)\b|[Dd]id not ask|if it was not you", message.text
    )
    assert "support@partnerhub.example" in message.text
    firm = re.match(r"\[(.*?)\]", message.subject)
    assert firm
    assert firm[1] == "PartnerHub" or firm[1] in message.text.replace("\n", " ")


@pytest.mark.parametrize("name", sorted(INVITING))
def test_invitations_say_who_invites_and_until_when(name: str):
    text = written(name).text
    assert re.search(r"(Open|Answer|Accept) until: \d+ \w+ \d{4}", text)
    assert "Blue Harbor Goods" in text or "Northwind Partners" in text or "Sunny Ceramics" in text
    assert kinds.get(name).group is not kinds.SHIPMENTS


@pytest.mark.parametrize("name", KINDS)
def test_foreign_words_stay_words(name: str):
    for words in FOREIGN:
        message = written(name, words)
        headers, text, html = parts(message)
        assert set(headers.keys()) == {
            "Subject", "From", "To", "Reply-To", "Date", "MIME-Version", "Message-ID",
            "Auto-Submitted", "X-Auto-Response-Suppress",
            "Content-Type", *(("List-Unsubscribe", "List-Unsubscribe-Post")
            if kinds.get(name).group.repeating else ()),
        }  # fmt: skip
        assert len(message.subject) <= 70
        found = Links(html)
        assert found.images == 0
        assert all(address.startswith(SITE) for address in found.addresses)
        for part in (text, unescape(shown(html))):
            rest = part
            for own in (*found.addresses, "support@partnerhub.example"):
                rest = rest.replace(own, "")
            # A box's tracking number, and the address that somebody was invited at.
            rest = rest.replace("1Z999AA10123456784", "").replace("Mozilla/5.0", "")
            left = LINKED.search(rest)
            assert not left or READERS.strip("@") in rest[left.start() - 9 : left.end() + 30], (
                words, left
            )  # fmt: skip
            assert "\u202e" not in part
        assert max(map(len, text.split("\n"))) < 700


def test_the_desk_shows_every_kind_and_both_parts():
    desk = signed_in(desk_reviewer())
    text = desk.get(reverse("admin:outbox_message_kinds")).text
    for name in KINDS:
        assert reverse("admin:outbox_message_kind", args=[name]) in text
    page = desk.get(reverse("admin:outbox_message_kind", args=["supplychain.shipment_shared"]))
    frame = reverse("admin:outbox_message_kind_body", args=["supplychain.shipment_shared"])
    assert f'src="{frame}"' in page.text
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "FBASAMPLE001" in page.text
    body = desk.get(frame)
    assert "default-src 'none'" in body["Content-Security-Policy"]
    assert '<base target="_top">' in body.text
    assert 'target="_blank"' not in body.text
    assert desk.get(reverse("admin:outbox_message_kind", args=["no.such_kind"])).status_code == 404


def test_a_sample_leaves_nothing_behind():
    with nothing_changes():
        sample = samples.render("accounts.employee_invited")
    assert "Northwind Partners" in sample.subject
    assert f"{SITE}invitations/sample/" in sample.text
    assert f"{SITE}invitations/sample/" in sample.html
