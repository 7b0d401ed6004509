"""Where the mail provider reports: there only for the configured provider, and with a secret."""

import importlib
import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches, resolve
from django.urls.exceptions import Resolver404

import partnerhub.urls
import partnerhub.urls.public
import partnerhub.urls.webhooks
from core.outbox.models import MarkedAddress
from partnerhub.env import Environment

pytestmark = pytest.mark.django_db
SECRET = "reports:0123456789abcdef"
ADDRESS = "/webhooks/mail/postmark/tracking/"
BOUNCE = {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "ID": 7, "MessageID": "m"}
BOUNCE |= {"Email": "gone@mail.example", "BouncedAt": "2026-05-04T08:00:00Z", "Description": "No."}


@pytest.fixture
def provider(settings: Any) -> Any:
    """The addresses as they are with a configured provider; put back afterwards."""
    modules = (partnerhub.urls.webhooks, partnerhub.urls.public, partnerhub.urls)

    def load() -> None:
        for module in modules:
            importlib.reload(module)
        clear_url_caches()

    settings.MAIL_WEBHOOK = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    load()
    yield
    settings.MAIL_WEBHOOK = ""
    load()


def post(secret: str) -> int:
    basic = f"Basic {b64encode(secret.encode()).decode()}"
    answer = Client(enforce_csrf_checks=True).post(
        ADDRESS,
        json.dumps(BOUNCE),
        content_type="application/json",
        headers={"Authorization": basic},
    )
    return answer.status_code


def test_without_a_provider_there_is_no_such_address():
    with pytest.raises(Resolver404):
        resolve(ADDRESS)


def test_the_configured_provider_reports_a_bounce(provider: Any):
    assert post(SECRET) == 200
    assert MarkedAddress.objects.get().address == "gone@mail.example"


def test_a_wrong_secret_changes_nothing(provider: Any):
    assert post("reports:somethingelse") == 400
    assert not MarkedAddress.objects.exists()


def test_other_providers_and_incoming_mail_have_no_address(provider: Any):
    for other in ("mailgun/tracking", "sendgrid/tracking", "postmark/inbound"):
        with pytest.raises(Resolver404):
            resolve(f"/webhooks/mail/{other}/")


def test_settings_come_from_the_environment():
    env = Environment({"ANYMAIL_MAILGUN_API_KEY": "key", "EMAIL_URL": "anymail+mailgun://"})
    assert env.anymail() == {"MAILGUN_API_KEY": "key"}
    assert env.mail_webhook(env.anymail()) == ""
    assert env.mail_webhook({"WEBHOOK_SECRET": SECRET}) == "mailgun"
    env.mail_webhook({"WEBHOOK_SECRET": "short"})
    assert [line.split()[0] for line in env.wrong] == ["ANYMAIL_WEBHOOK_SECRET"]
    env = Environment({"EMAIL_URL": "smtp://mail.example:587"})
    assert env.mail_webhook({"WEBHOOK_SECRET": SECRET}) == ""
