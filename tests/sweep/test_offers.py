"""What a page offers, it keeps: links open, buttons work, lists show what is theirs (A6)."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.models import Membership
from connections.models import Connection, ConnectionInvitation, PartnerLink
from roles.models import RoleApplication
from supplychain.models import Share, Shipment
from tests.sweep.engine import MEMBERS, STRANGERS, Sweep
from tests.sweep.page_forms import forms_of
from tests.sweep.table import ROWS
from tests.sweep.table.rows import HOUSES

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BY_NAME = {row.name: row for row in ROWS}
_HREF = re.compile(r'<a\b[^>]*\bhref="([^"]*)"')
# Signing out and the like are no pages of the portals.
ELSEWHERE = ("/static/", "/accounts/logout")
# list page, detail page, model: what the list links to is exactly what opens.
LISTS = [
    ("provider:applications", "provider:application", RoleApplication),
    ("provider:employees", "provider:member", Membership),
    ("seller:members", "seller:member", Membership),
    ("supply:members", "supply:member", Membership),
    ("seller:partners", "seller:connection", Connection),
    ("seller:partner-links", "seller:partner-link", PartnerLink),
    ("provider:clients", "provider:client", Connection),
    ("provider:client-invitations", "provider:client-invitation", ConnectionInvitation),
    ("seller:shipments", "seller:shipment", Shipment),
    ("supply:shares", "supply:share", Share),
]


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
    for row in ROWS:
        if row.get is None or persona not in row.may or row.name.startswith("admin:"):
            continue
        url = row.url(sweep.world.home)
        page = sweep.send(persona, "GET", url)
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


@pytest.mark.parametrize(("many", "one", "model"), LISTS, ids=[row[0] for row in LISTS])
def test_lists_and_single_pages_agree(
    many: str, one: str, model: Any, sweep: Sweep, record_property: Any
) -> None:
    """Whatever a list links to opens; nothing of the other tenant is in one or opens (A6)."""
    rows, detail = BY_NAME[many], BY_NAME[one]
    cells = 0
    home = sweep.world.home
    ids = {str(each.public_id) for each in model.objects.all()}
    for persona in (*MEMBERS, *STRANGERS):
        if persona not in rows.may:
            continue
        listed = {i for i in ids if i in sweep.send(persona, "GET", rows.url(home)).body}
        house = home[HOUSES[rows.portal]].handle
        base = urlsplit(detail.url(home, found=False)).path
        opens = set()
        for each in ids if persona in detail.may else ():
            cells += 1
            path = base.replace("00000000-0000-4000-8000-0000000000ff", each)
            assert house in path
            if sweep.send(persona, "GET", path).code == 200:
                opens.add(each)
        if persona in detail.may:
            assert listed - opens == set(), f"{persona}: listed, but refused"
            assert opens, f"{persona}: opens nothing"
    record_property("cells: lists", cells)
