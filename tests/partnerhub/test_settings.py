"""What the environment may say: all that is wrong is told at once, in sentences, by every door."""

import os
import runpy
import subprocess
import sys
from email.utils import getaddresses
from typing import Any

import pytest
from django.core.mail import EmailMessage
from gunicorn.app.wsgiapp import WSGIApplication

from partnerhub.env import ROOT, STATUS_WRONG, Environment

GOOD = {
    "SECRET_KEY": "t8Xq2-mZ0vLrW5yKc9BnJ4hGdS7pFe1uAo3iTxRb6wY",
    "SITE_URL": "https://hub.example",
    "DATABASE_URL": "postgres://hub:secret@127.0.0.1/hub",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtp://hub:secret@mail.example:587",
    "DEFAULT_FROM_EMAIL": "Hub <no-reply@hub.example>",
    "SUPPORT_EMAIL": "help@hub.example",
    "TRUSTED_PROXY_COUNT": "1",
}
LOCAL = {"SITE_URL": "http://localhost:8000", "TRUSTED_PROXY_COUNT": "0"}
DEMO = {"DEMO": "1", "SITE_URL": ""}
ELSEWHERE = "in clear to another host"
# Each way into the product.
DOORS = (
    ("web without our file", ["gunicorn", "--config", "/dev/null", "partnerhub.wsgi"]),
    ("worker", ["celery", "-A", "partnerhub", "worker"]),
    ("all at once", ["partnerhub.supervisor", "run"]),
    ("web", ["gunicorn"]),
    ("beat", ["celery", "-A", "partnerhub", "beat"]),
    ("command", ["django", "migrate"]),
)
WRONG = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "k" * 32),
    ("SECRET_KEY", "k" * 600),
    ("SECRET_KEY", "abcdefghij" * 5),
    ("SECRET_KEY", "django-insecure-t8Xq2mZ0vLrW5yKc9BnJ4hGdS7pFe1uAo3iTxRb6wY"),
    ("SECRET_KEY_FALLBACKS", "k" * 32),
    ("SITE_URL", ""),
    ("SITE_URL", "hub.example"),
    ("SITE_URL", "http://hub.example"),
    ("SITE_URL", "ftp://hub.example"),
    ("SITE_URL", "https://user@hub.example"),
    ("SITE_URL", "https://:@hub.example"),
    ("SITE_URL", "https://hub.example/#top"),
    ("SITE_URL", "https://hub.example/#"),
    ("SITE_URL", "https://hub.example/hub"),
    ("SITE_URL", "https://hub.example:port"),
    ("SITE_URL", "https://hub.example:99999"),
    ("SITE_URL", "https://[::1"),
    ("SITE_URL", "https://*.example"),
    ("SITE_URL", "https://hub_1.example"),
    ("SITE_URL", "https://"),
    ("SITE_URL", "https://bücher.example"),
    ("DATABASE_URL", ""),
    ("DATABASE_URL", "hub"),
    ("DATABASE_URL", "mysql://hub@127.0.0.1/hub"),
    ("DATABASE_URL", "sqlite:////tmp/hub.sqlite3"),
    ("DATABASE_URL", "postgres://hub:pa#ss@127.0.0.1/hub"),
    ("DATABASE_URL", "postgres://hub:pa/ss@127.0.0.1/hub"),
    ("DATABASE_URL", "postgres://hub@127.0.0.1:port/hub"),
    ("DATABASE_URL", "postgres://hub@127.0.0.1/"),
    ("DATABASE_URL", "postgres://hub@db.example/hub"),
    ("DATABASE_URL", "postgres://hub@127.0.0.1,db.example/hub"),
    ("DATABASE_URL", "postgres://hub@db.example/hub?sslmode=prefer"),
    ("DATABASE_URL", "postgres://hub@localhost/hub?host=db.example"),
    ("REDIS_URL", ""),
    ("REDIS_URL", "redis"),
    ("REDIS_URL", "http://127.0.0.1"),
    ("REDIS_URL", "redis://:pa/ss@127.0.0.1:6379/0"),
    ("REDIS_URL", "redis://:12/ss@127.0.0.1:6379/0"),
    ("REDIS_URL", "redis://:pa#ss@127.0.0.1:6379/0"),
    ("REDIS_URL", "redis://:pa?ss@127.0.0.1:6379/0"),
    ("REDIS_URL", "redis://127.0.0.1:6379/zero"),
    ("REDIS_URL", "redis://cache.example:6379/0"),
    ("REDIS_URL", "rediss://cache.example:6379/0?ssl_cert_reqs=none"),
    ("REDIS_URL", "rediss://cache.example:6379/0?ssl_ca_certs=/nowhere/ca.pem"),
    ("EMAIL_URL", ""),
    ("EMAIL_URL", "mail.example"),
    ("EMAIL_URL", "console://"),
    ("EMAIL_URL", "pigeon://mail.example"),
    ("EMAIL_URL", "smtp+plain://mail.example"),
    ("EMAIL_URL", "smtp://hub:pa/ss@mail.example"),
    ("EMAIL_URL", "smtp://mail.example:port"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "smtp://mail.example?timeout=soon"),
    ("EMAIL_URL", "smtp://mail.example?tls=0"),
    ("EMAIL_URL", "smtp://mail.example?untried=yes"),
    ("EMAIL_URL", "anymail+resend://"),
    ("EMAIL_URL", "anymail+mailersend://?untried=no"),
    ("EMAIL_URL", "anymail+pigeon://?untried=yes"),
    ("EMAIL_URL", "anymail+test://?untried=yes"),
    ("DEFAULT_FROM_EMAIL", "Hub"),
    ("DEFAULT_FROM_EMAIL", "Hub <no-reply>"),
    ("DEFAULT_FROM_EMAIL", "a@hub.example, b@hub.example"),
    ("DEFAULT_FROM_EMAIL", "Hub <no-reply@bücher.example>"),
    ("DEFAULT_FROM_EMAIL", "Hub <a@hub.example>\nBcc: all@hub.example"),
    ("SUPPORT_EMAIL", ""),
    ("SUPPORT_EMAIL", "help"),
    ("SUPPORT_EMAIL", "Help <help@hub.example>"),
    ("TRUSTED_PROXY_COUNT", ""),
    ("TRUSTED_PROXY_COUNT", "0"),
    ("TRUSTED_PROXY_COUNT", "-1"),
    ("TRUSTED_PROXY_COUNT", "abc"),
    ("TRUSTED_PROXY_COUNT", "1.5"),
    ("DEBUG", "1"),
    ("DEBUG", "maybe"),
    ("DEMO", "maybe"),
    ("PORT", "abc"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("BIND", "everywhere"),
    ("WEB_CONCURRENCY", "0"),
    ("WEB_CONCURRENCY", "many"),
    ("LOG_LEVEL", "LOUD"),
    ("MARKETPLACE_NAME", "Ama\nzon"),
    ("MEDIA_ROOT", str(ROOT / "README.md")),
    ("VAR_DIR", str(ROOT / "README.md" / "var")),
]


def start(arguments: list[str], values: dict[str, str], folder: Any) -> subprocess.Popen[str]:
    """A process that sees these variables alone; what it says comes out of one pipe."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {"DJANGO_SETTINGS_MODULE": "partnerhub.settings", "VAR_DIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, *arguments], env=kept | values, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def read(**values: str) -> dict[str, Any]:
    """The settings that these variables make, right or wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", GOOD | values)
        patch.setattr(Environment, "stop_if_wrong", lambda self: None)
        return runpy.run_path(str(ROOT / "partnerhub/settings.py"))


def judged(**values: str) -> list[str]:
    """The sentences about these variables."""
    wrong: list[str] = read(**values)["env"].wrong
    return wrong


def test_right_settings_pass():
    assert judged() == []
    assert judged(**DEMO) == []
    assert judged(**LOCAL, DATABASE_URL="sqlite:////tmp/x", EMAIL_URL="console://", DEBUG="1") == []


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_setting_is_one_sentence_that_names_it(name: str, value: str):
    (sentence,) = judged(**{name: value})
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith((".", "%25."))
    assert "pa" not in value or "ss@" not in sentence, "a password is not repeated"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://hub:p%23%2F@db.example/hub?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://hub@[::1]:5433/hub"),
        ("DATABASE_URL", "postgres:///hub?host=/run/postgresql"),
        ("REDIS_URL", "rediss://:p%2F%40@cache.example:6380/1"),
        ("SITE_URL", "https://hub.example:8443/"),
        ("SITE_URL", "https://xn--bcher-kva.example"),
        ("EMAIL_URL", "smtps://u:p%40@mail.example?timeout=2.5&per_second=3"),
        ("EMAIL_URL", "anymail+amazon_ses://?timeout=5&per_second=14"),
        ("EMAIL_URL", "anymail+resend://?untried=yes"),
        ("BIND", "0.0.0.0"),
        ("BIND", "::1"),
    ],
)
def test_right_setting_passes(name: str, value: str):
    assert judged(**{name: value}) == []


@pytest.mark.parametrize("provider", ["brevo", "mailgun", "postmark", "sendgrid"])
def test_mail_provider_needs_its_key(provider: str):
    (sentence,) = judged(EMAIL_URL=f"anymail+{provider}://")
    assert sentence.startswith(f"ANYMAIL_{provider.upper()}_")
    name = sentence.partition(" ")[0]
    assert judged(**{"EMAIL_URL": f"anymail+{provider}://", name: "key"}) == []


def test_setting_of_a_mail_provider_that_is_no_json_is_told():
    name = "ANYMAIL_AMAZON_SES_CLIENT_PARAMS"
    assert Environment({name: '{"region_name": "eu-west-1"}'}).anymail() == {
        "AMAZON_SES_CLIENT_PARAMS": {"region_name": "eu-west-1"}
    }
    (sentence,) = judged(**{name: "{region"})
    assert sentence.startswith(f"{name} ")


@pytest.mark.parametrize("name", ["SITE_URL", "BIND"])
def test_demo_stays_on_this_machine(name: str):
    wrong = {"SITE_URL": "https://hub.example", "BIND": "0.0.0.0"}
    assert len(judged(**(DEMO | {name: wrong[name]}))) == 1


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("Amazon, Inc. <no-reply@hub.example>", '"Amazon, Inc." <no-reply@hub.example>'),
        ('"Amazon, Inc." <no-reply@hub.example>', '"Amazon, Inc." <no-reply@hub.example>'),
        ('A "B" C <no-reply@hub.example>', '"A \\"B\\" C" <no-reply@hub.example>'),
        ("Müller: Hub <no-reply@hub.example>", '"Müller: Hub" <no-reply@hub.example>'),
        ("no-reply@hub.example", "no-reply@hub.example"),
    ],
)
def test_name_in_a_sender_is_quoted(given: str, used: str):
    env = Environment({"DEFAULT_FROM_EMAIL": given})
    assert env.address("DEFAULT_FROM_EMAIL") == used
    assert env.wrong == []
    mail = EmailMessage("Subject", "Body", used, ["a@hub.example"]).message()
    assert [address for _, address in getaddresses([str(mail["From"])])] == ["no-reply@hub.example"]


def test_broker_and_cache_verify_alike():
    """Before, Celery took any certificate."""
    settings = read(REDIS_URL="rediss://:secret@cache.example:6380/1")
    assert settings["CELERY_BROKER_USE_SSL"] == {"ssl_cert_reqs": "required"}
    assert settings["CACHES"]["quick"]["OPTIONS"]["ssl_cert_reqs"] == "required"
    assert read()["CELERY_BROKER_USE_SSL"] is None


@pytest.mark.parametrize("name", ["SESSION_COOKIE", "CSRF_COOKIE"])
def test_cookies_of_production(name: str):
    settings = read()
    assert settings[f"{name}_NAME"].startswith("__Host-")
    assert settings[f"{name}_SECURE"] is True
    assert settings.get(f"{name}_HTTPONLY", True) is True
    assert settings["ALLOWED_HOSTS"] == ["hub.example"]
    assert settings["FILE_UPLOAD_PERMISSIONS"] == 0o600


@pytest.mark.grows
def test_every_door_tells_all_that_is_wrong_and_starts_nothing(tmp_path: Any):
    """Before: one at a time, each as a traceback."""
    values = GOOD | {"SUPPORT_EMAIL": "", "TRUSTED_PROXY_COUNT": "0", "SECRET_KEY": "k" * 32}
    doors = DOORS if os.environ.get("SOAK") == "1" else DOORS[:3]
    started = {door: start(["-m", *arguments], values, tmp_path) for door, arguments in doors}
    for door, process in started.items():
        said = process.communicate(timeout=60)[0]
        assert process.returncode == STATUS_WRONG, (door, said)
        assert "Traceback" not in said, door
        for name in ("SUPPORT_EMAIL", "TRUSTED_PROXY_COUNT", "SECRET_KEY"):
            assert said.count(f"\n- {name} ") == 1, door
    assert list(tmp_path.iterdir()) == []


def served(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The configuration that gunicorn takes in the project's folder."""
    monkeypatch.setattr("sys.argv", ["gunicorn", *arguments])
    monkeypatch.chdir(ROOT)
    return WSGIApplication().cfg


def test_web_server_listens_on_this_machine_and_believes_nobody(monkeypatch, settings):
    monkeypatch.setenv("PORT", "8123")
    settings.PORT = 8123
    cfg = served([], monkeypatch)
    assert cfg.bind == ["127.0.0.1:8123"]
    assert cfg.control_socket_disable
    assert cfg.forwarded_allow_ips == []
    assert cfg.accesslog is None
    settings.BIND = "0.0.0.0"
    assert served([], monkeypatch).bind == ["0.0.0.0:8123"]
