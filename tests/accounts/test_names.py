"""Display names, look-alikes and handles."""

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.names import (
    RESERVED_HANDLES,
    NameField,
    NameRefused,
    clean_name,
    code_points,
    handle_for,
    skeleton,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Anna   Ott ", "Anna Ott"),
        ("Cafe\u0301 O'Neil & Söhne, Inc.", "Café O'Neil & Söhne, Inc."),
        ("Bookshop.com B.V.", "Bookshop.com B.V."),
        ("3M", "3M"),
        ("GmbH & Co.KG/Berlin", "GmbH & Co.KG/Berlin"),
        ("Muster GmbH & Co.KG / Hamburg", "Muster GmbH & Co.KG / Hamburg"),
        ("St.Gallen/Zürich AG", "St.Gallen/Zürich AG"),
        ("Studio 1234 5678 GmbH", "Studio 1234 5678 GmbH"),
        ("1234567 Canada Inc.", "1234567 Canada Inc."),
        ("Code 42 Software", "Code 42 Software"),
        ("A.P.Moller/Maersk A/S", "A.P.Moller/Maersk A/S"),
        ("Ａ．Ｂ．Ｃ．株式会社", "Ａ．Ｂ．Ｃ．株式会社"),
        ("Ke$ha · Sons", "Ke$ha · Sons"),
        ("株式会社 例", "株式会社 例"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("{{7*7}} %0d%0a", "{{7*7}} %0d%0a"),
        ("x" * 120, "x" * 120),
    ],
)
def test_accepted_names(typed, stored):
    assert clean_name(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "--",
        "x" * 121,
        "x" * 500,
        '<a href="https://x.example">Click</a>',
        "<img src=x>",
        "See https://x.example",
        "HTTPS://X.EXAMPLE",
        "www.x.example",
        "Buy at x.example/now",
        "mailto:a",
        "Write to a@b.example",
        "Call +1 (206) 555-0100",
        "Call 206 555 0100",
        "Your code is 123456",
        "Your code is 1 2 3 4 5 6",
        "Ваш код 123456",
        "验证码 １２３４５６",
        "PIN: 4821",
        "Code AB12-CD34",
        "123456",
        "Visit evil․com",
        "Visit evil．com",
        "a﹫b",
        "EVIL.COM/login",
        "Anna\nBcc: b@example.com",
        "Anna\r\nOtt",
        "Anna\u2028Ott",
        "Anna \u202egnp.exe",
        "Anna\u200bOtt",
        "Anna\u200dOtt",
        "\ufeffAnna\ufeff",
        "Anna\0",
        "\u3164\u3164",
        "\ud800x",
    ],
)
def test_refused_names(typed):
    with pytest.raises(NameRefused, match=r"^[A-Z].*\.$"):
        clean_name(typed)


@pytest.mark.parametrize(
    "typed", ["G-482913", "Use 482913 now", "Visit evil.com", "evil.co.uk", "Ann 4 8 2 9 1 3"]
)
def test_a_person_s_name_holds_no_domain_and_no_number(typed):
    with pytest.raises(NameRefused):
        clean_name(typed, person=True)


@pytest.mark.parametrize(
    "typed",
    ["J.R. Smith", "St.John Ann", "Ann Lee 3rd", "X Æ A-12", "ANN-MARIE LEE"],
)
def test_people_are_called_many_things(typed):
    assert clean_name(typed, person=True) == typed


@given(st.text())
def test_clean_name_is_stable_and_on_one_line(typed):
    try:
        name = clean_name(typed)
    except NameRefused:
        return
    assert clean_name(name) == name
    assert name.splitlines() == [name]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paypal", "Раураl"),
        ("ACME", "acme"),
        ("Acme, Inc.", "Acme Inc"),
        ("Ａcme", "Acme"),
        ("Café", "Cafe"),
        ("Global", "GIoba1"),
        ("Modern", "Modem"),
        ("Ωmega", "ωmega"),
        ("Σος", "σοσ"),
        ("Straße", "Strasse"),
    ],
)
def test_look_alikes_have_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Acme", "Acne"), ("Blue Ltd", "Blue Inc"), ("東京", "京都")]
)
def test_different_names_have_different_skeletons(one, other):
    assert skeleton(one) != skeleton(other)


@given(st.text())
def test_skeleton_ignores_case(name):
    assert skeleton(name.casefold()) == skeleton(name)


def test_code_points_point_at_the_foreign_letter():
    points = code_points("Pаy")
    assert [point.unusual for point in points] == [False, True, False]
    assert (points[1].code, points[1].name) == ("U+0430", "CYRILLIC SMALL LETTER A")
    assert not any(point.unusual for point in code_points("株式 カイシャ 1"))
    assert code_points("a\u202e")[1].unusual


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Acme & Sons, Inc.", "acme-and-sons-inc"),
        ("O'Neil Ltd.", "oneil-ltd"),
        ("Müller Straße", "muller-strasse"),
        ("3M", "3m-org"),
        ("東京", "org"),
        ("Admin", "admin-org"),
        ("x" * 50, "x" * 32),
    ],
)
def test_handle_from_name(name, handle):
    assert handle_for(name, set()) == handle


def test_handle_goes_round_taken_ones():
    assert handle_for("Acme", {"acme", "acme-2"}) == "acme-3"
    assert handle_for("x" * 50, lambda handle: handle == "x" * 32) == "x" * 30 + "-2"


@given(st.text(), st.sets(st.sampled_from(["org", "org-2", "a-org", "abc"])))
def test_handle_is_always_valid_and_free(name, taken):
    handle = handle_for(name, taken)
    assert re.fullmatch("[a-z0-9-]{3,32}", handle)
    assert handle not in taken | RESERVED_HANDLES
    assert handle.strip("-") == handle
    assert "--" not in handle


def test_field_cleans_and_refuses():
    assert NameField().clean(" Anna  Ott ") == "Anna Ott"
    assert NameField(required=False).clean("") == ""
    with pytest.raises(ValidationError):
        NameField().clean("www.x.example")
