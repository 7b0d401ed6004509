"""What a mail looks like: one structured message becomes a subject, a text part and an HTML part.

Links come from the caller's button alone. Every other piece of text is made unlinkable, so that a
name can never become a link in somebody's mailbox (I14, N22).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import cache, lru_cache
from textwrap import fill
from typing import Any

import mjml
from django.conf import settings
from django.template import engines
from django.template.loader import get_template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.outbox.tokens import PLACEHOLDER, UNSUBSCRIBE
from core.spellings import one_line, shown
from core.web.formats import in_zone

SUBJECT_LENGTH = 70
SHORTEST_FIRM = 12
SETTINGS_PATH = "/notifications/settings/"
TEXT_WIDTH = 76

_JOINER = "\N{WORD JOINER}"
# What mail programs make links of: the dot before a top-level domain, the first dot of an address
# in numbers, an at sign, a scheme. A dot in a number or an article's code forms none and stays.
_LINKED = re.compile(
    r"(?<=\S)[.。．｡](?=[^\W\d_]{2})|(?<=\d)\.(?=(?:\d{1,3}\.){2}\d)|(?<=\S)[@＠](?=\w)|://"
)
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
_RUN = re.compile(rf"[{_RIGHT_TO_LEFT}](?:[{_RIGHT_TO_LEFT}\s\-'’.,&]*[{_RIGHT_TO_LEFT}])?")
_ISOLATE, _ISOLATED = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_PHONE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
_ONE_PIECE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#-]*")
_FIRM = re.compile(r"\A\[[^\]]*\] ")
_CODE = re.compile(r"[A-Z0-9]{3,5}(?:-[A-Z0-9]{3,5})+|\d{6,8}")


@dataclass(frozen=True)
class Mail:
    """What one mail says, before it has a shape. `facts` are (term, value) pairs; `button` is
    (label, path of a page of ours), or has tokens.PLACEHOLDER for the path; `after` stands below
    the button (until when it holds); `organization` is who acts; `not_you` and `why` have a general
    wording when left empty. `settings` adds where mail is chosen, `repeating` how to stop it;
    notifications sets both. Words typed by people go through `inert()` first."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    button: tuple[str, str] | None = None
    after: tuple[str, ...] = ()
    not_you: str = ""
    organization: str = ""
    preheader: str = ""
    why: str = ""
    settings: bool = False
    repeating: bool = False


def subject_line(firm: str, thing: str, event: str) -> str:
    """ "[firm] object: event" in at most 70 characters: the firm's name gives way first."""
    rest = f"{one_line(thing)}: {one_line(event)}"
    room = max(SUBJECT_LENGTH - len(rest) - len("[] "), SHORTEST_FIRM)
    return _cut(f"[{inert(firm, room)}] {rest}", SUBJECT_LENGTH)


def inert(text: str, limit: int = 80) -> str:
    """Foreign words fit for a mail: one line, at most `limit` visible characters, and nothing that
    a mail program would turn into a link: address, domain or telephone number."""
    short = _cut(one_line(shown(text)).replace(_JOINER, ""), limit)
    return _unlinkable(_PHONE.sub(lambda found: _JOINER.join(found[0]), short))


def exact(text: str, limit: int = 80) -> str:
    """Foreign data that people copy, a tracking number or an article's code: the same as inert(),
    but that one without blanks stands as it is, although a telephone may offer to call it."""
    short = _cut(one_line(text).replace(_JOINER, ""), limit)
    return _unlinkable(short) if _ONE_PIECE.fullmatch(short) else inert(short, limit)


def compose(mail: Mail, zone: tzinfo = UTC) -> tuple[str, str, str]:
    """Subject, text part and content of `mail` for a reader in this zone, which the footer names
    where the mail speaks of a moment. The HTML part is made of the content when the mail
    leaves: it takes longer than everything else a mail adds to a request. Raises ValueError when
    the button leads anywhere but this site (I8)."""
    safe = _harmless(mail, zone)
    footer = (*_footer(safe), *_zone_note(mail, zone))
    links = _footer_links(safe)
    subject = _isolated(_cut(one_line(mail.subject), SUBJECT_LENGTH))
    content = json.dumps(_content(safe, footer, links), ensure_ascii=False)
    return subject, _text(safe, footer, links), content


@lru_cache(maxsize=64)  # what goes to many is rendered once
def html_of(content: str) -> str:
    return str(_layout().render(json.loads(content)))


def render_mail(mail: Mail) -> tuple[str, str, str]:
    subject, text, content = compose(mail)
    return subject, text, html_of(content)


def changed_content(content: str, change: Callable[[str], str]) -> str:
    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    return json.dumps(walk(json.loads(content)), ensure_ascii=False) if content else ""


def render_plain(subject: str, body_text: str) -> tuple[str, str]:
    """Text and HTML part of a plain body, as the sign-in library writes them. Only addresses of
    this site become links; a code standing alone on a line is set large."""
    blocks = [block for block in re.split(r"\n\s*\n", body_text.replace("\r\n", "\n")) if block]
    heading = _unlinkable(_FIRM.sub("", one_line(subject)))
    mail = Mail(subject=subject, heading=heading)
    footer = _footer(mail)
    text = "\n\n".join(
        [heading]
        + ["\n".join(_plain_line(line) for line in block.strip().split("\n")) for block in blocks]
        + [_text_footer(footer)]
    )
    paragraphs = tuple(_html_block(block.strip()) for block in blocks)
    html = _layout().render(_content(replace(mail, paragraphs=paragraphs), footer))
    return text + "\n", html


def code_in(text: str) -> str:
    """The code that stands alone on a line of a text part, after its name perhaps; "" without."""
    lines = (line.rpartition(": ")[2].strip() for line in text.split("\n"))
    return next((line for line in lines if _CODE.fullmatch(line)), "")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _unlinkable(text: str) -> str:
    return _LINKED.sub(lambda found: _JOINER + _JOINER.join(found[0]) + _JOINER, text)


def speaks_of_moments(mail: Mail) -> bool:
    """Whether readers in different zones read different words."""
    facts = (part for fact in mail.facts for part in fact)
    lines = (mail.heading, *mail.paragraphs, *facts, *mail.after)
    return any(in_zone(line, UTC) != line for line in lines)


def _zone_note(mail: Mail, zone: tzinfo) -> tuple[str, ...]:
    if not speaks_of_moments(mail):
        return ()
    return (_("Days and times are those of %(zone)s.") % {"zone": zone},)


def _isolated(line: str) -> str:
    """Words from right to left in a line of others turn nothing around them: without this the
    number behind a name stands before it."""
    if line.isascii() or _RUN.fullmatch(line):
        return line
    return _RUN.sub(lambda found: f"{_ISOLATE}{found[0]}{_ISOLATED}", line)


def _harmless(mail: Mail, zone: tzinfo) -> Mail:
    def clean(line: str) -> str:
        return _isolated(_unlinkable(one_line(in_zone(line, zone))))

    return replace(
        mail,
        heading=clean(mail.heading),
        paragraphs=tuple(map(clean, mail.paragraphs)),
        facts=tuple((clean(term), clean(value)) for term, value in mail.facts),
        button=(clean(mail.button[0]), _address(mail.button[1])) if mail.button else None,
        after=tuple(map(clean, mail.after)),
        not_you=clean(mail.not_you),
        organization=clean(mail.organization),
        preheader=clean(mail.preheader),
        why=clean(mail.why),
    )


def _address(url: str) -> str:
    if url.startswith("/"):
        return f"{settings.SITE_URL}{url}"
    if url != PLACEHOLDER and not url.startswith(f"{settings.SITE_URL}/"):
        raise ValueError("A mail's button must lead to this site.")
    return url


def _footer(mail: Mail) -> tuple[str, ...]:
    sender = (
        _("Sent by PartnerHub on behalf of %(organization)s.") % {"organization": mail.organization}
        if mail.organization
        else _("Sent by PartnerHub.")
    )
    why = mail.why or _(
        "You get this because this address is used on PartnerHub for %(marketplace)s, "
        "or somebody entered it there."
    ) % {"marketplace": settings.MARKETPLACE_NAME}
    not_you = mail.not_you or _(
        "Not you, or not expecting this? You can ignore it: nothing happens unless you act."
    )
    support = _("Help and questions: %(address)s") % {"address": settings.SUPPORT_EMAIL}
    return not_you, why, sender, support


def _footer_links(mail: Mail) -> tuple[tuple[str, str], ...]:
    """Label and address. The one that stops mail is put in while sending, as a one-time link is."""
    chosen = (_("Choose which mail you get:"), f"{settings.SITE_URL}{SETTINGS_PATH}")
    stopped = (_("No more mail of this kind:"), UNSUBSCRIBE)
    return (*((chosen,) if mail.settings else ()), *((stopped,) if mail.repeating else ()))


def _text(mail: Mail, footer: tuple[str, ...], links: tuple[tuple[str, str], ...] = ()) -> str:
    blocks = [_wrapped(mail.heading), *map(_wrapped, mail.paragraphs)]
    if mail.facts:
        blocks.append(
            "\n".join(_wrapped(f"  {term}: {value}", indent="    ") for term, value in mail.facts)
        )
    if mail.button:
        blocks.append(f"{_wrapped(mail.button[0] + ':')}\n{mail.button[1]}")
    below = [f"{label}\n{url}" for label, url in links]
    parts = [*blocks, *map(_wrapped, mail.after), "\n".join([_text_footer(footer), *below])]
    return "\n\n".join(parts) + "\n"


def _wrapped(line: str, indent: str = "") -> str:
    if len(line) <= TEXT_WIDTH and line.isprintable():
        return line.rstrip()
    return fill(
        line, TEXT_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _text_footer(footer: tuple[str, ...]) -> str:
    # "-- " with its space is how mail programs know a signature.
    return "-- \n" + "\n".join(map(_wrapped, footer))


def _content(
    mail: Mail, footer: tuple[str, ...], links: tuple[tuple[str, str], ...] = ()
) -> dict[str, Any]:
    label, url = mail.button or ("", "")
    return {
        "mail": {part: getattr(mail, part) for part in ("heading", "paragraphs", "facts", "after")},
        "button_label": label,
        "button_url": url,
        "preheader": mail.preheader or next(iter(mail.paragraphs), ""),
        "copy_hint": _("If the button does not work, open this address:"),
        "footer": footer,
        "footer_links": links,
        "language": get_language() or "en",
    }


@cache
def _layout() -> Any:
    layout: Any = get_template("email/layout.mjml")
    # The XHTML namespace is an address that is not ours, and no mail program needs it.
    html = mjml.mjml2html(layout.template.source)
    return engines["django"].from_string(html.replace(' xmlns="http://www.w3.org/1999/xhtml"', ""))


def _own_addresses() -> re.Pattern[str]:
    return re.compile(rf"{re.escape(settings.SITE_URL)}/[^\s<>\"']*")


def _plain_line(line: str) -> str:
    own = _own_addresses()
    return " ".join(
        word if own.fullmatch(word) else _unlinkable(word) for word in one_line(line).split()
    )


def _html_block(block: str) -> SafeString:
    if _CODE.fullmatch(block):
        return format_html('<strong class="code">{}</strong>', block)
    lines = (_linked(_plain_line(line.strip())) for line in block.split("\n"))
    return mark_safe("<br>".join(lines))  # noqa: S308  each line is escaped by _linked


def _linked(line: str) -> str:
    return _own_addresses().sub(r'<a href="\g<0>">\g<0></a>', escape(line))
