"""One key for all spellings of a text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spellings import is_invisible, search_key, visible

ACCENTED = "äöüÄÖÜéèêÉñçãõåøłśžőűґїйёάώ"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("muller", "Müller"),
        ("MÜLLER", "Müller"),
        ("mu\u0308ller", "Müller"),
        ("strasse", "Straße"),
        ("STRASSE", "straße"),
        ("istanbul", "İstanbul"),
        ("lodz", "Łódź"),
        ("oeuvre", "ŒUVRE"),
        ("Full", "Ｆｕｌｌ"),
        ("ガ", "ｶﾞ"),
        ("1Z9", "1Z\u20609"),
        ("office", "ofﬁce"),
        ("a b", " a\u00a0 b\n"),
        ("O'Neill", "O’Neill"),
        ("Levi-Strauss", "Lévi\u2011Strauss"),
        ("한국", unicodedata.normalize("NFD", "한국")),
        ("мой", "МОИ\u0306"),
    ],
)
def test_spellings_of_one_text_have_one_key(typed, stored):
    assert search_key(typed) == search_key(stored)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("कि", "का"), ("क", "क्"), ("a", "b")])
def test_other_letters_have_other_keys(one, other):
    assert search_key(one) != search_key(other)


def test_keys_sort_as_people_look_names_up():
    names = ["Zed", "ann", "Émile", "Bob", "Ärne", "Örsted", "Olga", "Ågot", "Łukasz", "Mia"]
    assert sorted(names, key=search_key) == [
        "Ågot",
        "ann",
        "Ärne",
        "Bob",
        "Émile",
        "Łukasz",
        "Mia",
        "Olga",
        "Örsted",
        "Zed",
    ]


@given(st.text(max_size=30))
def test_a_key_is_its_own_key_whatever_the_form_and_the_case(text):
    key = search_key(text)
    assert search_key(key) == key
    assert not any(map(is_invisible, key))
    for form in ("NFC", "NFD"):
        assert search_key(unicodedata.normalize(form, text)) == key


@given(
    st.text(st.sampled_from(ACCENTED + "abc xyz 09.@-"), max_size=20),
    st.text(st.sampled_from(ACCENTED + "abc xyz 09.@-"), max_size=20),
    st.sampled_from("\u2060\u200b\u200d\u00ad\ufeff\u202e\ufe0f\u3164"),
)
def test_a_part_is_found_in_the_whole_however_it_was_typed(before, part, joiner):
    whole = search_key(before + joiner + part)
    for typed in (part, part.upper(), part.lower(), joiner.join(part)):
        assert search_key(typed) in whole


@given(st.text(max_size=40))
def test_visible_text_holds_nothing_that_is_not_seen(text):
    assert not any(map(is_invisible, visible(text)))
