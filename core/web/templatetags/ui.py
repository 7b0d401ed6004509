"""Tags of the look: icons, status pills, and the two facts every page ends with."""

import json
import secrets
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from core.origin import running_request
from core.spellings import shown
from core.web import formats
from core.web.tones import TONE_OF

register = template.Library()
# An address as people write it, the names in its domain in their own letters.
register.filter("shown", shown)

_ICONS_FILE = Path(__file__).resolve().parent.parent / "icons.json"

# The first mark found counts: most browsers also claim to be others.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)

# The field of a form that carries its key.
ONCE = "once"
_NUM = mark_safe(' class="num"')


@cache
def _icons() -> dict[str, str]:
    return json.loads(_ICONS_FILE.read_text())


@register.simple_tag
@cache
def icon(name: str, classes: str = "") -> SafeString:
    """The outline icon `name` (a key of web/icons.json) as inline SVG, hidden from screen readers.
    Raises KeyError for a name that is not there."""
    body = mark_safe(_icons()[name])  # noqa: S308  our own file
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        "{}</svg>",
        classes,
        body,
    )


@register.simple_tag
def status_pill(state: str, label: str, tone: str = "") -> SafeString:
    """A pill coloured by what `state` means, or by `tone` (good, waiting, info, bad, quiet)."""
    return format_html(
        '<span class="pill pill-{}">{}</span>', tone or TONE_OF.get(state, "quiet"), label
    )


for write in (
    formats.day,
    formats.short_day,
    formats.minute,
    formats.short_minute,
    formats.second,
    formats.soon,
    formats.ending,
    formats.short_ending,
    formats.stamp,
):
    register.filter(write.__name__, write)


@register.filter
def initials(name: str) -> str:
    """One or two capitals standing for `name`: "Blue Harbor Ltd" gives "BH"."""
    words = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def browser(user_agent: str) -> str:
    """A browser's own long description in words people use: "Firefox on Windows"."""
    program = next((name for mark, name in _BROWSERS if mark in user_agent), "Unknown browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{program} on {system}" if system else program


@register.simple_tag
def request_reference() -> str:
    """The id of the running request, by which its lines are found in the log; "" outside of one."""
    return running_request()


@register.simple_tag
def support_email() -> str:
    """Where people get help; a tag, so that pages rendered without a context have it too."""
    return settings.SUPPORT_EMAIL


@register.simple_tag
def once() -> SafeString:
    """The key of a form: sent twice, it does its thing once (core.submissions)."""
    return format_html('<input type="hidden" name="{}" value="{}">', ONCE, secrets.token_hex(16))


@register.simple_tag
def marketplace_name() -> str:
    return settings.MARKETPLACE_NAME


@register.simple_block_tag(takes_context=True)
def component(context: template.Context, content: str, part: str, **values: object) -> str:
    """`components/PART.html` with `values` and, as `body`, what stands up to `endcomponent`. It
    knows the token of forms, and nothing else of the page."""
    values["body"] = mark_safe(content.strip())  # noqa: S308  rendered with escaping
    if "csrf_token" in context:
        values["csrf_token"] = context["csrf_token"]
    return get_template(f"components/{part}.html").render(values)


@register.simple_tag
def columns(*titles: str, num: str = "", acts: str = "") -> SafeString:
    """The head of a table; an empty title is a column that is not there. `num`: the titles of
    columns of figures, between commas. `acts`: the last column's title, which only screen readers
    read."""
    figures = num.split(", ")
    cells = [
        format_html('<th scope="col"{}>{}</th>', _NUM if title in figures else "", title)
        for title in titles
        if title
    ]
    if acts:
        cells.append(
            format_html('<th scope="col"><span class="visually-hidden">{}</span></th>', acts)
        )
    return mark_safe(f"<thead><tr>{''.join(cells)}</tr></thead>")  # noqa: S308  escaped above


@register.simple_tag
def constant(name: str) -> SafeString:
    """The template `name`, which takes nothing, rendered once for each language and process."""
    render = _constant.__wrapped__ if settings.DEBUG else _constant
    facts = (settings.SUPPORT_EMAIL, settings.MARKETPLACE_NAME, settings.ROOT_URLCONF)
    return render(name, get_language(), facts)


@lru_cache(maxsize=256)
def _constant(name: str, language: str | None, facts: tuple[str, ...]) -> SafeString:
    # The arguments beside the name are what else the result depends on.
    return mark_safe(get_template(name).render({}))  # noqa: S308  rendered with escaping


@register.simple_tag(takes_context=True)
def repeat_block(context: template.Context, name: str) -> str:
    """What the page put into block `name`, once more: a title is a heading, too."""
    block_context: Any = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = block_context.get_block(name) if block_context else None
    return mark_safe(block.nodelist.render(context).strip()) if block else ""  # noqa: S308
