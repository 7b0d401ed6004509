"""Passkeys and security keys: who was only touched does not pass the door without a password."""

import json
import secrets
from hashlib import sha256

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from tests.factories.accounts import PASSWORD, person
from tests.factories.reviewers import desk_reviewer
from tests.support import signed_in

pytestmark = pytest.mark.django_db

ADD = "/accounts/2fa/webauthn/add/"
LOGIN_TIMEOUT = 15 * 60
DOOR = "/accounts/2fa/webauthn/login/"
SECOND_STEP = "/accounts/2fa/authenticate/"
PRESENT = AuthenticatorData.FLAG.UP
VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Key:
    """An authenticator in software: signs what it is asked, with the flags it is told."""

    def __init__(self, host="testserver"):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.host = host
        self.handle = ""

    def _data(self, flags, credential=None):
        digest = sha256(self.host.encode()).digest()
        if credential:
            flags |= AuthenticatorData.FLAG.AT
        return AuthenticatorData.create(digest, flags, 0, credential or b"")

    def _answer(self, response, **extra):
        name = websafe_encode(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response} | extra

    def _client_data(self, kind, options):
        challenge = websafe_decode(options["publicKey"]["challenge"])
        return CollectedClientData.create(kind, challenge, f"https://{self.host}")

    def create(self, options, flags=PRESENT):
        """What the browser sends when the key is registered."""
        self.handle = options["publicKey"]["user"]["id"]
        public = ES256.from_cryptography_key(self.private.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.id, public)
        attestation = AttestationObject.create("none", self._data(flags, credential), {})
        response = {
            "clientDataJSON": websafe_encode(self._client_data("webauthn.create", options)),
            "attestationObject": websafe_encode(attestation),
        }
        resident = bool(flags & AuthenticatorData.FLAG.UV)
        return self._answer(response, clientExtensionResults={"credProps": {"rk": resident}})

    def get(self, options, flags=PRESENT):
        """What the browser sends when the key signs in."""
        client_data = self._client_data("webauthn.get", options)
        data = self._data(flags)
        signature = self.private.sign(data + client_data.hash, ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client_data),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.handle,
        }
        return self._answer(response, clientExtensionResults={})


def plain(options):
    """Options as the page gives them to the browser."""
    return json.loads(json.dumps(options, default=lambda value: dict(value)))


def registered(user, flags=PRESENT):
    """A key that this person has added on the page for it."""
    client = signed_in(user)
    client.post(f"/accounts/reauthenticate/?next={ADD}", {"password": PASSWORD})
    options = plain(client.get(ADD).context["js_data"]["creation_options"])
    key = Key()
    credential = key.create(options, flags)
    form = {"name": "Key", "credential": json.dumps(credential)}
    if flags == VERIFIED:
        form["passwordless"] = "on"
    answer = client.post(ADD, form)
    assert answer.status_code == 302
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
    return key


def at_the_door(client, to="/"):
    """The challenge of the door without a password."""
    headers = {"x-requested-with": "XMLHttpRequest"}
    return client.get(f"{DOOR}?next={to}", headers=headers).json()["request_options"]


def at_the_second_step(client, user):
    """The challenge that is shown after the right password."""
    page = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert page.url.startswith(SECOND_STEP)
    return plain(client.get(SECOND_STEP).context["js_data"]["request_options"])


def answer(client, url, credential):
    return client.post(url, {"credential": json.dumps(credential)})


def is_signed_in(client):
    return "_auth_user_id" in client.session


@pytest.fixture
def touched_is_enough(monkeypatch):
    """The library as it was before 65.22.1."""
    monkeypatch.setattr(LoginWebAuthnForm, "passwordless", False)


# The attack ---------------------------------------------------------------------------------------
def test_a_key_that_was_only_touched_does_not_open_the_door_without_a_password():
    key = registered(person())
    client = Client()
    page = answer(client, DOOR, key.get(at_the_door(client)))
    assert (page.status_code, page.url) == (302, "/accounts/login/")
    assert not is_signed_in(client)


def attack_with_the_challenge_of_the_second_step(user, url=DOOR):
    """Whoever knows the password and holds the key for a moment: no PIN was ever asked."""
    key, client = registered(user), Client()
    options = at_the_second_step(client, user)
    assert options["publicKey"]["userVerification"] != "required"
    # The step stops waiting after a quarter of an hour; its challenge stays in the session.
    session = client.session
    session["account_login"]["initiated_at"] -= LOGIN_TIMEOUT + 1
    session.save()
    return client, answer(client, url, key.get(options))


def test_the_challenge_of_a_second_step_does_not_open_it_either():
    client, page = attack_with_the_challenge_of_the_second_step(person())
    assert (page.status_code, page.url) == (302, "/accounts/login/")
    assert not is_signed_in(client)
    assert client.get("/identity/").status_code == 302


@pytest.mark.parametrize("url", [f"{DOOR}?next=/admin/", "/admin/login/?next=/admin/"])
def test_neither_opens_the_reviewers_desk(url):
    reviewer = desk_reviewer()
    client, page = attack_with_the_challenge_of_the_second_step(reviewer, url)
    assert page.status_code == 302
    assert page.url.startswith("/accounts/login/")
    assert not is_signed_in(client)
    assert client.get("/admin/").status_code == 302


def test_the_attack_works_where_touching_is_enough(touched_is_enough):
    """So the tests above test something: without the library's check the same steps sign in."""
    client, page = attack_with_the_challenge_of_the_second_step(desk_reviewer())
    assert page.status_code == 302
    assert is_signed_in(client)
    assert client.get("/admin/").status_code == 200


def test_a_key_cannot_be_kept_as_a_passkey_without_verification():
    client = signed_in(person())
    client.post(f"/accounts/reauthenticate/?next={ADD}", {"password": PASSWORD})
    options = plain(client.get(ADD).context["js_data"]["creation_options"])
    form = {"name": "Key", "passwordless": "on", "credential": json.dumps(Key().create(options))}
    assert client.post(ADD, form).status_code == 422
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_a_challenge_is_good_for_one_answer_in_one_browser():
    key = registered(person(), VERIFIED)
    client, other = Client(), Client()
    credential = key.get(at_the_door(client), VERIFIED)
    answer(other, DOOR, credential)
    assert not is_signed_in(other)
    answer(client, DOOR, credential)
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    answer(client, DOOR, credential)
    assert not is_signed_in(client)


# What must go on working --------------------------------------------------------------------------
def test_a_passkey_that_verified_its_owner_signs_in():
    user = person()
    key = registered(user, VERIFIED)
    client = Client()
    page = answer(client, DOOR, key.get(at_the_door(client), VERIFIED))
    assert page.status_code == 302
    assert client.get("/identity/").status_code == 200
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_reviewers_passkey_is_second_factor_enough_for_the_desk():
    key = registered(desk_reviewer(), VERIFIED)
    client = Client()
    answer(client, DOOR, key.get(at_the_door(client, "/admin/"), VERIFIED))
    assert client.get("/admin/").status_code == 200


def test_a_touched_key_is_a_second_step_after_the_password():
    user = person()
    key = registered(user)
    client = Client()
    options = at_the_second_step(client, user)
    assert not is_signed_in(client)
    page = answer(client, SECOND_STEP, key.get(options))
    assert page.status_code == 302
    assert client.get("/identity/").status_code == 200
