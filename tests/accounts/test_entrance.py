"""Signing up and in: one spelling of an address, mailed codes, invitations, taking over (I17)."""

import re
import statistics
import time
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.invitations import opening
from accounts.models import User
from accounts.states import InvitationStatus
from core import clock
from tests.factories.accounts import (
    PASSWORD,
    administrator,
    employee_invitation,
    organization,
    person,
)
from tests.racing import together
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db

NEW = "new.person@mail.example"
STRONG = "a long enough pass phrase"
OTHER = "quite another pass phrase"


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Answers that take equally long need not do so here."""
    monkeypatch.setattr("accounts.middleware.EVEN_SECONDS", 0)


def sign_up(client, email=NEW, *, name="Alex Meyer", password=STRONG, **extra):
    data = {"name": name, "email": email, "password1": password, "password2": password}
    return client.post("/accounts/signup/", data | extra)


def sign_in(client, email, password=PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def code_in(mails):
    (mail,) = mails
    return re.search(r"^([A-Z0-9]{3,5}-[A-Z0-9]{3,5})$", mail.body, re.MULTILINE)[1]


def confirm(client, code):
    return client.post("/accounts/confirm-email/", {"code": code})


def is_signed_in(client):
    return client.get("/identity/").status_code == 200


# Signing up --------------------------------------------------------------------------------------
def test_signing_up_takes_the_mailed_code():
    client = Client()
    page = sign_up(client, " New.Person@MAIL.example ")
    assert (page.status_code, page.url) == (302, "/accounts/confirm-email/")
    assert not is_signed_in(client)
    mails = drain()
    assert mails[0].to == [NEW]
    assert confirm(client, "AAAA-BBBB").status_code == 422
    page = confirm(client, code_in(mails))
    assert (page.status_code, page.url) == (302, "/")
    assert is_signed_in(client)
    user = User.objects.get()
    assert (user.email, user.name) == (NEW, "Alex Meyer")
    assert EmailAddress.objects.get().verified
    assert drain() == []


@pytest.mark.parametrize(
    "address",
    [
        "mi\u212ae@mail.example",
        "je\u017fs@mail.example",
        "m\u0131ke@mail.example",
        "\uff41bc@mail.example",
        "abc@m\u0430il.example",
        "abc@[127.0.0.1]",
        "abc@mail.example.",
        "a@b@mail.example",
        '"abc def"@mail.example',
        "abc@localhost",
        "abc\x00@mail.example",
    ],
)
def test_look_alike_addresses_are_refused_at_the_field(address):
    client = Client()
    with nothing_changes():
        page = sign_up(client, address)
        assert page.status_code == 422
        assert page.context["form"].errors["email"]
        page = client.post("/accounts/password/reset/", {"email": address})
        assert page.status_code == 422
        page = sign_in(client, address)
        assert page.status_code == 422


def test_names_that_would_be_links_are_refused():
    with nothing_changes():
        page = sign_up(Client(), name="win at https://x.example")
    assert page.status_code == 422
    assert page.context["form"].errors["name"]


@pytest.mark.both
def test_case_variants_are_one_account():
    user = person(email="mike@mail.example")
    client = Client()
    assert sign_in(client, " MIKE@Mail.Example ").url == "/"
    assert is_signed_in(client)
    drain()
    sign_up(Client(), "Mike@MAIL.example")
    assert User.objects.get() == user
    (mail,) = drain()
    assert mail.to == ["mike@mail.example"]
    assert "you have an account already" in mail.subject
    assert "http://localhost/accounts/password/reset/" in mail.body


def test_a_new_password_is_mailed_to_the_stored_spelling():
    person(email="mike@mail.example")
    Client().post("/accounts/password/reset/", {"email": "MIKE@mail.EXAMPLE"})
    assert drain()[0].to == ["mike@mail.example"]


# What differs from one answer to the next, whoever is asked about.
CHANGING = re.compile(r"(?<=nonce-)[\w-]+|(?<=; expires=)[^;]+")


def headers_of(page):
    """Every header with its value, and every cookie's name with where it holds."""
    kept = {name: CHANGING.sub("", value) for name, value in page.headers.items()}
    for name in ("Content-Length", "Expires", "X-Request-ID"):  # the latter two tell the moment
        kept.pop(name, None)
    cookies = {
        name: (morsel["path"], morsel["samesite"], morsel["httponly"], bool(morsel.value))
        for name, morsel in page.cookies.items()
    }
    return tuple(sorted(kept.items())), tuple(sorted(cookies.items()))


def test_the_answer_does_not_tell_who_has_an_account():
    """A12: the same status, headers, cookies and words at every door that takes an address."""
    known = person(email="known@mail.example")
    User.objects.filter(pk=person(email="frozen@mail.example").pk).update(is_active=False)
    person(email="staff@mail.example", is_staff=True)

    def answer(url, data):
        client, asker = Client(), None
        clear_limits()
        if url == "/accounts/email/":
            asker = person()
            client = signed_in(asker)
            client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        page = client.post(url, data)
        shown = client.get(page.url) if page.status_code == 302 else page
        text = shown.content.decode()
        for address in ("known", "frozen", "staff", "missing"):
            text = text.replace(f"{address}@mail.example", "ADDRESS")
        text = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", text)
        if asker:  # another one each time, whose own page names them
            text = text.replace(str(asker.public_id), "ASKER")
        return page.status_code, headers_of(page), headers_of(shown), text

    addresses = [f"{word}@mail.example" for word in ("known", "frozen", "staff", "missing")]
    for make in (
        lambda a: (
            "/accounts/signup/",
            {"name": "N", "email": a, "password1": STRONG, "password2": STRONG},
        ),
        lambda a: ("/accounts/login/", {"login": a, "password": "wrong pass phrase"}),
        lambda a: ("/accounts/password/reset/", {"email": a}),
        lambda a: ("/accounts/email/", {"email": a, "action_add": ""}),
    ):
        answers = {answer(*make(address)) for address in addresses}
        assert len(answers) == 1
        assert not any("/reauthenticate/" in str(each) for each in answers)
    known.refresh_from_db()
    assert known.check_password(PASSWORD)


@pytest.mark.parametrize("url", ["/accounts/signup/", "/accounts/password/reset/"])
def test_answers_take_equally_long(monkeypatch, url):
    """Known, frozen, staff and missing addresses; the slowest part is waited for by all."""
    monkeypatch.setattr("accounts.middleware.EVEN_SECONDS", 0.25)
    person(email="known@mail.example")
    times = []
    for address in ("known@mail.example", "missing@mail.example"):
        data = {"name": "N", "email": address, "password1": STRONG, "password2": STRONG}
        started = time.monotonic()
        assert Client().post(url, data).status_code == 302
        times.append(time.monotonic() - started)
    assert min(times) >= 0.25


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("door", ["login", "signup", "password/reset"])
def test_medians_do_not_tell_who_has_an_account(monkeypatch, settings, door):
    """A12: 200 answers for each, taken in turn; passwords are hashed as they really are."""
    monkeypatch.setattr("accounts.middleware.EVEN_SECONDS", 0.25)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = {}
    User.objects.filter(pk=person(email="frozen@mail.example").pk).update(is_active=False)
    person(email="known@mail.example")
    person(email="staff@mail.example", is_staff=True)
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    times = {word: [] for word in ("known", "frozen", "staff", "missing")}
    for _ in range(200):
        for word, taken in times.items():
            address = f"{word}@mail.example"
            data = {"name": "N", "email": address, "login": address, "password": "wrong one"}
            started = time.monotonic()
            data |= {"password1": STRONG, "password2": STRONG}
            Client().post(f"/accounts/{door}/", data)
            taken.append(time.monotonic() - started)
            cache.clear()
    medians = [statistics.median(taken) for taken in times.values()]
    assert max(medians) < 1.1 * min(medians), dict(zip(times, medians, strict=True))


def test_a_stranger_without_account_gets_no_mail_for_a_new_password():
    Client().post("/accounts/password/reset/", {"email": "missing@mail.example"})
    assert drain() == []


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_account(meeting, settings):
    """C11: the same address in two spellings; the limit on codes must not decide it by chance."""
    settings.ACCOUNT_RATE_LIMITS = False
    meeting("all")
    answers = together(
        lambda: sign_up(Client(), "twin@mail.example"),
        lambda: sign_up(Client(), "TWIN@Mail.Example"),
    )
    assert [answer.status_code for answer in answers] == [302, 302]
    assert User.objects.filter(email="twin@mail.example").count() == 1


# Somebody registers my address first (I17) -------------------------------------------------------
def test_a_stranger_who_signs_up_with_my_address_first_gains_nothing():
    stranger, owner = Client(), Client()
    sign_up(stranger, name="Mallory", password=OTHER)
    drain()
    clear_limits()

    page = sign_up(owner, name="Real Owner")
    assert page.url == "/accounts/confirm-email/"
    confirm(owner, code_in(drain()))
    assert is_signed_in(owner)
    user = User.objects.get()
    assert user.name == "Real Owner"
    assert user.check_password(STRONG)
    assert not user.check_password(OTHER)

    assert not is_signed_in(stranger)
    assert sign_in(Client(), NEW, OTHER).status_code == 422
    assert stranger.get("/accounts/confirm-email/").status_code in (200, 302)
    stranger.post("/accounts/confirm-email/", {"action": "resend"})
    assert not is_signed_in(stranger)


def test_signing_up_again_does_not_change_what_the_owner_typed():
    owner, stranger = Client(), Client()
    sign_up(owner, name="Real Owner")
    code = code_in(drain())
    clear_limits()
    sign_up(stranger, name="Mallory", password=OTHER)
    confirm(owner, code)
    user = User.objects.get()
    assert user.name == "Real Owner"
    assert user.check_password(STRONG)
    assert not user.check_password(OTHER)


def test_a_new_password_by_code_ends_everything_the_stranger_had():
    """The stranger even holds a session and a second address."""
    user = person(email=NEW, verified=False, name="Mallory")
    EmailAddress.objects.create(user=user, email="mallory@mail.example")
    stranger = signed_in(user)
    assert is_signed_in(stranger)

    owner = Client()
    owner.post("/accounts/password/reset/", {"email": NEW})
    owner.post("/accounts/password/reset/confirm/", {"code": code_in(drain())})
    assert not is_signed_in(stranger)
    assert sign_in(Client(), NEW, PASSWORD).status_code == 422
    owner.post("/accounts/password/reset/complete/", {"password1": STRONG, "password2": STRONG})
    assert list(EmailAddress.objects.values_list("email", "verified")) == [(NEW, True)]
    fresh = Client()
    assert sign_in(fresh, NEW, STRONG).status_code == 302
    assert is_signed_in(fresh)
    assert not is_signed_in(stranger)


def test_the_own_password_of_an_unproved_account_stays_when_its_owner_proves_it():
    user = person(email=NEW, verified=False)
    client = Client()
    assert sign_in(client, NEW).url == "/accounts/confirm-email/"
    confirm(client, code_in(drain()))
    assert is_signed_in(client)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_an_address_on_its_way_belongs_to_nobody():
    """Somebody starts changing their address to mine: I sign up, and they end with nothing."""
    thief = person()
    client = signed_in(thief)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": clock.real_now().timestamp(), "reauthenticated": True}
    ]
    session.save()
    client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    stolen = code_in(drain())
    clear_limits()
    owner = Client()
    sign_up(owner)
    confirm(owner, code_in(drain()))
    assert confirm(client, stolen).status_code == 422
    assert EmailAddress.objects.get(email=NEW).user != thief


def clear_limits():
    """Codes to one address are ten seconds apart."""
    from django.core.cache import cache

    cache.clear()


# Invitations -------------------------------------------------------------------------------------
def invited(client, address=NEW, **fields):
    """An invitation to this address, opened in this browser."""
    firm = organization("provider")
    row = employee_invitation(firm, address, invited_by=administrator(firm), **fields)
    from django.http import HttpResponse

    response = HttpResponse()
    opening.remember(response, opening.find(row.claim))
    client.cookies[opening.COOKIE] = response.cookies[opening.COOKIE].value
    return row


def test_an_open_invitation_fixes_the_address_of_sign_up():
    client = Client()
    invited(client)
    page = client.get("/accounts/signup/").content.decode()
    assert re.search(rf'<input[^>]*value="{NEW}"[^>]*disabled', page)
    assert f'value="{NEW}"' in client.get("/accounts/login/").content.decode()
    page = sign_up(client, "somebody.else@mail.example")
    assert page.status_code == 302
    assert not User.objects.filter(email="somebody.else@mail.example").exists()
    page = confirm(client, code_in(drain()))
    assert page.url == "/invitations/"
    assert User.objects.get(email=NEW)


def test_who_wants_another_address_puts_the_invitation_aside():
    client = Client()
    row = invited(client)
    page = client.get("/accounts/signup/").content.decode()
    assert 'action="/invitations/set-aside/"' in page
    client.post("/invitations/set-aside/")
    row.refresh_from_db()
    assert row.status == "pending"
    page = client.get("/accounts/signup/").content.decode()
    assert NEW not in page
    assert "set-aside" not in page


def test_opening_an_account_leads_back_to_the_open_invitation():
    client = signed_in(person(email=NEW))
    invited(client)
    page = client.post(
        "/start/supplier/", {"name": "Mill", "country": "FR", "supplier_kind": "other"}
    )
    assert page.url == "/invitations/"


def test_signing_in_leads_back_to_the_open_invitation():
    person(email=NEW)
    client = Client()
    invited(client)
    assert sign_in(client, NEW).url == "/invitations/"


def test_an_ended_invitation_fixes_nothing():
    client = Client()
    invited(client, status=InvitationStatus.REVOKED, decided_at=clock.now())
    assert NEW not in client.get("/accounts/signup/").content.decode()
    sign_up(client, "somebody.else@mail.example")
    assert User.objects.filter(email="somebody.else@mail.example").exists()


def test_an_invited_address_that_a_stranger_registered_is_taken_over():
    sign_up(Client(), password=OTHER)
    drain()
    clear_limits()
    client = Client()
    invited(client)
    sign_up(client, name="Real Owner")
    assert confirm(client, code_in(drain())).url == "/invitations/"
    assert User.objects.get(email=NEW).check_password(STRONG)


# Where one lands ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_off_the_site(target):
    person(email=NEW)
    data = {"login": NEW, "password": PASSWORD, "next": target}
    assert Client().post("/accounts/login/", data).url == "/"
    assert Client().post(f"/accounts/login/?next={target}", data).url == "/"


def test_signing_in_leads_back_to_the_page_that_asked():
    person(email=NEW)
    data = {"login": NEW, "password": PASSWORD, "next": "/start/seller/"}
    assert Client().post("/accounts/login/", data).url == "/start/seller/"


# New browsers ------------------------------------------------------------------------------------
def test_a_sign_in_from_a_new_browser_is_told_once():
    user = person(email=NEW)
    client = Client(headers={"user-agent": "Firefox on https://x.example"})
    sign_in(client, NEW)
    (mail,) = drain()
    assert mail.to == [user.email]
    assert "new browser" in mail.subject
    assert "https://x.example" not in mail.body
    client.post("/accounts/logout/")
    sign_in(client, NEW)
    assert drain() == []
    assert UserSession.objects.filter(user=user).count() == 1


@pytest.mark.parametrize("path", ["confirm-email/abc/", "password/reset/key/1-set-password/"])
def test_addresses_of_the_library_that_are_not_used_do_not_fail(path):
    assert Client().get(f"/accounts/{path}").status_code in (200, 302, 404)
    assert Client().post(f"/accounts/{path}").status_code in (200, 302, 404)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9999", "evil.example"])
def test_mails_lead_to_the_configured_site_whatever_the_request_says(host):
    person(email=NEW)
    client = Client(headers={"host": host, "x-forwarded-host": "evil.example"})
    sign_up(client)
    sign_in(client, NEW)
    client.post("/accounts/password/reset/", {"email": NEW})
    for mail in drain():
        assert set(re.findall(r"https?://[^/\s]+", mail.body)) <= {"http://localhost"}


def test_twenty_wrong_passwords_are_too_many():
    person(email=NEW)
    answers = [sign_in(Client(), NEW, f"wrong {number}").status_code for number in range(20)]
    assert set(answers) <= {422, 429}
    assert sign_in(Client(), NEW).status_code in (422, 429)


def test_without_its_cache_signing_in_fails_closed_with_a_page(monkeypatch):
    """The library counts its limits there (F12): where they cannot be read, nobody signs in, and
    who has signed in goes on reading."""

    def gone(*_args, **_values):
        raise OperationalError("the table of limits does not answer")

    client = signed_in(person(email=NEW))
    monkeypatch.setattr(DatabaseCache, "get_many", gone)
    monkeypatch.setattr(DatabaseCache, "_base_set", gone)
    entering = Client()
    assert sign_in(entering, NEW).status_code == 503
    assert not is_signed_in(entering)
    assert is_signed_in(client)


def test_nobody_fills_a_mailbox_with_codes():
    for _ in range(5):
        sign_up(Client())
    assert len(drain()) == 1


def test_a_code_that_is_too_old_leads_to_the_sign_in_with_a_word():
    client = Client()
    sign_up(client)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        page = client.post("/accounts/confirm-email/", {"code": "AAAAAA"}, follow=True)
        assert page.redirect_chain[-1][0].startswith("/accounts/login/")
        assert "That code no longer works." in page.text


def test_the_front_page_knows_of_a_sign_up_and_lets_go_of_it():
    client = Client()
    assert "Your account waits for its code" not in client.get("/").text
    sign_up(client)
    text = client.get("/").text
    assert "Your account waits for its code" in text
    assert NEW in text
    assert client.post("/start/forget/").url == "/accounts/login/"
    assert "Your account waits for its code" not in client.get("/").text
    owner = person()
    sign_in(client, owner.email)
    assert is_signed_in(client)
