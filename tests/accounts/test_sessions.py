"""The second factor's gate and the health of sessions (A10, A16, U28)."""

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from accounts import tasks
from accounts.sessions import end_all_sessions
from core import clock
from core.notifications.models import Notification
from tests.factories.accounts import (
    PASSWORD,
    administrator,
    identity,
    member,
    organization,
    person,
)
from tests.factories.connections import approved, assigned, connection, pair
from tests.factories.reviewers import desk_reviewer
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
COMMITS = pytest.mark.django_db(transaction=True)
NEXT = "a new and long pass phrase"


def login(user, password=PASSWORD):
    client = Client(headers={"user-agent": "Firefox"})
    client.page = client.post("/accounts/login/", {"login": user.email, "password": password})
    return client


def is_signed_in(client):
    return client.get("/identity/").status_code == 200


def reauthenticate(client, password=PASSWORD):
    return client.post("/accounts/reauthenticate/", {"password": password})


def code_of(secret):
    """What an authenticator app shows now."""
    counter = next(yield_hotp_counters_from_time())
    return f"{hotp_value(secret, counter):06d}"


def with_app(user):
    """Give this person an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def _as_just_proved(client):
    """As after typing the password again."""
    session = client.session
    session["account_authentication_methods"][0] |= {"reauthenticated": True, "at": time.time()}
    session.save()


# The gate ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["seller", "provider"])
def test_administrators_get_no_further_without_a_second_factor(kind):
    shop = organization(kind)
    owner = administrator(shop)
    client = signed_in(owner, second_factor=False)
    home = f"/{kind}/{shop.handle}/"
    assert client.get(home).url == f"/second-factor/?next=%2F{kind}%2F{shop.handle}%2F"
    with nothing_changes():
        assert client.post(home, {"x": "y"}).url == client.get(home).url
    assert signed_in(owner).get(home).status_code == 200


def test_reviewers_get_no_further_without_a_second_factor():
    client = signed_in(desk_reviewer(), second_factor=False)
    assert client.get("/admin/").url == "/second-factor/?next=%2Fadmin%2F"


def test_employees_and_suppliers_need_none():
    firm, mill = organization("provider"), organization("supplier")
    for user, url in (
        (member(firm), f"/provider/{firm.handle}/"),
        (administrator(mill), f"/supply/{mill.handle}/"),
    ):
        assert signed_in(user, second_factor=False).get(url).status_code == 200


def test_an_employee_made_administrator_needs_one_from_the_next_request_on():
    firm = organization("provider")
    client = signed_in(member(firm), second_factor=False)
    url = f"/provider/{firm.handle}/"
    assert client.get(url).status_code == 200
    firm.memberships.update(role="administrator")
    assert client.get(url).status_code == 302


def test_whoever_acts_for_a_seller_needs_one():
    shop, _, firm, _ = pair()
    worker = member(firm)
    identity(worker)
    approved(firm)
    assigned(worker, connection(shop, firm))
    url = f"/seller/{shop.handle}/shipments/"
    client = signed_in(worker, second_factor=False)
    gate = f"/second-factor/?next=%2Fseller%2F{shop.handle}%2Fshipments%2F"
    assert client.get(url).url == gate
    assert "acts for a seller" in client.get(gate).content.decode()
    with nothing_changes():
        assert client.post(f"{url}new/", {"name": "x"}).url == f"{gate}new%2F"
    assert client.get(f"/provider/{firm.handle}/").status_code == 200
    assert signed_in(worker).get(url).status_code == 200
    assert signed_in(person(), second_factor=False).get(url).status_code == 404


def test_outsiders_read_nothing_from_the_gate():
    owner = administrator(organization("seller"))
    client = signed_in(owner, second_factor=False)
    foreign = organization("seller")
    known = client.get(f"/seller/{foreign.handle}/")
    unknown = client.get("/seller/no-such-shop/")
    assert known.status_code == unknown.status_code == 302


# Setting one up ----------------------------------------------------------------------------------
@COMMITS
def test_an_app_is_set_up_on_the_way_and_leads_back():
    shop = organization("seller")
    owner = administrator(shop)
    client, elsewhere = login(owner), login(owner)
    drain()
    home = f"/seller/{shop.handle}/"
    page = client.get(client.get(home).url)
    assert "Set up an app" in page.content.decode()
    setup = "/accounts/2fa/totp/activate/"
    assert client.get(setup).url.startswith("/accounts/reauthenticate/")
    reauthenticate(client)
    assert "Go on" in client.get(setup).content.decode()
    code = code_of(client.session["mfa.totp.secret"])
    assert client.post(setup, {"code": "000000"}).status_code == 422
    page = client.post(setup, {"code": code}, follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    assert len(re.findall(r"\b\d{8}\b", page.content.decode())) >= 10
    assert 'href="/second-factor/"' in page.content.decode()
    assert client.get("/second-factor/").url == home
    assert client.get(home).status_code == 200
    assert not is_signed_in(elsewhere)
    subjects = [mail.subject for mail in drain()]
    assert subjects == ["[PartnerHub] Second factor: app added"]
    assert Notification.objects.filter(user=owner, kind="accounts.second_factor_changed").exists()


@COMMITS
def test_without_any_authenticator_left_the_gate_closes_again():
    shop = organization("seller")
    owner = administrator(shop)
    with_app(owner)
    client, elsewhere = signed_in(owner), signed_in(owner)
    _as_just_proved(client)
    assert client.get(f"/seller/{shop.handle}/").status_code == 200
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert client.get(f"/seller/{shop.handle}/").url.startswith("/second-factor/")
    assert not is_signed_in(elsewhere)
    assert [mail.subject for mail in drain()] == ["[PartnerHub] Second factor: app removed"]


@COMMITS
def test_new_recovery_codes_end_other_sessions_and_tell_the_owner():
    owner = person()
    with_app(owner)
    client, elsewhere = signed_in(owner), signed_in(owner)
    _as_just_proved(client)
    assert client.post("/accounts/2fa/recovery-codes/generate/").status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert [mail.subject[:26] for mail in drain()] == ["[PartnerHub] Second factor"]


def test_a_session_without_the_factor_one_has_is_asked_to_show_it():
    shop = organization("seller")
    owner = administrator(shop)
    with_app(owner)
    client = signed_in(owner, second_factor=False)
    home = f"/seller/{shop.handle}/"
    page = client.get(client.get(home).url).content.decode()
    assert "Show your second factor" in page
    assert "/accounts/2fa/reauthenticate/?next=%2Fsecond-factor%2F" in page
    assert "Set up an app" not in page


@COMMITS
def test_showing_the_factor_one_has_leads_back():
    shop = organization("seller")
    owner = administrator(shop)
    secret = with_app(owner)
    client = signed_in(owner, second_factor=False)
    home = f"/seller/{shop.handle}/"
    client.get(f"/second-factor/?next={home}")
    page = client.post(
        "/accounts/2fa/reauthenticate/?next=/second-factor/", {"code": code_of(secret)}
    )
    assert page.url == "/second-factor/"
    assert client.get("/second-factor/").url == home
    assert client.get(home).status_code == 200


def test_the_way_back_never_leaves_the_site():
    client = signed_in(person())
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert client.get("/second-factor/", {"next": target}).url == "/"


def test_everybody_may_have_one():
    page = signed_in(person(), second_factor=False).get("/second-factor/").content.decode()
    assert "Set up a passkey" in page


CHANGES = (
    "totp/deactivate/",
    "webauthn/add/",
    "webauthn/keys/{key}/remove/",
    "webauthn/keys/{key}/edit/",
    "recovery-codes/",
    "recovery-codes/generate/",
    "recovery-codes/download/",
)


@pytest.mark.parametrize("path", CHANGES)
def test_a_password_alone_changes_no_second_factor(path):
    """Nor does it show the recovery codes, each of which is one."""
    owner = administrator(organization("seller"))
    secret = with_app(owner)
    data = {"name": "Key", "credential": {}}
    key = Authenticator.objects.create(user=owner, type="webauthn", data=data)
    client = signed_in(owner)
    url = f"/accounts/2fa/{path.format(key=key.pk)}"
    confirm = f"/accounts/2fa/reauthenticate/?next={url.replace('/', '%2F')}"
    with nothing_changes():
        assert client.get(url).url == confirm
        assert client.get(f"/accounts/reauthenticate/?next={url}").url == confirm
        assert reauthenticate(client).url.startswith("/accounts/2fa/reauthenticate/")
        assert client.get(url).url == confirm
        assert "Use your password" not in client.get(confirm).content.decode()
    assert client.post(confirm, {"code": code_of(secret)}).url == url
    if "edit" not in path and "add" not in path:  # They would have to read a real key.
        assert client.get(url).status_code == 200


# On every path (A16) -----------------------------------------------------------------------------
def test_no_path_gives_a_session_without_the_second_factor():
    owner = administrator(organization("seller"))
    secret = with_app(owner)
    client = login(owner)
    assert client.page.url == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)

    client = Client()
    client.post("/accounts/password/reset/", {"email": owner.email})
    code = re.search(r"^([A-Z0-9]{3,5}-[A-Z0-9]{3,5})$", drain()[-1].body, re.MULTILINE)[1]
    client.post("/accounts/password/reset/confirm/", {"code": code})
    client.post("/accounts/password/reset/complete/", {"password1": NEXT, "password2": NEXT})
    assert not is_signed_in(client)
    client = login(owner, NEXT)
    assert client.page.url == "/accounts/2fa/authenticate/"
    client.get("/accounts/email/")
    assert not is_signed_in(client)
    assert client.get("/admin/").status_code == 302

    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 422
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_signed_in(client)


def test_a_recovery_code_opens_the_account_once():
    owner = administrator(organization("seller"))
    with_app(owner)
    codes = RecoveryCodes.activate(owner).get_unused_codes()
    client = login(owner)
    client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert is_signed_in(client)
    cache.clear()
    client = login(owner)
    client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert not is_signed_in(client)


# Other sessions end (A10) ------------------------------------------------------------------------
def test_changing_the_password_ends_other_sessions_and_tells_the_owner():
    user = person()
    client, elsewhere, untracked = login(user), login(user), signed_in(user)
    drain()
    page = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEXT, "password2": NEXT},
    )
    assert page.status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(untracked)
    assert UserSession.objects.filter(user=user).count() == 1
    (mail,) = drain()
    assert (mail.to, mail.subject) == ([user.email], "[PartnerHub] Password: changed")


def test_a_new_password_by_code_ends_every_session():
    user = person()
    elsewhere = login(user)
    drain()
    client = Client()
    client.post("/accounts/password/reset/", {"email": user.email})
    code = re.search(r"^([A-Z0-9]{3,5}-[A-Z0-9]{3,5})$", drain()[-1].body, re.MULTILINE)[1]
    client.post("/accounts/password/reset/confirm/", {"code": code})
    assert is_signed_in(elsewhere)
    client.post("/accounts/password/reset/complete/", {"password1": NEXT, "password2": NEXT})
    assert not is_signed_in(elsewhere)
    assert "changed with a mailed code" in drain()[0].subject


def test_changing_the_address_ends_other_sessions_and_tells_both():
    user = person(email="old@mail.example")
    client, elsewhere = login(user), login(user)
    drain()
    reauthenticate(client)
    page = client.post("/accounts/email/", {"email": " NEW@Mail.example", "action_add": ""})
    assert page.url == "/accounts/confirm-email/"
    (mail,) = drain()
    assert mail.to == ["new@mail.example"]
    code = re.search(r"^([A-Z0-9]{3,5}-[A-Z0-9]{3,5})$", mail.body, re.MULTILINE)[1]
    client.post("/accounts/confirm-email/", {"code": code})
    user.refresh_from_db()
    assert user.email == "new@mail.example"
    assert user.check_password(PASSWORD)
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert {mail.to[0] for mail in drain()} == {"old@mail.example", "new@mail.example"}


def test_changing_the_address_takes_the_password_again():
    client = login(person())
    page = client.post("/accounts/email/", {"email": "new@mail.example", "action_add": ""})
    assert page.url.startswith("/accounts/reauthenticate/")


def test_all_sessions_of_a_person_end_at_once():
    user, other = person(), person()
    clients, bystander = [login(user), signed_in(user)], login(other)
    end_all_sessions(user)
    assert not any(is_signed_in(client) for client in clients)
    assert is_signed_in(bystander)
    assert is_signed_in(login(user))


def test_a_deactivated_person_is_out_on_the_next_request():
    user = person()
    client = login(user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert not is_signed_in(client)


# Housekeeping ------------------------------------------------------------------------------------
def test_a_session_is_touched_at_most_every_five_minutes(django_assert_num_queries, monkeypatch):
    user = person()
    client = login(user)
    client.get("/identity/")
    seen = UserSession.objects.get().last_seen_at
    with django_assert_num_queries(5):
        client.get("/identity/")
    real = clock.real_now()
    monkeypatch.setattr(clock, "real_now", lambda: real + clock.timedelta(seconds=301))
    client.get("/identity/")
    touched = UserSession.objects.get().last_seen_at
    assert touched > seen
    with django_assert_num_queries(5):
        client.get("/identity/")
    assert UserSession.objects.get().last_seen_at == touched


def test_ended_sessions_are_forgotten(monkeypatch):
    login(person())
    tasks.forget_sessions()
    assert Session.objects.count() == 1
    real = clock.real_now()
    monkeypatch.setattr(clock, "real_now", lambda: real + clock.timedelta(days=8))
    tasks.forget_sessions()
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("who", "hours", "every", "stays"),
    [
        ("person", 29 * 24, 24, True),
        ("person", 31 * 24, 24, False),
        ("desk", 11, 0.8, True),
        ("desk", 13, 0.8, False),
        ("desk", 1.2, 1.2, False),
    ],
)
def test_a_session_ends_however_often_it_is_used(monkeypatch, who, hours, every, stays):
    """30 days; at the desk 12 hours, or one without a click."""
    user = desk_reviewer() if who == "desk" else person()
    client = signed_in(user)
    page, begun, passed = "/notifications/", clock.real_now(), 0
    assert client.get(page).status_code == 200
    while passed < hours:
        passed = min(hours, passed + every)
        moment = begun + timedelta(hours=passed)
        monkeypatch.setattr(clock, "real_now", lambda moment=moment: moment)
        last = client.get(page)
    assert (last.status_code == 200) is stays
    if not stays:
        assert last.url.startswith("/accounts/login/")


def test_one_session_is_ended_by_its_owner_and_by_nobody_else():
    user = person()
    here, there = login(user), login(user)
    mine = UserSession.objects.get(session_key=there.session.session_key)
    end = f"/sessions/{mine.pk}/end/"
    assert signed_in(person()).post(end).status_code == 404
    assert end in here.get("/accounts/sessions/").text
    assert here.post(end).url == "/accounts/sessions/"
    assert there.get("/notifications/").status_code == 302
    assert here.get("/notifications/").status_code == 200
