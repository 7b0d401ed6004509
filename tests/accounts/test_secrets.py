"""Secrets of second factors: sealed in the database, readable by whoever signs in."""

from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.test import override_settings
from django.urls import reverse

from accounts import secrets
from accounts.tasks import reseal_factors
from tests.factories.accounts import PASSWORD, person

pytestmark = pytest.mark.django_db
NEW = "another-key-of-forty-letters-and-more-0123456789"


def stored(row):
    """What the database holds of this authenticator."""
    return str(Authenticator.objects.values_list("data", flat=True).get(pk=row.pk))


def test_no_secret_stands_in_clear():
    user, secret = person(), generate_totp_secret()
    totp = TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user)
    assert secret not in stored(totp.instance)
    seed = secrets.unseal(codes.instance.data["seed"])
    assert len(seed) == 80
    assert seed not in stored(codes.instance)
    assert codes.validate_code(codes.get_unused_codes()[0])


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_a_code_counts_one_period_early_or_late_and_once(late):
    """The clocks of phones differ, and typing takes its time."""
    user, secret = person(), generate_totp_secret()
    totp = TOTP.activate(user, secret)
    middle = list(yield_hotp_counters_from_time())[1]
    code = format_hotp_value(hotp_value(secret, middle - late))
    assert totp.validate_code(code)
    assert not totp.validate_code(code)


def test_a_used_code_says_to_wait_for_the_next(client):
    user, secret = person(), generate_totp_secret()
    totp = TOTP.activate(user, secret)
    code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    assert totp.validate_code(code)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    page = client.post(reverse("mfa_authenticate"), {"code": code})
    assert "Wait for the next one in your app." in page.text


def test_keys_rotate_as_those_of_sessions_do(settings):
    user, secret = person(), generate_totp_secret()
    row = TOTP.activate(user, secret).instance
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[old]):
        row.refresh_from_db()
        assert secrets.unseal(row.data["secret"]) == secret
        assert not secrets.is_current(row.data["secret"])
        reseal_factors()
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[]):
        row.refresh_from_db()
        assert secrets.unseal(row.data["secret"]) == secret
    with pytest.raises(InvalidToken):
        secrets.unseal(row.data["secret"])


def test_rows_from_before_are_sealed_and_can_be_taken_back():
    user, secret = person(), generate_totp_secret()
    row = TOTP.activate(user, secret).instance
    Authenticator.objects.filter(pk=row.pk).update(data={"secret": secret})
    row.refresh_from_db()
    assert secrets.unseal(row.data["secret"]) == secret
    migration = import_module("accounts.migrations.0010_seal_factors")
    migration.seal(apps, None)
    assert secret not in stored(row)
    migration.unseal(apps, None)
    assert secret in stored(row)
