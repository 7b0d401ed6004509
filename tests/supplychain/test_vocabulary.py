"""The inbound API's words and the centre list."""

import pytest

from supplychain.centers import UnknownCenter, center_code, centers, country_of, place_of
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
    assert len(centers()) == 1701
    assert sum(len(code) == 4 and code[3].isdigit() for code in centers()) < 1701
    assert {center.country for center in centers().values()} == {
        *("US", "DE", "IN", "JP", "GB", "FR", "CA", "CN", "ES", "IT", "PL", "AU", "MX", "CZ"),
        *("BR", "BD", "VN", "SG"),
    }
    with pytest.raises(TypeError):
        centers()["ZZZ9"] = centers()["ABE2"]


def test_center_by_code():
    """However it is spaced or cased; a code that is not listed is one all the same."""
    assert center_code(" abe2 ") == "ABE2"
    assert (place_of("ABE2"), country_of("ABE2")) == ("PA, US", "US")
    assert (place_of("BHX1"), country_of("BHX1")) == ("GB", "GB")
    assert (center_code("zzz9"), place_of("ZZZ9"), country_of("ZZZ9")) == ("ZZZ9", "", "")
    for code in ("", "AB", "ABE2\0", "ABE-2", "ÄBE2", "x" * 9, "x" * 1000):
        with pytest.raises(UnknownCenter, match=r"^A centre’s code .*\.$"):
            center_code(code)
