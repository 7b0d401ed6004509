"""A row's search key is always that of its columns, however the row was written."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import EmployeeInvitation, Organization, User
from core.db import FindableQuerySet, make_search_keys, matching, search_key_of
from core.spellings import search_key
from tests.factories.accounts import organization, person

pytestmark = pytest.mark.django_db
AT = datetime(2030, 1, 1, tzinfo=UTC)
MODELS = [model for model in apps.get_models() if search_key_of(model) and not model._meta.proxy]


def key(row):
    return type(row).objects.values_list("search_key", flat=True).get(pk=row.pk)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_whatever_is_searched_keeps_its_keys_true(model):
    assert isinstance(model._default_manager.all(), FindableQuerySet)


def test_saving_all_or_some_columns_writes_the_key():
    user = person(name="Zoë Müller", email="zoe@müller.example")
    assert key(user) == "zoe muller\tzoe@muller.example"
    user.name = "Łucja"
    user.save(update_fields=["name"])
    assert key(user) == "lucja\tzoe@muller.example"
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert key(user) == "lucja\tzoe@muller.example"


def test_updates_of_all_some_and_other_columns_write_the_key():
    one, two = person(name="Ann"), person(name="Bob")
    both = User.objects.filter(pk__in=[one.pk, two.pk])
    both.update(name="Ärne")
    assert [key(one), key(two)] == [f"arne\t{one.email}", f"arne\t{two.email}"]
    User.objects.filter(pk=one.pk).update(name="Émile", email="e@x.example")
    assert key(one) == "emile\te@x.example"
    both.update(is_active=False)
    assert key(one) == "emile\te@x.example"


def test_rows_made_at_once_have_their_keys():
    firm = organization("seller")
    rows = [
        EmployeeInvitation(organization=firm, address=f"a{n}@x.example", name="É", expires_at=AT)
        for n in range(3)
    ]
    EmployeeInvitation.objects.bulk_create(rows)
    assert set(EmployeeInvitation.objects.values_list("search_key", flat=True)) == {
        f"e\ta{n}@x.example" for n in range(3)
    }


def test_old_rows_get_their_keys_in_batches(monkeypatch):
    monkeypatch.setattr("core.db.KEYS_AT_ONCE", 2)
    made = [organization("seller", name=f"Fïrm {n}") for n in range(5)]
    Organization.objects.update(search_key="")
    make_search_keys(Organization.objects.filter(search_key=""))
    assert [key(row) for row in made] == [f"firm {n}\t{made[n].handle}" for n in range(5)]


@pytest.mark.parametrize("typed", ["muller", "MÜLLER", "mu\u0308l", "M\u2060üller", " ller  gmbh"])
def test_a_search_finds_every_spelling(typed):
    firm = organization("seller", name="Müller GmbH")
    organization("seller", name="Miller Ltd")
    assert list(matching(Organization.objects.all(), typed)) == [firm]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "müller%"])
def test_signs_of_the_database_are_text(typed):
    organization("seller", name="Müller GmbH")
    assert not matching(Organization.objects.all(), typed).exists()


@pytest.mark.parametrize("typed", ["ann@müller.example", "ann@xn--mller-kva.example", "@MULLER."])
def test_an_address_is_found_as_it_is_shown_and_as_it_is_stored(typed):
    user = person(email="ann@müller.example")
    assert user.email == "ann@xn--mller-kva.example"
    assert list(matching(User.objects.all(), typed)) == [user]


def test_the_order_is_that_of_people_on_every_database():
    names = ["Zed", "ann", "Émile", "Bob", "Ärne", "Ann Lee", "Anna", "ANN"]
    for name in names:
        organization("seller", name=name)
    rows = Organization.objects.order_by("search_key").values_list("name", flat=True)
    assert list(rows) == sorted(names, key=lambda name: (search_key(name), names.index(name)))


@pytest.mark.postgres
def test_keys_are_compared_byte_by_byte():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, collation_name FROM information_schema.columns "
            "WHERE column_name = 'search_key'"
        )
        assert {tuple(row) for row in cursor.fetchall()} == {
            (model._meta.db_table, "C") for model in MODELS
        }
