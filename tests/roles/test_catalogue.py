"""The role catalogue is complete, and a flawed one is refused."""

import pytest

from roles.catalogue import (
    CATALOGUE_FILE,
    CATEGORIES,
    LEVELS,
    RESTRICTIONS,
    CatalogueError,
    questions_for,
    read_catalogue,
)


def test_the_shipped_catalogue():
    rows = read_catalogue()
    assert len(rows) == 68
    assert len(CATEGORIES) == 10
    assert {row.highest_level for row in rows} == set(LEVELS)
    assert {row.code for row in rows if not row.grantable} == {
        "settings.authorized_partners",
        "settings.user_permissions",
        "settings.payout_method",
    }
    shipments = next(row for row in rows if row.code == "inventory.fba_shipments")
    assert (shipments.category, shipments.highest_level, shipments.restricted) == (
        "inventory",
        "admin",
        False,
    )


def test_each_reason_asks_something_and_slugs_are_unique():
    for reason in RESTRICTIONS:
        assert questions_for([reason])
    slugs = [question.slug for question in questions_for(RESTRICTIONS)]
    assert len(set(slugs)) == len(slugs)
    assert all(slug.isidentifier() for slug in slugs)


def test_every_restricted_role_has_questions_and_no_other_has():
    for row in read_catalogue():
        assert bool(questions_for(row.restricted_because)) is row.restricted


def test_reasons_may_be_words():
    assert questions_for("personal_data money") == questions_for(["money", "personal_data"])
    assert questions_for("") == ()
    with pytest.raises(KeyError):
        questions_for("weather")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("code,name", "name,code"),
        ("Advertising,", "Advertisement,"),
        (",admin,", ",owner,"),
        (",money,", ",weather,"),
        ("none,access,no", "none,access,yes"),
        ("none,access,no", "view,access,no"),
        (",admin,,yes", ",admin,,maybe"),
        ("inventory.upload", "stock.upload"),
        ("orders.refunds,", "orders.returns,"),
        (",Vine,", ",,"),
        (",Vine,", ","),
        (",Vine,", ",Vine,x,"),
        (",Vine,", ",Deals,"),
        ("services.requests", "#"),
    ],
)
def test_a_flawed_catalogue_is_refused(tmp_path, old, new):
    text = CATALOGUE_FILE.read_text("utf-8")
    assert old in text
    flawed = tmp_path / "catalogue.csv"
    flawed.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CatalogueError):
        read_catalogue(flawed)
