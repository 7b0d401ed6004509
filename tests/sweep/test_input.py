"""What bad input does: every field of every form, every query parameter (B1, B2, B4, B11)."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.sweep.engine import Answer, Sweep, outer
from tests.sweep.page_forms import Field, PageForm, forms_of
from tests.sweep.table import ROWS
from tests.sweep.table.rows import Row
from tests.sweep.world import OTHER

pytestmark = [pytest.mark.django_db, pytest.mark.grows]
SOAK = os.environ.get("SOAK") == "1"
PAGES = [row for row in ROWS if row.get is not None]
WITH_BODY = [row for row in ROWS if row.body]
WITH_QUERY = [row for row in ROWS if row.query]
# Typed words that are shown again; what cannot be shown again is told at its field alone.
NAMES_THE_FIELD = (
    "is-invalid",
    "error-summary",
    'class="notice',
    'role="alert"',
    "alert",
    "errorlist",
)
MEGABYTE = "m" * 1_000_000
SPOILED = ["a\0b", MEGABYTE, "9" * 40, "no such choice", [b"\xed\xb0\x80"], "", None, ["x", "y"]]
QUERY = [
    "%00",
    quote("x" * 3000),
    "9" * 40,
    "-1",
    "%25_%5C",
    "%ED%A0%80",
    "%FF",
    "NaN",
    quote("é" * 9),
    "",
]


def bad_values(each: Field, foreign: str) -> Iterator[tuple[str, Any]]:
    """What is sent in this field's place, and what that is."""
    if each.kind == "file":
        yield "a program", SimpleUploadedFile("id.pdf", b"MZ\x90\x00 not a document")
        yield "words", "no file at all"
        return
    first = each.values[0] if each.values else ""
    yield "NUL", "a\0b"
    yield "a megabyte", MEGABYTE
    yield "a huge number", "9" * 40
    yield "a number that is none", "NaN"
    yield "a half of a character", [b"\xed\xb0\x80"]
    yield "another tenant's id", foreign
    yield "twice", [first, "the second"]


def told(answer: Answer) -> bool:
    """Whether a refused form says so where it stands."""
    return any(word in answer.body for word in NAMES_THE_FIELD)


def tried(sweep: Sweep, row: Row, url: str, form: PageForm, seen: set[Any]) -> Iterator[str]:
    """Send the form once for each field and fault; what is wrong with the answers."""
    target = form.action or url
    filled = form.filled()
    foreign = str(sweep.world.other["share"].public_id)
    for place, each in enumerate(first_of_each(form)):
        for what, value in in_turn([*bad_values(each, foreign), ("nothing", None)], place):
            seen.add((target, each.name, what))
            data = {name: kept for name, kept in filled.items() if name != each.name}
            if value is not None:
                data[each.name] = value
            answer = sweep.send(row.manager, "POST", target, data)
            where = f"{row.manager} POST {target}, {each.name}: {what}"
            if answer.code >= 500:
                yield f"{where}: {answer.code} {answer.fault}"
            elif answer.code >= 400 and answer.changed:
                yield f"{where}: refused, but wrote {answer.wrote}"
            elif answer.code == 422 and not told(answer):
                yield f"{where}: refused without a word"
            elif answer.code == 422 and (lost := _lost(form, each, filled, answer)):
                yield f"{where}: what was typed into {lost} is gone"
            if OTHER in answer.body and not row.name.startswith("admin:"):
                yield f"{where}: shows the other tenant"


def in_turn(values: list[Any], place: int, of: int = 2) -> list[Any]:
    """One value in so many, the others at the next places; in a soak all at each.

    Most fields are tried twice, on the page and in the manager's form: mostly with other values.
    """
    return values if SOAK else values[place % of :: of]


def first_of_each(form: PageForm) -> list[Field]:
    """The fields to try: of equal rows the first, since one code reads them all."""
    if SOAK:
        return list(form.fields.values())
    rows = Counter[str]()
    fields = []
    for each in form.fields.values():
        pattern = re.sub(r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}", "*", each.name)
        rows[pattern] += 1
        if pattern == each.name or rows[pattern] == 1:
            fields.append(each)
    return fields


def _lost(form: PageForm, bad: Field, filled: dict[str, Any], answer: Answer) -> str:
    """The first text field whose words the refused form no longer holds."""
    for each in form.fields.values():
        typed = filled.get(each.name)
        if each is bad or not each.is_text or not isinstance(typed, str) or not typed:
            continue
        if escape(typed) not in answer.body and typed not in answer.body:
            return each.name
    return ""


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_every_field_refuses_what_it_cannot_take(
    row: Row, sweep: Sweep, record_property: Any
) -> None:
    """Each form on the page, field by field: never a fault, nothing half written (B1, B2)."""
    url = row.url(sweep.world.home)
    page = sweep.send(row.manager, "GET", url)
    seen: set[Any] = set()
    wrong: list[str] = []
    for form in forms_of(page.body) if page.code == 200 else []:
        if form.method == "post" and (form.action or url) == url and form.fields:
            wrong += tried(sweep, row, url, form, seen)
    record_property("cells: input", len(seen))
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


# An incomplete application is kept as the draft it is: what was typed is saved, nothing submitted.
KEEPS_A_DRAFT = {"provider:application-submit"}


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
def test_the_right_form_spoiled_and_sent_twice(
    row: Row, sweep: Sweep, record_property: Any
) -> None:
    """The manager's form with one field spoiled at a time; then twice in a row (B2)."""
    assert row.body
    url, cells, wrong = row.url(sweep.world.home), 0, []
    for place, name in enumerate(row.body(sweep.world.home), WITH_BODY.index(row)):
        for value in in_turn(SPOILED, place, 4):
            data = {k: v for k, v in row.body(sweep.world.home).items() if k != name}
            if value is not None:
                data[name] = value
            answer = sweep.send(row.manager, "POST", url, data)
            cells += 1
            kept = answer.code >= 400 and answer.changed and row.name not in KEEPS_A_DRAFT
            if answer.code >= 500 or kept:
                shown = str(value)[:12]
                wrong.append(f"{row.name} {name}={shown!r}: {answer.code} {answer.fault}")
    with outer():
        for _ in range(2):
            answer = sweep.send(row.manager, "POST", url, row.body(sweep.world.home), keep=True)
            cells += 1
    if answer.code >= 500:
        wrong.append(f"{row.name} twice: {answer.code} {answer.fault}")
    record_property("cells: input", cells)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize("row", WITH_QUERY, ids=lambda row: row.name)
def test_query_parameters_take_anything(row: Row, sweep: Sweep, record_property: Any) -> None:
    """A strange value shows the page, or 400 or 404: never a fault (B1, B4)."""
    url, cells, wrong = row.url(sweep.world.home), 0, []
    for place, name in enumerate(row.query, WITH_QUERY.index(row)):
        for value in in_turn(QUERY, place):
            answer = sweep.send(row.manager, "GET", f"{url}?{name}={value}&{name}={value}")
            cells += 1
            if answer.code >= 500 or answer.changed:
                wrong.append(f"{row.name}?{name}={value[:20]}: {answer.code} {answer.fault}")
    record_property("cells: input", cells)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize(
    ("method", "headers", "codes"),
    [
        ("GET", {"Cookie": "sessionid=" + "x" * 100_000}, (302, 400)),
        ("GET", {"Host": "evil.example"}, (400,)),
        ("TRACE", {}, (400, 405)),
    ],
)
def test_strange_requests_are_refused(
    method: str, headers: dict[str, str], codes: tuple[int, ...], sweep: Sweep
) -> None:
    """Headers and methods that no browser sends to us (B11)."""
    answer = sweep.send("anonymous", method, "/identity/", headers=headers)
    assert answer.code in codes


def test_too_many_fields_are_refused(sweep: Sweep) -> None:
    """More fields than any form of ours has (B3)."""
    data = {f"field-{number}": "1" for number in range(3100)}
    assert sweep.send("seller_admin", "POST", "/start/seller/", data).code in (400, 413)
