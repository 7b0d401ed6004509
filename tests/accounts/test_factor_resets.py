"""A lost second factor: asked for on the way in, reset by two, a new one set first (A16)."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.models import FactorReset, User
from accounts.transitions import factor_resets
from core import clock
from core.audit.models import Event
from core.errors import Conflict, NotPermitted, NotRelated
from core.outbox.models import Message
from tests.accounts.test_sessions import code_of, with_app
from tests.factories.accounts import (
    PASSWORD,
    administrator,
    identity,
    member,
    organization,
    person,
)
from tests.factories.reviewers import desk_reviewer
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
LOST = "/second-factor/lost/"
DESK = "/admin/accounts/factorreset/"
BORN = date(1985, 4, 12)


@pytest.fixture
def shop() -> Any:
    return organization("seller")


@pytest.fixture
def owner(shop: Any) -> User:
    """An administrator with an app, and no identity check."""
    user = administrator(shop, person("Olive Owner"), identified=False)
    TOTP.activate(user, generate_totp_secret())
    return user


def login(user: User) -> Client:
    """A browser that has given the right password and stands before the second factor."""
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def asks(user: User, **changes: str) -> tuple[Client, Any]:
    """Asks in a browser with password and mailed code; returns it and the last answer."""
    client = login(user)
    assert "Send me a code" in client.get(LOST).text
    assert client.post(LOST, {"step": "code"}).url == LOST
    (mail,) = [mail for mail in drain() if "code" in mail.subject.lower()]
    code = re.search(r"\b(\d{6})\b", mail.body)
    assert code
    data = {"code": code[1], "legal_name": user.name, "birth_date": BORN.isoformat()} | changes
    return client, client.post(LOST, data)


def asked(user: User) -> FactorReset:
    asks(user)
    drain()
    return FactorReset.objects.get(user=user)


def press(client: Client, reset: FactorReset, verb: str) -> int:
    return client.post(f"{DESK}{reset.pk}/{verb}/").status_code


def at_the_desk() -> list[Client]:
    return [signed_in(desk_reviewer(support=True)) for _ in range(2)]


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=days))


# Asking ------------------------------------------------------------------------------------------
def test_who_has_lost_it_is_led_from_the_sign_in_page_and_everybody_is_told(
    shop: Any, owner: User
) -> None:
    colleague = administrator(shop)
    client = login(owner)
    assert f'href="{LOST}"' in client.get("/accounts/2fa/authenticate/").text
    client, answer = asks(owner)
    assert answer.url == LOST
    assert "We are looking at it" in client.get(LOST).text
    told = {mail.to[0]: mail for mail in drain()}
    assert set(told) == {owner.email, colleague.email}
    assert "reset asked for" in told[owner.email].subject
    assert "Olive Owner asked to reset" in told[colleague.email].body
    assert Event.objects.filter(verb="second_factor.reset_asked").exists()
    assert client.get("/identity/").status_code == 302  # nobody was let in


def test_without_the_password_nothing_is_asked(owner: User) -> None:
    stranger = Client()
    with nothing_changes():
        assert stranger.get(LOST).url == "/accounts/login/"
        for data in (
            {"step": "code"},
            {"code": "1", "legal_name": "x", "birth_date": "1990-01-01"},
        ):
            assert stranger.post(LOST, data).url == "/accounts/login/"
    wrong = Client()
    wrong.post("/accounts/login/", {"login": owner.email, "password": "wrong"})
    assert wrong.post(LOST, {"step": "code"}).url == "/accounts/login/"
    assert not Message.objects.exists()


def test_a_wrong_code_asks_nothing_and_five_end_it(owner: User) -> None:
    client, answer = asks(owner, code="000000")
    assert answer.status_code == 422
    data = {"legal_name": owner.name, "birth_date": BORN.isoformat()}
    for _ in range(5):
        client.post(LOST, data | {"code": "000000"})
    mail = Message.objects.get(kind="accounts.factor_reset_code")
    assert mail.secret
    assert "Send me a code" in client.get(LOST).text
    assert not FactorReset.objects.exists()
    # A second code within a minute is refused, and says so.
    assert client.post(LOST, {"step": "code"}).status_code == 429


def test_one_at_a_time(owner: User) -> None:
    asked(owner)
    client = login(owner)
    with nothing_changes():
        assert "We are looking at it" in client.post(LOST, {"step": "code"}).text
    with pytest.raises(Conflict):
        factor_resets.ask(person=owner, legal_name="x", birth_date=BORN)


# Deciding ----------------------------------------------------------------------------------------
def test_two_at_the_desk_reset_what_an_identity_check_confirms(owner: User) -> None:
    identity(owner, legal_name="Olive Owner", birth_date=BORN)
    elsewhere = signed_in(owner)
    reset = asked(owner)
    first, second = at_the_desk()
    page = first.get(f"{DESK}{reset.pk}/change/").text
    assert page.count(">Same<") >= 2
    assert "/documents/" not in page
    assert press(first, reset, "confirm") == 409  # nobody has agreed
    assert press(first, reset, "agree") == 302
    with nothing_changes():
        assert press(first, reset, "confirm") == 403
    assert Authenticator.objects.filter(user=owner).exists()
    assert press(second, reset, "confirm") == 302
    assert not Authenticator.objects.filter(user=owner).exists()
    assert elsewhere.get("/identity/").status_code == 302
    (mail,) = drain()
    assert mail.to == [owner.email]
    assert "Second factor: reset" in mail.subject
    verbs = Event.objects.filter(object_id=str(reset.public_id)).order_by("pk")
    assert [event.verb for event in verbs] == [
        "second_factor.reset_asked",
        "second_factor.agreed",
        "second_factor.reset",
    ]


def test_what_differs_from_the_check_is_shown(owner: User) -> None:
    identity(owner, legal_name="Somebody Else", birth_date=BORN)
    reset = asked(owner)
    client = at_the_desk()[0]
    assert "Differs" in client.get(f"{DESK}{reset.pk}/change/").text
    assert press(client, reset, "refuse") == 302
    assert Authenticator.objects.filter(user=owner).exists()
    assert "not reset" in drain()[0].body
    with nothing_changes():
        assert press(client, reset, "agree") == 409


@pytest.mark.parametrize("waited", [False, True])
def test_without_a_check_seven_days_pass(
    owner: User, waited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset = asked(owner)
    first, _ = at_the_desk()
    later(monkeypatch, 7.01 if waited else 6.99)
    page = first.get(f"{DESK}{reset.pk}/change/").text
    assert ("or the wait until" in page) is not waited
    assert press(first, reset, "agree") == (302 if waited else 409)


def test_another_administrator_of_the_business_vouches(shop: Any, owner: User) -> None:
    colleague, staff = administrator(shop), member(shop)
    reset = asked(owner)
    row = owner.memberships.get()
    page = f"/seller/{shop.handle}/members/{row.public_id}/"
    client = signed_in(colleague)
    assert "lost their second factor" in client.get(page).text
    assert signed_in(staff).post(f"{page}vouch/", {"known": "yes"}).status_code == 403
    assert client.post(f"{page}vouch/", {"known": "yes"}).status_code == 302
    assert "lost their second factor" not in client.get(page).text
    first, second = at_the_desk()
    assert press(first, reset, "agree") == 302
    assert press(second, reset, "confirm") == 302


def test_an_administrator_who_knows_better_stops_it(shop: Any, owner: User) -> None:
    colleague = administrator(shop)
    reset = asked(owner)
    row = owner.memberships.get()
    page = f"/seller/{shop.handle}/members/{row.public_id}/vouch/"
    assert signed_in(colleague).post(page, {"known": "no"}).status_code == 302
    reset.refresh_from_db()
    assert reset.status == "refused"
    assert signed_in(colleague).post(page, {"known": "yes"}).status_code == 409


def test_nobody_vouches_for_strangers_or_themselves(shop: Any, owner: User) -> None:
    reset = asked(owner)
    other = organization("seller")
    stranger = administrator(other)
    for by, firm in ((owner, shop), (stranger, other), (stranger, shop)):
        with pytest.raises(NotRelated):
            factor_resets.vouch(by=by, reset=reset, organization=firm, known=True)


def test_the_desk_decides_about_no_colleague_of_its_own(shop: Any, owner: User) -> None:
    identity(owner)
    reset = asked(owner)
    insider = desk_reviewer(member(shop), support=True)
    client = signed_in(insider)
    with nothing_changes():
        assert press(client, reset, "agree") == 403
    assert "You share an account" in client.get(f"{DESK}{reset.pk}/change/").text


def test_people_of_the_desk_need_a_lead() -> None:
    lost = desk_reviewer()
    TOTP.activate(lost, generate_totp_secret())
    identity(lost)
    reset = asked(lost)
    first, second = at_the_desk()
    press(first, reset, "agree")
    with nothing_changes():
        assert press(second, reset, "confirm") == 403
    lead = signed_in(desk_reviewer(lead=True))
    assert press(lead, reset, "confirm") == 302


# Afterwards --------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["seller", "provider", "supplier"])
def test_a_new_factor_is_set_before_acting(kind: str) -> None:
    """Also where none is needed otherwise."""
    firm = organization(kind)
    user = administrator(firm)
    portal = {"supplier": "supply"}.get(kind, kind)
    home = f"/{portal}/{firm.handle}/"
    reset = FactorReset.objects.create(
        user=user,
        legal_name="x",
        birth_date=BORN,
        status="done",
        agreed_at=clock.now(),
        decided_at=clock.now(),
    )
    client = signed_in(user, second_factor=False)
    assert client.get(home).url.startswith("/second-factor/")
    TOTP.activate(user, generate_totp_secret())
    factor_resets.note_renewed(person=user)
    reset.refresh_from_db()
    assert reset.renewed_at
    assert not factor_resets.has_to_set_anew(user)


def test_who_signs_in_with_the_factor_has_not_lost_it() -> None:
    """Somebody who knew the password asked; the owner's next sign-in ends it."""
    user = person()
    secret = with_app(user)
    reset = asked(user)
    login(user).post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    reset.refresh_from_db()
    assert reset.status == "withdrawn"
    assert any("stays as it is" in mail.body for mail in drain())


def test_the_owner_stops_it_from_an_open_session(owner: User) -> None:
    client = signed_in(owner)
    reset = asked(owner)
    assert "Somebody asked to reset" in client.get(LOST).text
    assert client.post(LOST).status_code == 302
    reset.refresh_from_db()
    assert reset.status == "withdrawn"
    with pytest.raises(NotRelated):
        factor_resets.withdraw(by=person(), reset=reset)
    with pytest.raises((Conflict, NotPermitted)):
        factor_resets.agree(by=desk_reviewer(support=True), reset=reset)
