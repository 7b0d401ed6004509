"""What every answer carries, whoever gives it; what is refused before it is read; what is away."""

import errno
import io
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InternalError, OperationalError
from django.test import Client
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from core.web import bodies, middleware
from core.web.middleware import unavailable
from tests.factories import accounts as make
from tests.factories.accounts import person
from tests.support import signed_in

pytestmark = pytest.mark.django_db
HTTPS = {"x-forwarded-proto": "https"}
SAME = (
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Request-ID",
)
ADDRESSES = {
    "/help/": 200,
    "/healthz": 200,
    "/readyz": 200,
    "/nowhere/": 404,
    "/notifications/": 302,
    "/help/%00/": 400,
    "/static/partnerhub/mark.svg": 200,
    "/static/partnerhub/app.css": 200,
    "/robots.txt": 200,
    "/favicon.ico": 302,
    "/.well-known/security.txt": 200,
    "/.well-known/change-password": 302,
}


@pytest.fixture
def production(settings: Any) -> Any:
    """The site behind one TLS proxy."""
    settings.SITE_HTTPS, settings.SITE_URL = True, "https://hub.example"
    settings.ALLOWED_HOSTS = ["hub.example"]
    settings.TRUSTED_PROXY_COUNT = 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 1000
    return settings


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_the_same_headers(address: str, client: Client):
    """Before, 400, the probes and static files lacked some."""
    answer = client.get(address)
    answer.close()
    assert answer.status_code == ADDRESSES[address]
    assert [name for name in SAME if not answer.has_header(name)] == []
    assert not answer.has_header("Access-Control-Allow-Origin")
    policy = re.fullmatch(r"([a-z-]+[a-z]=\((self)?\)(, |$))+", answer["Permissions-Policy"])
    assert policy
    assert "camera=()" in policy[0]
    if answer["Content-Type"].startswith("text/"):
        assert "utf-8" in answer["Content-Type"]


@pytest.mark.parametrize(
    ("method", "address", "headers", "code"),
    [
        ("GET", "/help/", {"host": "elsewhere.example"}, 400),
        ("PUT", "/help/", {"host": "hub.example"}, 405),
        ("POST", "/accounts/login/", {"host": "hub.example"}, 403),
        ("GET", "/healthz", {"host": "10.0.0.7"}, 200),
    ],
)
def test_headers_of_production(
    production: Any, method: str, address: str, headers: dict[str, str], code: int
):
    client = Client(enforce_csrf_checks=True)
    answer = client.generic(method, address, headers={**headers, **HTTPS})
    assert answer.status_code == code
    names = (*SAME, "Strict-Transport-Security")
    assert [name for name in names if not answer.has_header(name)] == []


def test_probe_needs_no_https(production: Any, client: Client):
    assert client.get("/healthz").status_code == 200


def test_page_asked_in_clear_is_sent_to_https_once(production: Any, client: Client):
    plain = client.get("/help/?a=b", headers={"host": "hub.example", "x-forwarded-proto": "http"})
    assert (plain.status_code, plain["Location"]) == (301, "https://hub.example/help/?a=b")
    assert client.get("/help/", headers={"host": "hub.example", **HTTPS}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a proxy that says nothing
        {"x-forwarded-proto": "http", "sec-fetch-mode": "navigate"},  # one that always says http
    ],
)
def test_proxy_that_does_not_say_https_is_told_and_nothing_goes_round(
    production: Any, client: Client, headers: dict[str, str]
):
    """Before, the page was sent to itself for ever."""
    answer = client.get("/help/", headers={"host": "hub.example", **headers})
    assert answer.status_code == 400
    assert "X-Forwarded-Proto" in answer.text


@pytest.mark.parametrize(
    ("method", "address"),
    [("POST", "/accounts/login/"), ("GET", "/webhooks/mail/x/"), ("POST", "/webhooks/mail/x/")],
)
def test_what_programs_send_in_clear_is_refused(
    production: Any, client: Client, method: str, address: str
):
    headers = {"host": "hub.example", "x-forwarded-proto": "http"}
    answer = client.generic(method, address, b"a=b", headers=headers)
    assert answer.status_code == 400
    assert not answer.has_header("Location")


@pytest.mark.parametrize("address", ["/accounts/logout/", "/invitations/switch/"])
def test_signing_out_makes_the_browser_forget(address: str):
    client = signed_in(person())
    assert client.post(address)["Clear-Site-Data"] == '"cache", "storage"'
    assert not client.get("/help/").has_header("Clear-Site-Data")


def test_small_files_that_programs_look_for(client: Client):
    text = client.get("/.well-known/security.txt").text
    assert f"Contact: mailto:{project.SUPPORT_EMAIL}\n" in text
    assert "Expires: 20" in text
    assert client.get("/.well-known/change-password")["Location"] == "/accounts/password/change/"
    assert "Disallow: /\n" in client.get("/robots.txt").text
    assert client.get("/favicon.ico")["Location"] == "/static/partnerhub/mark.svg"


# Bodies ----------------------------------------------------------------------------------------
class Unread(io.BytesIO):
    """A body that must not be read."""

    def read(self, *args: Any) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def send(client: Client, address: str, size: int) -> Any:
    return client.generic(
        "POST", address, content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(size), "wsgi.input": Unread()},
    )  # fmt: skip


ANYBODY = ("/accounts/login/", "/accounts/signup/", "/help/solution-providers/", "/identity/")
SIGNED_IN = (("/notifications/settings/", bodies.MOST), ("/identity/", 32 * bodies.MEGABYTE))


@pytest.mark.parametrize("address", ANYBODY)
def test_large_body_of_a_stranger_is_not_read(address: str):
    """Before, 1,000 MB to the sign-in page were written to disk."""
    answer = send(Client(enforce_csrf_checks=True), address, bodies.MOST + 1)
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert answer["Connection"] == "close"


@pytest.mark.parametrize(("address", "most"), SIGNED_IN)
def test_each_page_has_its_limit(address: str, most: int):
    assert send(signed_in(person()), address, most + 1).status_code == 413


def test_documents_and_lists_may_be_larger():
    file = SimpleUploadedFile("id.pdf", b"x" * (bodies.MOST + 1))
    answer = signed_in(person()).post("/identity/", {"government_id": file})
    assert answer.status_code == 422
    firm = make.organization("seller")
    rows = SimpleUploadedFile("list.csv", b"email\n" + b"a@mail.example\n" * 100_000)
    page = f"/seller/{firm.handle}/members/lists/new/"
    answer = signed_in(make.administrator(firm)).post(page, {"file": rows})
    assert "larger than 1 MB" in answer.text or answer.status_code == 404


def test_more_fields_than_any_form_has_are_too_large(client: Client):
    data = {f"field-{number}": "1" for number in range(3100)}
    assert client.post("/accounts/login/", data).status_code == 413


# What is away ----------------------------------------------------------------------------------
AWAY = [
    OperationalError("could not extend file: No space left on device"),
    InternalError("cannot execute INSERT in a read-only transaction"),
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EROFS, "Read-only file system"),
    FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
    RedisConnectionError("refused"),
]
OURS = [
    InternalError("current transaction is aborted"),
    FileNotFoundError(errno.ENOENT, "No such file or directory"),
    PermissionError(errno.EACCES, "Permission denied"),
    ValueError("no"),
    None,
]


@pytest.mark.parametrize("error", AWAY, ids=repr)
def test_what_is_away_is_a_page_that_says_when_to_come_back(error: Exception):
    answer: Any = unavailable(error)
    assert answer.status_code == 503
    assert "back in a moment" in answer.text
    assert answer["Retry-After"] == str(middleware.RETRY_SECONDS)


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_faults_of_our_own_are_none_of_these(error: Exception | None):
    assert unavailable(error) is None


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A temporary folder without any room."""

    def no_room(*args: Any, **options: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", no_room)
    monkeypatch.setattr("django.core.files.uploadedfile.tempfile.NamedTemporaryFile", no_room)
    return iter(())


def test_upload_without_room_for_it_is_a_503(full: None):
    """Before: 500."""
    client = signed_in(person())
    client.raise_request_exception = False
    file = SimpleUploadedFile("id.pdf", b"x" * 3_000_000)
    answer = client.post("/identity/", {"government_id": file})
    assert answer.status_code == 503
    assert answer.has_header("Retry-After")


def test_nothing_of_ours_reads_a_form_before_its_limit():
    """The limit stands before whatever reads forms."""
    order = project.MIDDLEWARE
    csrf = order.index("django.middleware.csrf.CsrfViewMiddleware")
    assert order.index("core.web.bodies.body_limit") == csrf - 1


# Cookies and files -----------------------------------------------------------------------------
def test_scripts_cannot_read_cookies(client: Client):
    """Neither the one of forms nor the one of the session."""
    cookies = client.get("/accounts/login/").cookies
    client.post("/accounts/login/", {"login": person().email, "password": make.PASSWORD})
    cookies |= client.cookies
    assert {"csrftoken", "sessionid"} <= set(cookies)
    assert [name for name, cookie in cookies.items() if not cookie["httponly"]] == []


def test_every_cookie_has_the_prefix_of_production():
    """`__Host-`: no other host and no page in clear can set it."""
    for package in ("core", "accounts", "connections", "roles", "supplychain", "partnerhub"):
        for path in (project.BASE_DIR / package).rglob("*.py"):
            source = path.read_text()
            if re.search(r"\.set_(signed_)?cookie\(", source):
                assert "COOKIE_PREFIX" in source, path
    scripts = (project.BASE_DIR / "core/web/static/partnerhub/app.js").read_text()
    set_there = re.findall(r"document\.cookie =\s*`([^=]+)=", scripts)
    assert [name for name in set_there if not name.startswith("${prefix}")] == []


def test_stored_files_are_for_us_alone():
    """Identity documents lie there."""
    name = default_storage.save("test/mode.pdf", ContentFile(b"x"))
    try:
        assert stat.S_IMODE(Path(default_storage.path(name)).stat().st_mode) == 0o600
    finally:
        default_storage.delete(name)


# Limits ----------------------------------------------------------------------------------------
def test_limits_survive_a_broker_that_forgets(client: Client):
    """Before, flushing it gave everybody new tries."""
    user = person()

    def wrong() -> Any:
        return client.post("/accounts/login/", {"login": user.email, "password": "wrong"})

    first = wrong().text
    for _ in range(12):
        last = wrong().text
    with Redis.from_url(project.REDIS_URL) as broker:
        broker.flushdb()
    assert last != first
    assert "Too many failed login attempts" in last
    assert "Too many failed login attempts" in wrong().text
