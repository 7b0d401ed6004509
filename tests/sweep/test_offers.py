"""What a page offers, it keeps: links open, buttons work."""

import re
from typing import Any

import pytest

from tests.sweep.engine import MEMBERS, Answer, Sweep
from tests.sweep.page_forms import forms_of
from tests.sweep.table import ROWS

pytestmark = pytest.mark.django_db
_HREF = re.compile(r'<a\b[^>]*\bhref="([^"]*)"')
# Signing out and the like are no pages of the portals.
ELSEWHERE = ("/static/", "/accounts/logout")


def paths(body: str) -> set[str]:
    """The pages of ours that links on this page lead to."""
    found = {href.replace("&amp;", "&") for href in _HREF.findall(body)}
    return {
        href
        for href in found
        if href.startswith("/") and not href.startswith(("//", *ELSEWHERE)) and href != "/"
    }


@pytest.mark.parametrize("persona", MEMBERS)
def test_what_a_page_offers_is_not_refused(
    persona: str, sweep: Sweep, record_property: Any
) -> None:
    """Every link opens and every button is taken, for whoever is shown them."""
    wrong: list[str] = []
    seen: set[tuple[str, str]] = set()
    pages: dict[str, Answer] = {}
    for row in ROWS:
        if row.get is None or persona not in row.may or row.name.startswith("admin:"):
            continue
        url = row.url(sweep.world.home)
        pages[url] = sweep.send(persona, "GET", url)
        # A page that opens need not be opened again where a link leads to it.
        seen |= {("GET", url)} if pages[url].code < 400 else set()
    for url, page in pages.items():
        if page.code != 200 or "<main" not in page.body:
            continue
        for path in paths(page.body):
            if ("GET", path) not in seen:
                seen.add(("GET", path))
                code = sweep.send(persona, "GET", path.partition("#")[0]).code
                if code >= 400:
                    wrong.append(f"{persona} on {url}: link {path} answers {code}")
        for form in forms_of(page.body):
            target = form.action or url
            if form.method != "post" or ("POST", target) in seen or target.startswith(ELSEWHERE):
                continue
            seen.add(("POST", target))
            code = sweep.send(persona, "POST", target, form.filled()).code
            if code in (403, 404, 405, 410) or code >= 500:
                wrong.append(f"{persona} on {url}: button {target} answers {code}")
    record_property("cells: offers", len(seen))
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
