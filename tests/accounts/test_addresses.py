"""Which addresses are accepted, and that each has one spelling."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import (
    AddressError,
    AddressField,
    NamedAddressForm,
    budget_key,
    canonical,
    entries,
    masked,
)
from accounts.names import NameField

DATA = Path(__file__).parent.parent / "data" / "email_addresses.json"
SIGNS = str.maketrans({"␀": "\0", "␇": "\a", "␊": "\n", "␍": "\r"})
ADDRESSES = {
    row["id"]: row["address"].translate(SIGNS) for row in json.loads(DATA.read_text("utf-8"))
}
# White space around an address is ignored, line ends included.
ACCEPTED = {
    "9": "test@nominet.org.uk",
    "21": "123@iana.org",
    "25": "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghiklm@iana.org",
    "29": "test@mason-dixon.com",
    "33": "test@iana.co-uk",
    "89": "test@iana.org",
    "101": "xn--test@iana.org",
    "142": "test@iana.org",
    "146": "test@iana.org",
    "150": "test@iana.org",
    "154": "test@iana.org",
    "158": "test@iana.org",
}


def test_public_list_is_complete():
    assert len(ADDRESSES) == 41


@pytest.mark.parametrize("number", ADDRESSES)
def test_public_list_gets_the_decided_verdict(number):
    if number in ACCEPTED:
        assert canonical(ADDRESSES[number]) == ACCEPTED[number]
    else:
        with pytest.raises(AddressError):
            canonical(ADDRESSES[number])


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Anna.Ott+x@Example.COM ", "anna.ott+x@example.com"),
        ("a@Bücher.example", "a@xn--bcher-kva.example"),
        ("a@bu\u0308cher.example", "a@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
        ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"),
        ("o'neil@example.ie", "o'neil@example.ie"),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
    ],
)
def test_canonical_spelling(typed, stored):
    assert canonical(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "mi\u212ae@example.com",
        "je\u017fs@example.com",
        "m\u0131ke@example.com",
        "ａnna@example.com",
        "anna@ｅxample.com",
        "anna@example。com",
        "anna@exam\u212aple.com",
        "anna@exаmple.com",
        "anna@аррӏе.com",
        "anna@xn--80ak6aa92e.com",
        "anna@яндекс.com",
        "anna@[192.0.2.1]",
        "anna@192.0.2.1",
        "anna@example.com.",
        "anna@exam@ple.com",
        "anna@",
        "anna",
        "anna@example.com\u200b",
        "an\u202ena@example.com",
        "anna@exa\0mple.com",
        "\0anna@example.com",
        "anna@example.com\nBcc: b@example.com",
        "anna@ex_ample.com",
        "anna@-example.com",
        "anna@example..com",
        "anna@xn--a.com",
        "anna.@example.com",
        "anna@example.c",
        "anna@example.12",
        "Anna <anna@example.com>",
        f"{'a' * 65}@example.com",
        f"a@{'a' * 64}.com",
        f"{'a' * 60}@{'.'.join(['b' * 48] * 4)}.com",
    ],
)
def test_refused_with_a_sentence(typed):
    with pytest.raises(AddressError, match=r"^[A-Z].*\.$"):
        canonical(typed)


def test_longest_address_is_accepted():
    address = f"{'a' * 54}@{'.'.join(['b' * 48] * 4)}.com"
    assert len(address) == 254
    assert canonical(address) == address


@given(st.text())
def test_any_text_is_refused_or_becomes_stable(text):
    try:
        address = canonical(text)
    except AddressError:
        return
    assert canonical(address) == address
    assert address.isascii()


@given(st.emails())
def test_canonical_of_addresses_is_stable_and_ignores_case(typed):
    try:
        address = canonical(typed)
    except AddressError:
        return
    assert canonical(address) == canonical(typed.upper()) == address


def test_budget_key_drops_dots_and_tag():
    key = "annaott@example.com"
    assert {budget_key(typed) for typed in ("Anna.Ott@example.com", "a.nnaott+1@EXAMPLE.com")} == {
        key
    }
    assert budget_key("+tag@example.com") == "+tag@example.com"


def test_masked_shows_the_first_letters_only():
    assert masked("anna@example.com") == "a***@e…"


def test_field_cleans_to_the_canonical_address():
    assert AddressField().clean(" Anna@Example.com\r\n") == "anna@example.com"
    assert AddressField(required=False).clean("  ") == ""


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ann Lee <ann@x.example>", "ann@x.example"),
        ('"Lee, Ann" <Ann@x.example>', "ann@x.example"),
        ("<ann@x.example>", "ann@x.example"),
        ("mailto:ann@x.example", "ann@x.example"),
        ("ann\u2060@x\u2060.\u2060example", "ann@x.example"),
        ("\u200bann@x.example\ufeff", "ann@x.example"),
        ("Ann <ann@müller.example>", "ann@xn--mller-kva.example"),
    ],
)
def test_a_field_for_one_address_takes_what_people_copy(typed, stored):
    assert AddressField().clean(typed) == stored


@pytest.mark.parametrize("typed", ["Ann <ann@x.example>, Bob <bob@x.example>", "Ann <ann>", "<>"])
def test_a_field_for_one_address_refuses_none_and_two(typed):
    with pytest.raises(ValidationError):
        AddressField().clean(typed)


def test_a_name_before_the_address_fills_an_empty_field():
    class Form(NamedAddressForm):
        name = NameField(required=False)
        address = AddressField()

    def names(**data):
        form = Form(data)
        assert form.is_valid(), form.errors
        return form.cleaned_data["name"], form.cleaned_data["address"]

    assert names(address='"Lee, Ann" <a@x.example>') == ("Lee, Ann", "a@x.example")
    assert names(address="Ann <a@x.example>", name="Bo") == ("Bo", "a@x.example")
    Form.base_fields["name"].required = True
    assert names(address="Ann <a@x.example>") == ("Ann", "a@x.example")
    assert "name" in Form({"address": "www.evil.example/x <a@x.example>"}).errors


def test_an_address_is_shown_in_its_own_letters():
    field = AddressField()
    assert field.prepare_value("ann@xn--mller-kva.example") == "ann@müller.example"


PEOPLE = st.tuples(
    st.text(st.sampled_from("Ann Ée,.'’-Ü"), min_size=1, max_size=12)
    .map(lambda name: " ".join(name.split()))
    .filter(lambda name: name.strip("' ,.-’")),
    st.from_regex(r"[a-z]{1,6}@[a-z]{1,6}\.example", fullmatch=True),
)


@given(st.lists(PEOPLE, min_size=1, max_size=4), st.sampled_from([", ", "; ", ",\n", ";"]))
def test_what_mail_programs_write_is_read_back(people, between):
    text = between.join(f'"{name}" <{address}>' for name, address in people)
    read = [(one.name.strip("' "), one.address) for one in entries(text)]
    assert read == [(name.strip("' "), address) for name, address in people]


@pytest.mark.parametrize(
    "typed", ["", "anna", "anna@[192.0.2.1]", "an\0na@example.com", "a" * 100_000]
)
def test_field_refuses_at_the_field(typed):
    with pytest.raises(ValidationError):
        AddressField().clean(typed)


def test_an_address_without_the_sign_is_told_so() -> None:
    with pytest.raises(AddressError, match="exactly one @"):
        canonical("mill(at)mail.example")
