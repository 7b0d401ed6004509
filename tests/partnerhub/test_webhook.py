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
from core import clock
from core.outbox.models import MarkedAddress, Message
from partnerhub.env import Environment

pytestmark = pytest.mark.django_db
SECRET = "reports:0123456789abcdef"
ADDRESS = "/webhooks/mail/postmark/tracking/"
BOUNCE = {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "ID": 7, "MessageID": "m"}
BOUNCE |= {"Email": "gone@mail.example", "BouncedAt": "2026-05-04T08:00:00Z", "Description": "No."}


@pytest.fixture(params=["postmark"])
def provider(request: Any, settings: Any) -> Any:
    """The addresses as they are with a configured provider; put back afterwards."""
    modules = (partnerhub.urls.webhooks, partnerhub.urls.public, partnerhub.urls)

    def load() -> None:
        for module in modules:
            importlib.reload(module)
        clear_url_caches()

    settings.MAIL_WEBHOOK = request.param
    keys = {"MAILGUN_API_KEY": "key", "AMAZON_SES_AUTO_CONFIRM_SNS_SUBSCRIPTIONS": False}
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, **keys}
    load()
    yield request.param
    settings.MAIL_WEBHOOK = ""
    load()


def post(secret: str, body: str = json.dumps(BOUNCE)) -> int:
    basic = f"Basic {b64encode(secret.encode()).decode()}"
    answer = Client(enforce_csrf_checks=True).post(
        ADDRESS,
        body,
        content_type="application/json",
        headers={"Authorization": basic},
    )
    return answer.status_code


def test_without_a_provider_there_is_no_such_address():
    with pytest.raises(Resolver404):
        resolve(ADDRESS)


def test_the_configured_provider_reports_a_bounce(provider: Any):
    message = Message(
        key="k", message_id="<1@hub.example>", kind="test", to="gone@mail.example",
        status="sent", sent_at=clock.real_now(),
    )  # fmt: skip
    message.save()
    body = BOUNCE | {
        "Metadata": {"message": str(message.pk)},
        "BouncedAt": clock.real_now().isoformat(),
    }
    assert post(SECRET) == 200
    assert not MarkedAddress.objects.exists(), "of no mail of ours"
    assert post(SECRET, json.dumps(body)) == 200
    assert MarkedAddress.objects.get().address == "gone@mail.example"


UNREADABLE = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"{}", b"[1]", b"[null]", b"[{}]", b"\xff\xfe", b"NaN",
    b'{"RecordType": []}', b'{"RecordType": "Bounce"}', b'{"RecordType": "Bounce", "Type": {}}',
    b'{"RecordType": "Bounce", "Type": "HardBounce", "Email": ["a@mail.example"]}',
    b'{"RecordType": "Bounce", "Type": "HardBounce", "Email": "a\\u0000@mail.example"}',
    b'{"RecordType": "Bounce", "Type": "HardBounce", "Email": "\\ud800@mail.example"}',
    b'{"RecordType": "Bounce", "Type": "HardBounce", "Email": "a@mail.example", "Metadata": 5}',
    b'{"RecordType": "Bounce", "Type": "HardBounce", "Email": "a@mail.example", "BouncedAt": 5}',
    b'{"RecordType": "Inbound"}', b'{"items": []}', b'{"items": 1}', b'{"FromFull": {}}',
    b'{"event-data": 1}', b'{"event-data": {}}', b'{"signature": {}}', b'{"signature": 1}',
    b'{"signature": {"token": "t", "timestamp": 1, "signature": "s"}, "event-data": {}}',
    b'{"Type": "Notification", "Message": "x"}', b'{"Type": "Notification", "Message": "{}"}',
    b'{"Type": "Notification", "Message": "{\\"eventType\\": \\"Bounce\\"}"}',
    b'{"Type": "Notification", "Message": null}', b'{"Type": "SubscriptionConfirmation"}',
    b'[{"event": "bounce", "email": 5}]', b'[{"event": "bounce", "timestamp": "soon"}]',
    b'[{"event": "bounce", "timestamp": 1e400}]', b'{"event": "soft_bounce", "ts_event": "x"}',
    b'{"event": [], "email": {}}', b"[" * 20_000, b"9" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize(
    "provider", ["amazon_ses", "brevo", "mailgun", "postmark", "sendgrid"], indirect=True
)
def test_report_that_cannot_be_read_is_no_error_of_ours(provider: str):
    """Whatever it holds: a provider repeats for days what was answered with 500."""
    client = Client(raise_request_exception=False)
    basic = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}
    address = f"/webhooks/mail/{provider}/tracking/"
    for body in UNREADABLE:
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            answer = client.post(address, body, content_type=kind, headers=basic)
            assert answer.status_code in (200, 400), body[:80]
    assert not MarkedAddress.objects.exists()


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
