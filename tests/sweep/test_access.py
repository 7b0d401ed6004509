"""Who may open and change what: every address, as everybody, in every relation (A1-A3, A14, N6)."""

import os
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.sweep.engine import METHODS, PERSONAS, SIGNED_OUT, STAFF, Answer, Sweep
from tests.sweep.table import ROWS
from tests.sweep.table.rows import NOBODY_THERE, RANDOM_ID, RANDOM_NUMBER, Row
from tests.sweep.world import HOME, OTHER

pytestmark = [pytest.mark.django_db, pytest.mark.once]
IDS = [row.name for row in ROWS]
WITH_BODY = [row for row in ROWS if row.body]
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# More people than are related to any organization: the page is for everybody.
MANY = 15
# What the desk shows for addresses that it does not know.
CATCH_ALL = "admin:(unnamed)"
PUBLIC = {
    "account-chooser",
    "start",
    "help",
    "help-page",
    "invitation-open",
    "invitation-current",
    "invitation-switch",
    "invitation-set-aside",
    "invitation-ask",
    "admin:login",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_confirm_login_code",
    "account_confirm_password_reset_code",
    "account_complete_password_reset",
    "account_password_reset_completed",
    "mfa_authenticate",
    "mfa_login_webauthn",
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


def methods_for(row: Row, persona: str) -> tuple[str, ...]:
    """All of them for whoever is related, one outsider and the anonymous; all for all in a soak."""
    known = row.may | row.refused | {"anonymous", "verified"}
    public = len(row.may) > MANY and persona not in ("anonymous", "verified", "seller_admin")
    if os.environ.get("SOAK") == "1" or (persona in known and not public):
        return METHODS
    return ("GET", "POST")


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
            let_in = persona in row.may and row.allows(method) and method == "POST"
            if answer.changed and not let_in:
                wrong.append(f"{persona} {method} {row.name}: wrote {answer.wrote}")
    record_property("cells: access", wrong.cells)
    wrong.told()


def elsewhere(row: Row, sweep: Sweep) -> Iterator[tuple[str, str, str]]:
    """Where the row leads with the other tenant's ids: why, there, and with ids nobody has."""
    home, other = sweep.world.home, sweep.world.other
    if row.has_ids:
        yield "foreign id", row.url(other, house=home), row.url(home, found=False)
    if "org" in row.at:
        yield "foreign account", row.url(other), row.url(home, org=NOBODY_THERE)


def related_to_other(row: Row, persona: str, why: str) -> bool:
    """Whether the other tenant's ids are this persona's own, or their business."""
    if persona in STAFF and row.portal == "admin":
        return True
    return persona.startswith("other_") and not (why == "foreign id" and "org" in row.at)


@pytest.mark.parametrize("row", [row for row in ROWS if row.at], ids=lambda row: row.name)
def test_what_is_not_theirs_does_not_exist(row: Row, sweep: Sweep, record_property: Any) -> None:
    """The other tenant's ids, in their account and in one's own, answer like unknown ones (A3)."""
    wrong = Complaints()
    hidden = [each.handle for each in sweep.world.other.organizations.values()]
    for why, foreign, unknown in elsewhere(row, sweep):
        for persona in PERSONAS:
            if related_to_other(row, persona, why):
                continue
            for method in ("GET", "POST"):
                theirs = sweep.send(persona, method, foreign)
                random = sweep.send(persona, method, unknown)
                wrong.check(row, persona, method, theirs, (random.code,), why)
                if theirs.masked(*hidden) != random.masked(NOBODY_THERE):
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
        if persona in row.may:
            continue
        answer = sweep.send(persona, "POST", url, row.body(home))
        wrong.check(row, persona, "POST", answer, row.expected(persona, "POST"), "valid form")
        if answer.changed:
            wrong.append(f"{persona} {row.name}: wrote {answer.wrote}")
    record_property("cells: access", wrong.cells)
    wrong.told()


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
def test_foreign_ids_in_a_form_are_unknown_ids(
    row: Row, sweep: Sweep, record_property: Any
) -> None:
    """An id of the other tenant in any field is refused like one that nobody has (A3)."""
    wrong = Complaints()
    assert row.body
    url = row.url(sweep.world.home)
    own, foreign = row.body(sweep.world.home), row.body(sweep.world.other)
    for name in (
        name for name in own if own[name] != foreign.get(name, own[name]) and is_id(own[name])
    ):
        unknown = RANDOM_NUMBER if str(own[name]).isdigit() else RANDOM_ID
        theirs = sweep.send(row.manager, "POST", url, {**own, name: foreign[name]})
        random = sweep.send(row.manager, "POST", url, {**own, name: unknown})
        wrong.check(row, row.manager, "POST", theirs, (random.code,), f"foreign {name}")
        if theirs.code < 400 or theirs.changed or OTHER in theirs.body:
            wrong.append(f"{row.name}: took the foreign {name}: {theirs.wrote}")
    record_property("cells: access", wrong.cells)
    wrong.told()


def is_id(value: Any) -> bool:
    """Whether a form's value names a row."""
    return isinstance(value, UUID) or str(value).isdigit() or bool(_UUID.fullmatch(str(value)))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_no_ending_makes_a_page_a_file(row: Row, sweep: Sweep) -> None:
    """A page's address with the ending of a file is no page that a cache would keep (A14, V32)."""
    url = row.url(sweep.world.home)
    for ending in ("x.js", "x.css", ";a", "%2e"):
        answer = sweep.send(row.manager, "GET", url.rstrip("/") + "/" + ending)
        assert answer.code != 200, f"{url}{ending}"


def test_public_views_are_exactly_these() -> None:
    """Whatever opens without signing in stands in this list (A15)."""
    public = {name for name, view in patterns() if not getattr(view, "login_required", True)}
    assert public == PUBLIC
