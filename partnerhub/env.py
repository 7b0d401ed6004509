"""Typed readers of the environment. Each stops the start with a sentence, never with a guess."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

MIN_SECRET = 20
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

SQLITE_OPTIONS: dict[str, Any] = {
    # IMMEDIATE takes the write lock when a transaction begins: with the default a contended
    # read-then-write ends in "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
        "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364; PRAGMA cache_size=2000"
    ),
}


def required(name: str, hint: str) -> str:
    """The variable `name`; raises ImproperlyConfigured with `hint` when it is empty or unset."""
    value = env.str(name, default="").strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {hint}")
    return value


def site_url(*, demo: bool) -> str:
    """The configured origin without a trailing slash, such as https://hub.example. Raises
    ImproperlyConfigured for anything but an http(s) origin, and for a demo that is not on a
    loopback address: the demo signs anybody in."""
    default = f"http://localhost:{env.int('PORT', default=8000)}" if demo else ""
    url = env.str("SITE_URL", default=default).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured("Set SITE_URL to the public origin, such as https://hub.example")
    if demo and parts.hostname not in LOOPBACK:
        raise ImproperlyConfigured("DEMO=1 signs anybody in: it needs a loopback SITE_URL")
    if not demo and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ImproperlyConfigured("SITE_URL must be https outside of loopback addresses")
    return url


def secret_key(*, demo: bool, var: Path) -> str:
    """SECRET_KEY, or in the demo the one kept in `var`/secret-key (made by the supervisor)."""
    kept = var / "secret-key"
    if demo and not env.str("SECRET_KEY", default="") and kept.is_file():
        return kept.read_text().strip()
    key = required("SECRET_KEY", "50 random characters, the same for web, worker and beat")
    if len(key) < 32:
        raise ImproperlyConfigured("SECRET_KEY is too short: use at least 32 random characters")
    return key


def database(*, demo: bool, var: Path) -> dict[str, Any]:
    """Django's DATABASES entry from DATABASE_URL; the demo falls back to SQLite in `var`."""
    url = env.str("DATABASE_URL", default="")
    if not url and not demo:
        raise ImproperlyConfigured("Set DATABASE_URL, such as postgres://user:password@host/name")
    config = dict(environ.Env.db_url_config(url or f"sqlite:///{var / 'partnerhub.sqlite3'}"))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = SQLITE_OPTIONS | dict(config.get("OPTIONS") or {})
    else:
        config["CONN_MAX_AGE"] = None
        config["CONN_HEALTH_CHECKS"] = True
    return config


def transport(*, demo: bool, var: Path) -> dict[str, Any]:
    """The MAILERS entry that really sends, from EMAIL_URL: smtp://user:password@host:587
    (STARTTLS), smtps://…:465 (TLS), smtp+plain://localhost:1025 (no encryption, loopback only),
    console://, or anymail+NAME:// with the provider's own settings in the environment.
    `?timeout=10` are the seconds a silent server gets, `?per_second=5` bounds the mails of one
    connection. The demo writes files to `var`/mail."""
    url = env.str("EMAIL_URL", default="")
    if not url and demo:
        return {
            "BACKEND": "partnerhub.demo.mailbox.FileMailbox",
            "OPTIONS": {"folder": str(var / "mail")},
        }
    if not url:
        raise ImproperlyConfigured("Set EMAIL_URL, such as smtp://user:password@mail.example:587")
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme.startswith("anymail+"):
        name = parts.scheme.removeprefix("anymail+")
        return {"BACKEND": f"anymail.backends.{name}.EmailBackend"}
    if parts.scheme == "smtp+plain" and parts.hostname not in LOOPBACK:
        raise ImproperlyConfigured("EMAIL_URL smtp+plain:// sends in clear: loopback only")
    if parts.scheme not in {"smtp", "smtps", "smtp+plain"}:
        raise ImproperlyConfigured(f"EMAIL_URL has an unknown scheme: {parts.scheme}")
    query = parse_qs(parts.query)
    return {
        "BACKEND": "core.outbox.transport.SmtpTransport",
        "OPTIONS": {
            "host": parts.hostname or "localhost",
            "port": parts.port or {"smtps": 465, "smtp": 587}.get(parts.scheme, 25),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp",
            "use_ssl": parts.scheme == "smtps",
            # A silent server must not hold a worker (F7).
            "timeout": float(query.get("timeout", ["10"])[0]),
            "per_second": float(query.get("per_second", ["0"])[0]),
        },
    }


def anymail() -> dict[str, str]:
    """django-anymail's settings: ANYMAIL_MAILGUN_API_KEY in the environment is MAILGUN_API_KEY."""
    start = "ANYMAIL_"
    return {
        name.removeprefix(start): value
        for name, value in env.ENVIRON.items()
        if name.startswith(start) and value
    }


def mail_webhook(anymail_settings: dict[str, str]) -> str:
    """The provider whose reports are taken in, or "" while there is none or no secret is set.
    Raises ImproperlyConfigured for a secret that is no "user:password"."""
    scheme = urlsplit(env.str("EMAIL_URL", default="")).scheme
    secret = anymail_settings.get("WEBHOOK_SECRET", "")
    if not scheme.startswith("anymail+") or not secret:
        return ""
    if ":" not in secret or len(secret) < MIN_SECRET:
        raise ImproperlyConfigured(
            "Set ANYMAIL_WEBHOOK_SECRET to user:password, both random, 20 characters or more"
        )
    return scheme.removeprefix("anymail+")
