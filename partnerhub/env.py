"""Readers of the environment: what is wrong is collected, told at once, and nothing starts."""

import json
import logging
import re
import sys
import zlib
from collections.abc import Collection, Mapping
from email.headerregistry import Address
from email.utils import parseaddr
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import environ
import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MIN_SECRET, MIN_KEY = 20, 32
# gunicorn starts a worker that ends with any other status again and again.
STATUS_WRONG = 3
WORDS = {"1": True, "true": True, "yes": True, "on": True}
WORDS |= {"": False, "0": False, "false": False, "no": False, "off": False}
ESCAPE = "In user and password write / as %2F, @ as %40, # as %23, ? as %3F, : as %3A, % as %25."
ORIGIN = "must be the public origin alone, such as https://hub.example: no user, path, ? or #."
# Mail providers that were tried against their HTTP API, and what each needs.
TRIED_PROVIDERS: dict[str, tuple[str, ...]] = {
    "amazon_ses": (),  # boto3 finds its keys by itself
    "brevo": ("ANYMAIL_BREVO_API_KEY",),
    "mailgun": ("ANYMAIL_MAILGUN_API_KEY",),
    "postmark": ("ANYMAIL_POSTMARK_SERVER_TOKEN",),
    "sendgrid": ("ANYMAIL_SENDGRID_API_KEY",),
}
# Modules of anymail beside its providers.
NO_PROVIDERS = frozenset({"base", "base_requests", "console", "test"})
# scripts/setup says why.
OLDEST_PYTHON = (3, 12, 5)
ENCRYPTED = {"require", "verify-ca", "verify-full"}

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


class Environment:
    """What the variables say. A reader that refuses one adds a sentence to `wrong`, never its
    value, which may be a secret, and returns something harmless, so that all others are read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values, self.wrong = values, list[str]()
        self.demo = self.flag("DEMO")
        self.production = not self.demo  # until site_url has seen a loopback address
        self.port = self.number("PORT", 8000, 1, 65535)

    def refuse(self, name: str, sentence: str) -> None:
        """Note that the variable `name` is wrong; `sentence` goes on after its name."""
        self.wrong.append(f"{name} {sentence}")

    def stop_if_wrong(self) -> None:
        """End the process with all that is wrong. No exception that a caller may catch or show
        with a traceback: web server, worker, beat and manage.py all say the same."""
        if self.production and sys.version_info < OLDEST_PYTHON:
            least = ".".join(map(str, OLDEST_PYTHON))
            self.refuse("Python", f"is too old: production needs {least} or newer (scripts/setup).")
        if self.wrong:
            tell_and_end(self.wrong)

    # Plain values ------------------------------------------------------------------------------
    def text(self, name: str, default: str = "", *, like: str = "") -> str:
        """The stripped value; with `like`, an example or a hint, it has to be set."""
        value = self.values.get(name, "").strip()
        if not value.isprintable():
            self.refuse(name, "holds a line break or another character that cannot be seen.")
            return default
        if not value and like and not default:
            self.refuse(name, f"is not set. Set it to {like}.")
        return value or default

    def flag(self, name: str) -> bool:
        """Whether it is switched on."""
        word = self.text(name).lower()
        if word not in WORDS:
            self.refuse(name, "must be 1 or 0.")
        return WORDS.get(word, False)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within limits."""
        value = self.text(name, str(default))
        if re.fullmatch(r"[0-9]{1,9}", value) and least <= int(value) <= most:
            return int(value)
        self.refuse(name, f"must be a whole number from {least} to {most}.")
        return default

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        """One of a few words in capitals."""
        value = self.text(name, default).upper()
        if value not in choices:
            self.refuse(name, f"must be one of {', '.join(choices)}.")
            return default
        return value

    def words(self, name: str) -> list[str]:
        """What stands between commas."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def folder(self, name: str, default: Path) -> Path:
        """A folder, absolute or seen from the project's; it need not exist yet."""
        path = ROOT / self.text(name, str(default))
        if next(place for place in (path, *path.parents) if place.exists()).is_file():
            self.refuse(name, "must be a folder, and there is a file in its way.")
            return default
        return path

    def url(
        self, name: str, schemes: Collection[str], *, like: str, default: str = "", hint: str = ""
    ) -> SplitResult | None:
        """An address with one of these schemes, or None when it is not set or wrong."""
        if not (text := self.text(name, default, like=like)):
            return None
        scheme, _, rest = text.partition("://")
        try:
            # Split under another scheme: a provider's name may have an underscore.
            parts = urlsplit(f"any://{rest}")._replace(scheme=scheme.lower())
            unfit = parts.port == 0 or "@" in parts.path + parts.query or "#" in text or " " in text
        except ValueError:
            unfit = True
        if unfit:
            self.refuse(name, hint or f"cannot be read: it must look like {like}. {ESCAPE}")
            return None
        if parts.scheme not in schemes:
            self.refuse(name, f"must begin with {' or '.join(f'{word}://' for word in schemes)}.")
            return None
        return parts

    # What they mean ----------------------------------------------------------------------------
    def site_url(self) -> str:
        """The public origin without a slash at its end, such as https://hub.example."""
        like = "the public origin, such as https://hub.example"
        default = f"http://localhost:{self.port}" if self.demo else ""
        parts = self.url("SITE_URL", ("https", "http"), like=like, default=default, hint=ORIGIN)
        fallback = "http://localhost"
        if parts is None:
            return fallback
        host = parts.hostname or ""
        if parts.username is not None or parts.path not in {"", "/"} or "?" in parts.geturl():
            self.refuse("SITE_URL", ORIGIN)
            return fallback
        if not host.isascii():
            try:
                said = f"{parts.scheme}://{idna.encode(host, uts46=True).decode()}"
                self.refuse("SITE_URL", f"has an international name. Write it as {said}.")
            except idna.IDNAError:
                self.refuse("SITE_URL", ORIGIN)
            return fallback
        label = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
        if not re.fullmatch(rf"({label}\.)*{label}|[0-9a-f:]*:[0-9a-f:.]+", host):
            self.refuse("SITE_URL", ORIGIN)
            return fallback
        self.production = not self.demo and host not in LOOPBACK
        if self.demo and host not in LOOPBACK:
            self.refuse("SITE_URL", "must be a loopback address in the demo: it signs anybody in.")
        if self.production and parts.scheme == "http":
            self.refuse("SITE_URL", "must begin with https:// outside of loopback addresses.")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    def bind(self) -> str:
        """The address the web server listens on: this machine alone unless told otherwise."""
        value = self.text("BIND", "127.0.0.1")
        try:
            address = ip_address(value)
        except ValueError:
            self.refuse("BIND", "must be an IP address, such as 127.0.0.1 or 0.0.0.0.")
            return "127.0.0.1"
        if self.demo and not address.is_loopback:
            self.refuse("BIND", "must be a loopback address in the demo: it signs anybody in.")
        return f"[{address}]" if address.version == 6 else str(address)

    def debug(self) -> bool:
        """Whether Django shows its yellow pages: on a developer's machine only."""
        if (debug := self.flag("DEBUG")) and self.production:
            self.refuse("DEBUG", "must be 0 in production: its pages show code and settings.")
        return debug

    def proxies(self, *, https: bool) -> int:
        """How many proxies of ours stand in front. Behind TLS there is at least one, or the site
        would take every request for plain http and send it to itself."""
        count = self.number("TRUSTED_PROXY_COUNT", 0, 0, 10)
        unread = any(line.startswith("TRUSTED_PROXY_COUNT") for line in self.wrong)
        if https and not count and not unread:
            self.refuse("TRUSTED_PROXY_COUNT", "must be 1 or more: https needs your TLS proxy.")
        return count

    def secret_key(self, kept: Path) -> str:
        """The signing key; in the demo the one in the file `kept`, if none is set."""
        if self.demo and not self.text("SECRET_KEY") and kept.is_file():
            return kept.read_text().strip()
        key = self.text("SECRET_KEY", like="50 random characters, the same for all processes")
        self._judge_key("SECRET_KEY", key)
        return key or "wrong"

    def fallback_keys(self) -> list[str]:
        """Former keys whose signatures still count."""
        keys = self.words("SECRET_KEY_FALLBACKS")
        for key in keys:
            self._judge_key("SECRET_KEY_FALLBACKS", key)
        return keys

    def _judge_key(self, name: str, key: str) -> None:
        guessable = key.startswith("django-insecure") or len(zlib.compress(key.encode())) < MIN_KEY
        if key and (len(key) < MIN_KEY or guessable):
            self.refuse(name, f"can be guessed: use at least {MIN_KEY} random characters.")

    def database(self, demo_file: Path) -> dict[str, Any]:
        """Django's DATABASES entry; the demo falls back to SQLite in `demo_file`."""
        name, schemes = "DATABASE_URL", ("postgres", "postgresql", "sqlite")
        default = f"sqlite:///{demo_file}" if self.demo else ""
        like = "postgres://user:password@host/name"
        parts = self.url(name, schemes, like=like, default=default)
        if parts is None:
            return {}
        config = dict(environ.Env.db_url_config(parts.geturl()))
        options = dict(config.get("OPTIONS") or {})
        if parts.scheme == "sqlite":
            if self.production:
                self.refuse(name, "must name a PostgreSQL in production, not SQLite.")
            return config | {"OPTIONS": SQLITE_OPTIONS | options}
        hosts = [str(config["HOST"]), *(str(options.get(key, "")) for key in ("host", "hostaddr"))]
        if not config["NAME"]:
            self.refuse(name, f"names no database: it must look like {like}.")
        if any(map(_is_elsewhere, hosts)) and options.get("sslmode") not in ENCRYPTED:
            self.refuse(
                name, "is sent in clear to another host: add ?sslmode=verify-full, or =require."
            )
        return config | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}

    def redis(self) -> tuple[str, dict[str, str]]:
        """Address and TLS options of the broker, which is the cache, too. For rediss:// the
        certificate and its host name are verified by both; `?ssl_ca_certs=/path` names who signed
        it where the system does not know them."""
        name, like = "REDIS_URL", "redis://127.0.0.1:6379/0, or rediss://user:password@host:6379/0"
        default = "redis://127.0.0.1:6379/0" if self.demo else ""
        parts = self.url(name, ("redis", "rediss"), like=like, default=default)
        if parts is None:
            return "redis://127.0.0.1:6379/0", {}
        if not parts.hostname or not re.fullmatch(r"(/\d{0,3})?", parts.path):
            self.refuse(name, f"cannot be read: it must look like {like}. {ESCAPE}")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        authority = options.pop("ssl_ca_certs", "")
        if options or (authority and parts.scheme == "redis"):
            self.refuse(name, "takes one option, ?ssl_ca_certs=/path, and that with rediss://.")
        if authority and not Path(authority).is_file():
            self.refuse(name, "names a file in ssl_ca_certs that is not there.")
        if parts.scheme == "redis" and _is_elsewhere(parts.hostname or ""):
            self.refuse(name, "is sent in clear to another host: use rediss://.")
        tls = {"ssl_cert_reqs": "required"} if parts.scheme == "rediss" else {}
        if authority:
            tls["ssl_ca_certs"] = authority
        return parts._replace(query="").geturl(), tls

    def address(self, name: str, default: str = "", *, like: str = "") -> str:
        """One mail address with or without a name before it; a name with a comma is quoted."""
        value = self.text(name, default, like=like)
        if not value:
            return ""
        shown, _, spec = value.rpartition("<") if value.endswith(">") else ("", "", value)
        spec = spec.removesuffix(">")
        shown = shown.strip()
        if shown.startswith('"'):
            shown = parseaddr(f"{shown} <a@b.example>")[0] or "\n"
        try:
            validate_email(spec)
            return str(Address(shown, addr_spec=spec)) if spec.isascii() else self._no_address(name)
        except (ValidationError, ValueError, IndexError):
            return self._no_address(name)

    def _no_address(self, name: str) -> str:
        self.refuse(name, 'must be one mail address, such as "Hub, Inc." <help@hub.example>.')
        return ""

    def plain_address(self, name: str, default: str = "", *, like: str = "") -> str:
        """One mail address without a name: it stands in links."""
        value = self.address(name, default, like=like)
        if "<" in value:
            self.refuse(name, "must be a mail address without a name, such as help@hub.example.")
        return value

    def transport(self, demo_folder: Path) -> dict[str, Any]:
        """The MAILERS entry that really sends, from EMAIL_URL: smtp://user:password@host:587
        (STARTTLS), smtps://…:465 (TLS), smtp+plain://localhost:1025 (no encryption, loopback
        only), console://, or anymail+NAME:// with the provider's own settings in the environment.
        `?timeout=10` are the seconds a silent server gets, `?per_second=5` bounds the mails of one
        connection, `?untried=yes` takes a provider that was never tried. The demo writes files to
        `demo_folder`."""
        name, like = "EMAIL_URL", "smtp://user:password@mail.example:587"
        if self.demo and not self.text(name):
            return {
                "BACKEND": "partnerhub.demo.mailbox.FileMailbox",
                "OPTIONS": {"folder": str(demo_folder)},
            }
        scheme = self.text(name).partition("://")[0]
        schemes = ["smtp", "smtps", "smtp+plain", "console", "anymail+NAME"]
        if scheme.startswith("anymail+") and scheme != "anymail+":
            schemes.append(scheme)
        parts = self.url(name, schemes, like=like)
        if parts is None:
            return {}
        if parts.scheme == "console":
            if self.production:
                self.refuse(name, "must send mail in production: console:// only prints it.")
            return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
        query = {"timeout": "10", "per_second": "0"} | dict(parse_qsl(parts.query))
        untried = query.pop("untried", "") if parts.scheme.startswith("anymail+") else ""
        if query.keys() != {"timeout", "per_second"}:
            self.refuse(name, "takes the options ?timeout=10 and ?per_second=5, no other.")
        elif not all(re.fullmatch(r"\d{1,4}(\.\d{1,3})?", part) for part in query.values()):
            self.refuse(name, "must have numbers of seconds and mails in its options.")
            query = {"timeout": "10", "per_second": "0"}
        # A silent server must not hold a worker (F7).
        pace = {key: float(query[key]) for key in ("timeout", "per_second")}
        if parts.scheme.startswith("anymail+"):
            provider = parts.scheme.removeprefix("anymail+")
            self._judge_provider(provider, untried=WORDS.get(untried.lower(), False))
            return {
                "BACKEND": "core.outbox.gateways.ProviderTransport",
                "OPTIONS": {"provider": provider, **pace},
            }
        if not parts.hostname:
            self.refuse(name, f"names no host: it must look like {like}. {ESCAPE}")
        if parts.scheme == "smtp+plain" and _is_elsewhere(parts.hostname or ""):
            self.refuse(name, "is sent in clear to another host: use smtp:// or smtps://.")
        return {
            "BACKEND": "core.outbox.transport.SmtpTransport",
            "OPTIONS": {
                "host": parts.hostname or "localhost",
                "port": parts.port or {"smtps": 465, "smtp": 587}.get(parts.scheme, 25),
                "username": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "use_tls": parts.scheme == "smtp",
                "use_ssl": parts.scheme == "smtps",
                **pace,
            },
        }

    def _judge_provider(self, provider: str, *, untried: bool) -> None:
        """Refuse what would lose mail: a provider that nobody tried, or one without its key."""
        name, backend = "EMAIL_URL", f"anymail.backends.{provider}"
        if provider in TRIED_PROVIDERS:
            for key in TRIED_PROVIDERS[provider]:
                self.text(key, like=f"what {provider} gave you: EMAIL_URL names it")
        elif not provider.isidentifier() or provider in NO_PROVIDERS or not find_spec(backend):
            self.refuse(name, "names a mail provider that django-anymail does not know.")
        elif not untried:
            self.refuse(
                name,
                f"names {provider}, which was never tried with PartnerHub; tried are "
                f"{', '.join(sorted(TRIED_PROVIDERS))}. To use it all the same, at your own risk, "
                f"set anymail+{provider}://?untried=yes.",
            )

    def anymail(self) -> dict[str, Any]:
        """django-anymail's settings: ANYMAIL_MAILGUN_API_KEY here is its MAILGUN_API_KEY. What is
        no text is written as JSON, such as ANYMAIL_AMAZON_SES_CLIENT_PARAMS."""
        start, read = "ANYMAIL_", dict[str, Any]()
        for name, value in self.values.items():
            if name.startswith(start) and value:
                read[name.removeprefix(start)] = text = self.text(name)
                if text.startswith("{"):
                    try:
                        read[name.removeprefix(start)] = json.loads(text)
                    except ValueError:
                        self.refuse(name, "begins like a JSON object and cannot be read as one.")
        return read

    def mail_webhook(self, anymail_settings: Mapping[str, Any]) -> str:
        """The provider whose reports are taken in, or "" without one or without a secret."""
        scheme = self.text("EMAIL_URL").partition("://")[0]
        secret = str(anymail_settings.get("WEBHOOK_SECRET", ""))
        if not scheme.startswith("anymail+") or not secret:
            return ""
        if ":" not in secret or len(secret) < MIN_SECRET:
            self.refuse(
                "ANYMAIL_WEBHOOK_SECRET",
                f"must be user:password, both random, {MIN_SECRET} characters or more.",
            )
        return scheme.removeprefix("anymail+")


def tell_and_end(wrong: Collection[str]) -> NoReturn:
    """Print the sentences and end this process."""
    lines = ["PartnerHub does not start. docs/operations.md describes its settings."]
    print("\n- ".join([*lines, *wrong]), file=sys.stderr, flush=True)
    logging.shutdown()
    raise SystemExit(STATUS_WRONG)


def _is_elsewhere(host: str) -> bool:
    """Whether one of the hosts between commas is another machine."""
    return any(
        part and part.split(":")[0] not in LOOPBACK and part not in LOOPBACK and part[0] != "/"
        for part in host.split(",")
    )
