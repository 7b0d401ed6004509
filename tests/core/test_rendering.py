"""Mails: both parts say the same, and no foreign word becomes a link, a header or a command."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from core.outbox.rendering import SUBJECT_LENGTH, Mail, exact, inert, render_mail, render_plain
from core.outbox.tokens import PLACEHOLDER

FOREIGN = [
    '<a href="https://x.example">Acme</a>',
    "<img src=x onerror=alert(1)>",
    "https://evil.example/login",
    "HTTP://EVIL.EXAMPLE",
    "www.evil.example",
    "evil.example/path",
    "evil。example",
    "mailto:boss@evil.example",
    "Call +1 (555) 123-4567 now",
    "00 49 30 1234567",
    "Acme\r\nBcc: everybody@evil.example",
    "{{7*7}} {% debug %} ${7*7}",
    "Acme %0d%0aBcc: x",
    "\u202eetadilav\u202c Acme\u200b Ltd\u2066",
    "A" * 500,
]
# What common mail programs turn into a link, generously.
LINKED = re.compile(r"://|\bwww\.\w|\w\.[a-z]{2,}\b|\w@\w|\+?\d(?:[ ().-]{0,2}\d){6,}", re.I)


class Links(HTMLParser):
    """The addresses an HTML part leads to or loads from, and the words it shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.images = 0
        self.words: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag == "style"
        self.images += tag in ("img", "iframe", "script", "link")
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def shown(html: str) -> str:
    return " ".join(" ".join(Links(html).words).split())


def mail(**fields: Any) -> Mail:
    values: dict[str, Any] = {
        "subject": "Blue Harbor invites you",
        "heading": "Blue Harbor invites you to work together",
        "paragraphs": ("They would like to handle your inbound shipments.",),
        "facts": (("Roles", "Manage FBA Inventory (edit)"), ("Until", "5 December 2026")),
        "button": ("Look at the invitation", PLACEHOLDER),
        "after": ("The invitation ends on 5 December 2026.",),
        "organization": "Blue Harbor",
    }
    return Mail(**values | fields)


@pytest.mark.parametrize("words", FOREIGN)
def test_foreign_words_lose_everything_that_could_become_a_link(words: str) -> None:
    clean = inert(words)
    assert not LINKED.search(clean)
    assert "\n" not in clean
    assert "\r" not in clean
    assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069]", clean)
    assert len(clean.replace("\u2060", "")) <= 80


@pytest.mark.parametrize("words", FOREIGN)
def test_foreign_words_are_text_in_both_parts(words: str) -> None:
    name = inert(words)
    subject, text, html = render_mail(
        mail(
            subject=f"{name} invites you",
            heading=f"{name} invites you",
            paragraphs=(f"{name} wants to work with you.",),
            facts=(("From", name),),
            organization=name,
        )
    )
    assert "\n" not in subject
    assert len(subject) <= SUBJECT_LENGTH
    body = text.replace(PLACEHOLDER, "").replace("support@partnerhub.example", "")
    assert not LINKED.search(body)
    links = Links(html)
    assert set(links.addresses) == {PLACEHOLDER}
    assert links.images == 0
    assert name in shown(html)


def test_inert_twice_is_inert_once() -> None:
    once = inert("www.evil.example +1 555 1234567")
    assert inert(once) == once


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("Müller & Söhne GmbH", "株式会社サンプル", "O'Neil, Inc", "Shop 24/7", "شركة"):
        assert inert(name) == name


@pytest.mark.parametrize(
    "data",
    ["1Z999AA10123456784", "123456789012", "9400100000000000000000", "AB.12-7", "SP-1.25",
     "2026-11-29/101500", "2.5", "12.03.2026"],
)  # fmt: skip
def test_what_people_copy_stands_unchanged(data: str) -> None:
    """In both parts, also where it stands in a line of ours."""
    _, text, html = render_mail(mail(facts=(("Tracking", exact(data)), ("Weight", "2.5 kg"))))
    assert f"Tracking: {data}\n" in text
    assert data in shown(html)
    assert "2.5 kg" in text


@pytest.mark.parametrize("words", FOREIGN)
def test_data_that_people_copy_forms_no_link_either(words: str) -> None:
    assert not LINKED.search(exact(words))
    assert "10.0.0.1" not in exact("Visit 10.0.0.1 now")


def test_name_from_right_to_left_moves_nothing_around_it() -> None:
    """Else the number behind it stands before it."""
    isolated = "\u2068شركة النقل\u2069"
    subject, text, html = render_mail(
        mail(
            subject="[شركة النقل] FBA123: 12 boxes",
            heading="شركة النقل 12 boxes",
            paragraphs=("Shared by שלום, 7 items",),
            facts=(("Carrier", "شركة النقل 2026"), ("Name", "شركة")),
        )
    )
    assert subject == f"[{isolated}] FBA123: 12 boxes"
    assert text.startswith(f"{isolated} 12 boxes")
    assert "Shared by \u2068שלום\u2069, 7 items" in text
    assert f"Carrier: {isolated} 2026" in text
    assert "Name: شركة" in text
    assert f"{isolated} 12 boxes" in shown(html)


def test_both_parts_say_the_same() -> None:
    _, text, html = render_mail(mail())
    spoken = " ".join(text.split())
    words = shown(html)
    for expected in (
        "They would like to handle your inbound shipments.",
        "Manage FBA Inventory (edit)",
        "The invitation ends on 5 December 2026.",
        "Look at the invitation",
        "Sent by PartnerHub on behalf of Blue Harbor.",
        "support@partnerhub.example",
        "Amazon",
        "nothing happens unless you act",
        PLACEHOLDER,
    ):
        assert expected in spoken
        assert expected in words


def test_text_part_is_narrow_and_the_link_stands_alone() -> None:
    url = "http://localhost/invitations/partner/" + "x" * 120 + "/"
    _, text, _ = render_mail(mail(button=("Open", url), paragraphs=("word " * 60,)))
    lines = text.split("\n")
    assert url in lines
    assert all(len(line) <= 76 for line in lines if line != url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "javascript:alert(1)",
        "seller/",
        "",
    ],
)
def test_a_button_leads_to_this_site_only(url: str) -> None:
    with pytest.raises(ValueError, match="this site"):
        render_mail(mail(button=("Open", url)))


@pytest.mark.parametrize("path", ["/seller/", "//evil.example/", "/@evil.example/"])
def test_a_path_behind_a_button_is_one_of_this_site(path: str) -> None:
    _, text, html = render_mail(mail(button=("Open", path)))
    assert f"http://localhost{path}" in text.split("\n")
    assert set(Links(html).addresses) == {f"http://localhost{path}"}


def test_a_mail_without_button_and_facts_is_whole() -> None:
    _, text, html = render_mail(mail(button=None, facts=()))
    assert Links(html).addresses == []
    assert PLACEHOLDER not in text


def test_html_loads_nothing_and_names_no_foreign_address() -> None:
    _, _, html = render_mail(mail())
    assert "http" not in html.replace("http-equiv", "")
    assert "@import" not in html


def test_subject_is_cut_and_clean() -> None:
    subject, _, _ = render_mail(mail(subject="One\nBcc: two\u202e " + "long " * 40))
    assert subject.startswith("One Bcc: two long")
    assert len(subject) <= SUBJECT_LENGTH
    assert subject.endswith("…")


def test_plain_bodies_link_to_this_site_only() -> None:
    body = (
        "Your code is below.\n\nTWLB-ZFMB\n\nOpen http://localhost/accounts/login/?a=1&b=2 or\n"
        "http://evil.example/ <b>now</b>\n\n- Browser: www.evil.example"
    )
    text, html = render_plain("Your sign-in code", body)
    assert set(Links(html).addresses) == {"http://localhost/accounts/login/?a=1&b=2"}
    assert "TWLB-ZFMB" in text.split("\n")
    assert "http://localhost/accounts/login/?a=1&b=2" in text
    assert "TWLB-ZFMB" in shown(html)
    assert "<b>" not in html
    for part in (text, shown(html)):
        rest = part.replace("http://localhost/accounts/login/?a=1&b=2", "")
        assert not LINKED.search(rest.replace("support@partnerhub.example", ""))
