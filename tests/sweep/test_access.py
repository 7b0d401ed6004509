"""Who may open and change what: every address, as everybody, in every relation (A1-A3, A14, N6)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from tests.sweep.engine import (
    METHODS,
    NOBODY_THERE,
    PERSONAS,
    PROMISED,
    SIGNED_OUT,
    STAFF,
    Answer,
    Sweep,
)
from tests.sweep.table import ROWS
from tests.sweep.table.rows import Row
from tests.sweep.world import HOME, OTHER

pytestmark = [pytest.mark.django_db, pytest.mark.grows]
IDS = [row.name for row in ROWS]
WITH_BODY = [row for row in ROWS if row.body]
SOAK = os.environ.get("SOAK") == "1"
# More people than are related to any organization: the page is for everybody.
MANY = 15
# What the desk shows for addresses that it does not know.
CATCH_ALL = "admin:(unnamed)"
# The answer of these is the current link, for who made it: the one place where a token stands.
SHOWS_LINK = ("-copy", "-link")
# A form that the manager cannot fill in here: its object is in another state, or it has no fields.
OTHER_STATE = {
    "provider:application-renew",  # there is an approval of this category in force
    "seller:partner-link-renew",  # the link has not expired
    "seller:member-vouch",  # nobody has lost their second factor
    "provider:member-vouch",
    "supply:member-vouch",
    "seller:share-move",  # no second supplier is connected
    "supply:share-seen",  # seen already: the share is being packed
    "supply:share-start",
    "supply:share-reopen",
    "supply:share-shipped",
    "supply:share-remove",  # no box was chosen
    "supply:share-tracking",  # nothing is confirmed yet
    "supply:share-labels",
    "supply:share-labels-pdf",
    "supply:share-item-labels",
    "seller:history-verify",  # it only looks
    "provider:history-verify",
    "supply:history-verify",
    "guest:share-seen",  # the guest's, in the same state
}


def patterns(resolver: Any = None, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every URL name that the resolver knows, with its view."""
    for found in (resolver or get_resolver()).url_patterns:
        if isinstance(found, URLResolver):
            inner = (*spaces, found.namespace) if found.namespace else spaces
            yield from patterns(found, inner)
        elif isinstance(found, URLPattern):
            yield ":".join([*spaces, found.name or "(unnamed)"]), found.callback


def test_every_address_has_a_row() -> None:
    names = [name for name, _ in patterns() if name != CATCH_ALL]
    assert sorted(set(names) - set(IDS)) == [], "without a row"
    assert sorted(set(IDS) - set(names)) == [], "rows without an address"
    assert len(IDS) == len(set(IDS)), "two rows for one address"


def test_no_persona_is_missing() -> None:
    """Everybody of the table takes part, and nobody who is not in it (A1)."""
    told = {name for names in PROMISED.values() for name in names}
    assert set(PROMISED) == {f"P{number}" for number in range(17)}
    assert told == set(PERSONAS)


class Complaints(list[str]):
    """What was wrong in one row's cells, and how many there were."""

    cells = 0

    def told(self) -> None:
        """Fail with all of them."""
        if self:
            pytest.fail("\n".join(self), pytrace=False)

    def check(
        self, row: Row, persona: str, method: str, answer: Answer, codes: Any, why: str
    ) -> None:
        """Count the cell; note a status that is not among `codes`, a fault, a forbidden word."""
        self.cells += 1
        where = f"{persona} {method} {row.name} ({why})"
        if answer.code not in codes:
            self.append(f"{where}: {answer.code}, not {codes} {answer.location} {answer.fault}")
        elif persona in SIGNED_OUT and persona not in row.may and answer.code == 302:
            self += [] if "login" in answer.location else [f"{where}: not sent to sign-in"]
        if persona in SIGNED_OUT:
            return
        if "no-store" not in answer.headers.get("Cache-Control", ""):
            self.append(f"{where}: may be cached")
        if "Cookie" not in answer.headers.get("Vary", ""):
            self.append(f"{where}: does not vary by cookie")


def foreign_marker(persona: str) -> str:
    """The word that this persona must never read; "" for those who may read all."""
    if persona in STAFF:
        return ""
    return HOME if persona.startswith("other_") else OTHER


def leaks(row: Row, persona: str, answer: Answer) -> str:
    """The marker of a tenant this persona has nothing to do with, when the answer holds it."""
    marker = foreign_marker(persona)
    return marker if marker and marker in answer.body else ""


def near(row: Row, persona: str) -> bool:
    """Whether the row is about this persona: the related, one outsider and the anonymous."""
    if len(row.may) > MANY:
        return persona in ("anonymous", "verified", "seller_admin")
    return persona in row.may | row.refused | {"anonymous", "verified"}


def in_turn(row: Row, persona: str, of: int) -> bool:
    """Whether it is this persona's turn at this row, as it is at one row in `of`.

    All those a row is not about get one and the same answer: each of them meets a part of the
    rows, and each row several of them. In a soak everybody meets everything.
    """
    return SOAK or near(row, persona) or (IDS.index(row.name) + PERSONAS.index(persona)) % of == 0


def methods_for(row: Row, persona: str) -> tuple[str, ...]:
    """All of them where the row is about the persona; else a look and a form, in turn."""
    if SOAK or near(row, persona):
        return METHODS
    if persona in row.may:
        return ("GET", "POST")
    return ("POST",) if in_turn(row, persona, 2) else ("GET",)


@pytest.mark.sqlite
def test_every_page_opens(sweep: Sweep) -> None:
    """What pages ask of the database they can ask of SQLite, too (of PostgreSQL: below)."""
    for row in ROWS:
        answer = sweep.send(row.manager, "GET", row.url(sweep.world.home))
        assert answer.code in row.expected(row.manager, "GET"), (row.name, answer.fault)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_every_cell_answers_as_the_table_says(row: Row, sweep: Sweep, record_property: Any) -> None:
    """Own address, every persona and method; refusals write nothing (A1, A14, N6)."""
    wrong = Complaints()
    url = row.url(sweep.world.home)
    for persona in PERSONAS:
        for method in methods_for(row, persona):
            answer = sweep.send(persona, method, url)
            wrong.check(row, persona, method, answer, row.expected(persona, method), "own")
            if marker := leaks(row, persona, answer):
                wrong.append(f"{persona} {method} {row.name}: shows {marker}")
            writes = method == "POST" or (method == "GET" and row.logged)
            let_in = persona in row.may and row.allows(method) and writes
            if answer.changed and not let_in:
                wrong.append(f"{persona} {method} {row.name}: wrote {answer.wrote}")
            wrong += unlike_missing(row, persona, method, answer, sweep)
            wrong += secrets_in(row, persona, method, answer, sweep)
    record_property("cells: access", wrong.cells)
    wrong.told()


def unlike_missing(
    row: Row, persona: str, method: str, answer: Answer, sweep: Sweep
) -> Iterator[str]:
    """Without a relation, the answer is the very one that a page which does not exist gives."""
    related = persona in row.may | row.refused or persona in SIGNED_OUT or not row.at
    if related or method not in ("GET", "POST") or answer.code != 404:
        return
    if answer.masked() != sweep.missing_page(persona, method).masked(NOBODY_THERE):
        yield f"{persona} {method} {row.name}: unlike a page that is not there"


def secrets_in(row: Row, persona: str, method: str, answer: Answer, sweep: Sweep) -> Iterator[str]:
    """Passwords and tokens that the answer shows, by whose they are (A7, I6)."""
    if answer.code != 200 or (method == "POST" and row.name.endswith(SHOWS_LINK)):
        return
    for what, secret in sweep.secrets.items():
        if secret in answer.body:
            yield f"{persona} {method} {row.name}: shows the {what}"


def elsewhere(row: Row, sweep: Sweep) -> Iterator[tuple[str, str, str]]:
    """Where the row leads with ids of others: why, there, and with ids nobody has.

    The other tenant's ids in one's own account, the other tenant's account, and the account of a
    seller with whom one was connected formerly. An account that nobody has is "", whatever page.
    """
    home, other = sweep.world.home, sweep.world.other
    if row.has_ids:
        yield "foreign id", row.url(other, house=home), row.url(home, found=False)
    if "org" in row.at:
        yield "foreign account", row.url(other), ""
    if row.portal == "seller":
        yield "former client", row.url(home, org=home["former_seller"].handle), ""


def unknown_page(
    row: Row, persona: str, method: str, unknown: str, theirs: Answer, sweep: Sweep, hidden: Any
) -> Answer:
    """What an id that nobody has answers; "" stands for an account that nobody has.

    A portal has one page for all that is not there. The manager is always sent to the unknown id
    of this very row, others only when the answer is unlike the portal's page, or in a soak.
    """
    if not unknown:
        return sweep.missing_page(persona, method)
    known = sweep.unknown.get((row.portal, persona, method, theirs.code))
    like = known and theirs.masked(*hidden) == known.masked(NOBODY_THERE, *hidden)
    if known and like and persona != row.manager and not SOAK:
        return known
    answer = sweep.send(persona, method, unknown)
    if answer.code in (403, 404):
        sweep.unknown.setdefault((row.portal, persona, method, answer.code), answer)
    return answer


FORMERLY = {"provider_admin", "provider_employee", "supplier_admin", "seller_admin", "verified"}


def tried(row: Row, persona: str, why: str) -> bool:
    """Whether this persona takes part: with foreign ids those whom the row is about.

    In a foreign account all are strangers, whatever they are at home: the manager and the
    anonymous go everywhere, of the others each to one row in six.
    """
    if why != "foreign account":
        return in_turn(row, persona, 6)
    turn = (IDS.index(row.name) + PERSONAS.index(persona)) % 6 == 0
    return SOAK or turn or persona in (row.manager, "anonymous")


def related_to_other(row: Row, persona: str, why: str) -> bool:
    """Whether the other tenant's ids are this persona's own, or their business."""
    if persona in STAFF and row.portal == "admin":
        return True
    if why == "former client":
        # Whoever was connected, and one of each kind that was not.
        return persona not in FORMERLY and not SOAK
    return persona.startswith("other_") and not (why == "foreign id" and "org" in row.at)


@pytest.mark.parametrize("row", [row for row in ROWS if row.at], ids=lambda row: row.name)
def test_what_is_not_theirs_does_not_exist(row: Row, sweep: Sweep, record_property: Any) -> None:
    """The other tenant's ids, in their account and in one's own, answer like unknown ones (A3)."""
    wrong = Complaints()
    tenants = (sweep.world.home, sweep.world.other)
    hidden = [each.handle for tenant in tenants for each in tenant.organizations.values()]
    for why, foreign, unknown in elsewhere(row, sweep):
        for persona in PERSONAS:
            if related_to_other(row, persona, why) or not tried(row, persona, why):
                continue
            for method in ("GET", "POST"):
                theirs = sweep.send(persona, method, foreign)
                random = unknown_page(row, persona, method, unknown, theirs, sweep, hidden)
                wrong.check(row, persona, method, theirs, (random.code,), why)
                if theirs.masked(*hidden) != random.masked(NOBODY_THERE, *hidden):
                    wrong.append(f"{persona} {method} {row.name} ({why}): unlike an unknown id")
                if theirs.changed or random.code >= 500 or leaks(row, persona, theirs):
                    wrong.append(f"{persona} {method} {row.name} ({why}): {theirs.wrote}")
    record_property("cells: access", wrong.cells)
    wrong.told()


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
def test_who_may_not_cannot_with_the_right_form(
    row: Row, sweep: Sweep, record_property: Any
) -> None:
    """The manager's form is taken from the manager, and from nobody without the right (A2)."""
    wrong = Complaints()
    assert row.body
    home = sweep.world.home
    url = row.url(home)
    answer = sweep.send(row.manager, "POST", url, row.body(home))
    allowed = row.then if isinstance(row.then, tuple) else (row.then,)
    wrong.check(row, row.manager, "POST", answer, allowed, "the manager's form")
    if not answer.changed:
        wrong.append(f"{row.name}: the manager's form changes nothing")
    for persona in PERSONAS:
        if persona in row.may or not in_turn(row, persona, 3):
            continue
        answer = sweep.send(persona, "POST", url, row.body(home))
        wrong.check(row, persona, "POST", answer, row.expected(persona, "POST"), "valid form")
        if answer.changed:
            wrong.append(f"{persona} {row.name}: wrote {answer.wrote}")
    record_property("cells: access", wrong.cells)
    wrong.told()


def test_no_form_is_left_out(sweep: Sweep) -> None:
    """Every form of the portals has its right content in the table, or is whole when empty (A2)."""
    for row in ROWS:
        if row.post is None or row.body or row.portal not in ("seller", "provider", "supply"):
            continue
        answer = sweep.send(row.manager, "POST", row.url(sweep.world.home))
        assert answer.changed or row.name in OTHER_STATE, f"{row.name}: its form is never tried"


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_no_ending_makes_a_page_a_file(row: Row, sweep: Sweep) -> None:
    """A page's address with the ending of a file is no page that a cache would keep (A14)."""
    url = row.url(sweep.world.home)
    endings = ("x.js", "x.css", ";a", "%2e")
    for ending in endings if SOAK else endings[IDS.index(row.name) % 2 :: 2]:
        answer = sweep.send(row.manager, "GET", url.rstrip("/") + "/" + ending)
        assert answer.code != 200, f"{url}{ending}"


def test_public_views_are_exactly_these() -> None:
    """Whatever opens without signing in stands in the list of the documentation (A15)."""
    public = {name for name, view in patterns() if not getattr(view, "login_required", True)}
    text = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text()
    section = text.partition("## Open without signing in")[2].partition("\n## ")[0]
    assert public == set(re.findall(r"`([a-z:_-]+)`", section))
