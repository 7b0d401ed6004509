"""Health, headers, clean input, safe redirects, keyset pages."""

import base64
import json
import logging
import uuid
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, OperationalError
from django.test import RequestFactory

from core import clock
from core.notifications.models import Notification
from core.outbox import tokens
from core.web.logs import JsonFormatter
from core.web.pagination import paginate
from core.web.redirects import safe_next
from core.web.request_lines import client_ip
from tests.factories.accounts import employee_invitation, organization, person
from tests.support import signed_in

pytestmark = pytest.mark.django_db


def test_health_answers_on_any_host(client):
    assert client.get("/healthz", headers={"host": "elsewhere.example"}).status_code == 200
    state = client.get("/readyz").json()
    assert state == {"database": True, "writes": True, "broker": True, "outbox_seconds": 0}


@pytest.mark.parametrize("address", ["/help/\0/", "/help/?a=%00", "/help/%00/"])
def test_nul_is_refused_before_it_reaches_a_database(client, address):
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    "behind",
    [">", "%20", ">/", "/>", ").", "%22", "%E2%81%A0", "/%20%20", "%E2%80%9D,", "%0A", "]"],
)
def test_a_link_that_was_copied_with_signs_behind_it_is_read(client, behind):
    link = tokens.claim_url(employee_invitation(organization("seller"), "a@x.example").claim)
    path = link.removeprefix("http://localhost")
    answer = client.get(path.rstrip("/") + behind)
    assert answer.url == path
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("path", ["/help/>", "/help/%3E?a=1", "/nothing/here/>", "/help/x>y/"])
def test_only_pages_that_are_there_are_led_to(client, path):
    answer = client.get(path)
    there = path.startswith("/help/") and "x" not in path
    assert answer.status_code == (302 if there else 404)
    assert client.post("/accounts/login/>").status_code == 404


def test_signed_in_pages_are_never_cached():
    response = signed_in(person()).get("/notifications/")
    assert "no-store" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]


def test_policy_allows_nothing_inline(client):
    policy = client.get("/help/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_pages_need_a_sign_in(client):
    assert client.get("/notifications/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "https:evil",
        "\\\\evil",
        "/\\evil",
        "javascript:1",
        "data:x",
        "/a\tb",
        "/a\nb",
        "/" + "x" * 2000,
        "evil",
    ],
)
def test_redirect_never_leaves_the_site(target):
    request = RequestFactory().get("/", {"next": target})
    assert safe_next(request, "/home/") == "/home/"


def test_redirect_to_a_page_of_ours():
    assert safe_next(RequestFactory().get("/", {"next": "/seller/a/?b=1"}), "/") == "/seller/a/?b=1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [(0, "9.9.9.9", "127.0.0.1"), (1, "9.9.9.9, 8.8.8.8", "8.8.8.8"), (2, "8.8.8.8", "127.0.0.1")],
)
def test_client_address_only_from_trusted_proxies(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded})
    assert client_ip(request) == expected


@pytest.mark.both
def test_lost_database_is_a_503_page(monkeypatch):
    def lost(*args, **kwargs):
        raise OperationalError

    client = signed_in(person())
    monkeypatch.setattr("partnerhub.portals.notifications.paginate", lost)
    assert client.get("/notifications/").status_code == 503


def _notices(user, count):
    now = clock.now()
    Notification.objects.bulk_create(
        Notification(
            key=f"k{number}",
            user=user,
            kind="test",
            title=f"Notice {number}",
            # Pairs share a moment: the id must break the tie.
            created_at=now - timedelta(minutes=number // 2),
        )
        for number in range(count)
    )


def _walk(rows, size):
    seen, query = [], ""
    while True:
        request = RequestFactory().get(f"/{query}")
        page = paginate(rows, request, size=size)
        seen += [row.pk for row in page.items]
        if not page.next_url:
            return seen, page
        query = page.next_url


@pytest.mark.parametrize("count", [0, 1, 7, 10, 11])
@pytest.mark.both
def test_walking_the_pages_shows_every_row_once(count):
    user = person()
    _notices(user, count)
    rows = Notification.objects.filter(user=user)
    seen, _ = _walk(rows, 5)
    assert seen == list(rows.order_by("-created_at", "-id").values_list("pk", flat=True))


@pytest.mark.both
def test_walking_back_leads_to_the_first_page():
    user = person()
    _notices(user, 12)
    rows = Notification.objects.filter(user=user)
    _, last = _walk(rows, 5)
    middle = paginate(rows, RequestFactory().get(f"/{last.previous_url}"), size=5)
    first = paginate(rows, RequestFactory().get(f"/{middle.previous_url}"), size=5)
    expected = list(rows.order_by("-created_at", "-id").values_list("pk", flat=True))
    assert [row.pk for row in first.items] == expected[:5]
    assert first.previous_url == ""


def _cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


BENT = [
    _cursor("n", "abc", 1),
    _cursor("n", "2020-01-01T00:00:00+00:00", "x"),
    _cursor("n", "2020-13-45T10:00:00", 1),
    _cursor("n", "2020-01-01T00:00:00", 1),
]


@pytest.mark.parametrize("cursor", [*BENT, "x", "bm90anNvbg", "W10", "WyJuIl0", "%00", "W" * 700])
@pytest.mark.both
def test_cursor_we_did_not_write_shows_the_first_page(cursor):
    user = person()
    _notices(user, 3)
    rows = Notification.objects.filter(user=user)
    page = paginate(rows, RequestFactory().get("/", {"page": cursor}), size=5)
    assert len(page) == 3


@pytest.mark.both
def test_a_page_costs_one_query(django_assert_num_queries):
    user = person()
    _notices(user, 60)
    with django_assert_num_queries(1):
        paginate(Notification.objects.filter(user=user), RequestFactory().get("/"))


def test_other_parameters_stay_in_the_addresses():
    user = person()
    _notices(user, 6)
    request = RequestFactory().get("/", {"state": "open"})
    page = paginate(Notification.objects.filter(user=user), request, size=5)
    assert "state=open" in page.next_url
    assert page.next_url.startswith("?")


@pytest.mark.parametrize("start", ["/unsubscribe/", "/invitations/employee/"])
def test_a_log_line_names_no_token(start: str):
    """Django itself logs the path of what it refuses (I6); ids of rows give no right."""
    row = uuid.uuid4()
    token = tokens.sign(tokens.Claim("employee", row, 1))
    for path, kept in ((f"{start}{token}/", start), (f"{start}{row}/decline/", str(row))):
        record = logging.makeLogRecord({"msg": "Method Not Allowed: %s", "args": (path,)})
        line = JsonFormatter().format(record)
        assert kept in line
        assert not any(part in line for part in token.split(":"))


@pytest.mark.parametrize(("away", "code"), [(True, 503), (False, 400)])
def test_session_that_cannot_be_stored(away, code, monkeypatch, settings):
    """A database that is away is no fault of the request; a session that was deleted is."""
    client = signed_in(person())

    def save(session, must_create=False):
        try:
            raise OperationalError("gone") if away else DatabaseError("no such row")
        except DatabaseError:
            raise UpdateError  # noqa: B904 - as the library does

    monkeypatch.setattr(SessionStore, "save", save)
    settings.SESSION_SAVE_EVERY_REQUEST = True
    assert client.get("/help/").status_code == code
