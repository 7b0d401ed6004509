"""One form of a password wherever it is typed, and passwords that are tried first."""

import unicodedata

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from accounts.passwords import GuessedFirstValidator
from tests.accounts.test_entrance import code_in, confirm, is_signed_in, sign_in, sign_up
from tests.factories.accounts import administrator, member, organization, person
from tests.support import drain, signed_in

pytestmark = pytest.mark.django_db
PHRASE = "Brücke fährt über Ärger"
COMPOSED, APART = unicodedata.normalize("NFC", PHRASE), unicodedata.normalize("NFD", PHRASE)
FORMS = [(COMPOSED, APART), (APART, COMPOSED)]


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("accounts.middleware.EVEN_SECONDS", 0)


def with_password(password):
    user = person()
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


@pytest.mark.parametrize(("first", "then"), FORMS)
def test_typed_at_sign_up_on_one_device_it_opens_from_another(first, then):
    client = Client()
    sign_up(client, "new@mail.example", password=first)
    confirm(client, code_in(drain()))
    other = Client()
    sign_in(other, "new@mail.example", then)
    assert is_signed_in(other)


@pytest.mark.parametrize(("first", "then"), FORMS)
def test_an_unproved_account_takes_the_form_of_its_owner(first, then):
    sign_up(Client(), "new@mail.example", password="somebody else was first")
    drain()
    cache.clear()  # ten seconds between two codes
    client = Client()
    sign_up(client, "new@mail.example", password=first)
    confirm(client, code_in(drain()))
    assert User.objects.get(email="new@mail.example").check_password(then)


@pytest.mark.parametrize(("first", "then"), FORMS)
def test_changing_and_confirming_take_both_forms(first, then):
    user = with_password(first)
    client = signed_in(user, second_factor=False)
    data = {"oldpassword": then, "password1": then + " neu", "password2": then + " neu"}
    page = client.post("/accounts/password/change/", data)
    assert page.status_code == 302, page.context["form"].errors
    user.refresh_from_db()
    assert user.check_password(first + " neu")


@pytest.mark.parametrize("typed", [COMPOSED, APART, "ﬁve ｗｉｄｅ words apart"])
def test_old_hashes_of_what_was_typed_go_on_working(typed):
    user = person()
    User.objects.filter(pk=user.pk).update(password=make_password(typed))
    client = Client()
    sign_in(client, user.email, typed)
    assert is_signed_in(client)
    sign_in(other := Client(), user.email, typed + "x")
    assert not is_signed_in(other)


def test_an_address_without_account_takes_as_many_hashes(monkeypatch):
    """Else the time of an answer would tell who has an account."""
    counted = []
    real = make_password.__globals__["get_hasher"]("default").encode
    hasher = type(make_password.__globals__["get_hasher"]("default"))
    monkeypatch.setattr(hasher, "encode", lambda *a, **k: counted.append(1) or real(*a[1:], **k))
    user = with_password("something quite different")

    def hashes(email):
        counted.clear()
        sign_in(Client(), email, APART)
        return len(counted)

    assert hashes(user.email) == hashes("nobody@mail.example") == 2


REFUSED = [
    "PartnerHub2026",
    "partner-hub-1",
    "Summer2026!",
    "Sommer2026!",
    "Passwort123!",
    "Welcome2026!",
    "Qwertz123!",
    "2026Berlin!!",
    "Frühling-2026",
    "Bienvenue2026",
    "P@ssw0rd2026!",
    "BlueHarbor2026",
    "blue-harbor-99",
    "HarborBlue!1",
    "JürgenMüller1980",
    "muller.jurgen.77",
    "jmeyer2026x",
    "aaaaaaaaaaaaaaaa",
    "qwertyuiopasdf",
]


@pytest.mark.parametrize("password", REFUSED)
def test_words_of_site_firm_and_person_and_common_patterns_are_refused(password):
    user = person(name="Jürgen Müller", email="jmeyer@harbor.example")
    member(organization("seller", name="Blue Harbor"), user=user)
    with pytest.raises(ValidationError):
        GuessedFirstValidator().validate(password, user)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "kT7#vq9Lp2xw",
        "xkcd-lorem-42-Zug",
        PHRASE,
        "这是一句很长的话没人猜",
        "x" + "kq7 " * 60,
    ],
)
def test_passwords_nobody_tries_are_taken(password):
    GuessedFirstValidator().validate(password, person(name="Jürgen Müller"))


def test_the_marketplace_s_words_are_refused(settings):
    settings.MARKETPLACE_NAME = "Mercado Sur"
    with pytest.raises(ValidationError):
        GuessedFirstValidator().validate("MercadoSur2026x", person())


def test_refused_wherever_a_password_is_set():
    page = sign_up(Client(), name="Wilma Feuerstein", password="wilma-feuerstein-1")
    assert b"little more than a name" in page.content
    user = administrator(organization("seller", name="Blue Harbor"), identified=False)
    client = signed_in(user, second_factor=False)
    bad = {"oldpassword": "correct horse battery", "password1": "x-blue-harbor-x"}
    page = client.post("/accounts/password/change/", bad | {"password2": "x-blue-harbor-x"})
    assert b"little more than a name" in page.content
    user.refresh_from_db()
    assert user.check_password("correct horse battery")
