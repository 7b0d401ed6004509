"""The inbound API's words and the centre list."""

import pytest

from supplychain.centers import UnknownCenter, centers, get_center
from supplychain.vocabulary import Owner, PrepType, UnknownWord, owner, prep_type


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("ITEM_POLYBAGGING", PrepType.ITEM_POLYBAGGING),
        ("Polybagging", PrepType.ITEM_POLYBAGGING),
        ("ShipsInProductPackaging", PrepType.ITEM_SIOC),
        ("No prep needed", PrepType.ITEM_NO_PREP),
        ("", PrepType.ITEM_NO_PREP),
    ],
)
def test_prep_words_of_all_generations(word, meant):
    assert prep_type(word) is meant


def test_owner_words():
    assert [owner(word) for word in ("Seller", " AMAZON ", "none", "")] == [
        Owner.SELLER,
        Owner.AMAZON,
        Owner.NONE,
        Owner.NONE,
    ]


@pytest.mark.parametrize("read", [prep_type, owner])
def test_unknown_words_are_refused(read):
    with pytest.raises(UnknownWord, match="weird"):
        read("weird")


def test_all_centers_are_listed_and_cannot_be_changed():
    assert len(centers()) == 473
    assert sum(len(code) == 4 and code[3].isdigit() for code in centers()) < 473
    with pytest.raises(TypeError):
        centers()["ZZZ9"] = get_center("ABE2")


def test_center_by_code():
    center = get_center(" abe2 ")
    assert (center.code, center.country, center.state) == ("ABE2", "US", "PA")
    for code in ("ZZZ9", "", "ABE2\0", "x" * 1000):
        with pytest.raises(UnknownCenter):
            get_center(code)
