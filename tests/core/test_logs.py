"""The log: one line a request with its id, which goes on into tasks and mails; security events."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from allauth.account import signals as account
from allauth.mfa import signals as mfa
from celery.signals import before_task_publish, setup_logging
from django.conf import settings as project
from django.test import Client
from django_structlog.celery.receivers import CeleryReceiver

from accounts.receivers import EVENTS
from core.celery import app
from core.outbox.models import FanOut, Message
from core.outbox.services import expand
from core.web.logs import JsonFormatter
from tests.factories import accounts as make
from tests.factories.accounts import person
from tests.support import drain, signed_in

pytestmark = pytest.mark.django_db


STATIC = "/static/partnerhub/app.css"


class Log:
    """What was written, line by line."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["message"].startswith("request_")]

    @property
    def security(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["logger"] == "security"]


@pytest.fixture
def log() -> Iterator[Log]:
    """What the product writes while the test runs."""
    kept = Log()
    handler = logging.StreamHandler(kept.stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield kept
    root.removeHandler(handler)
    root.setLevel(before)


def test_one_line_for_each_request(log: Log):
    firm = make.organization("seller")
    boss = make.administrator(firm)
    client = signed_in(boss)
    answer = client.get(f"/seller/{firm.handle}/members/?find=somebody@mail.example")
    (line,) = log.requests
    assert line["request"] == "GET /seller/<slug:org>/members/"
    assert line["request_id"] == answer["X-Request-ID"]
    assert (line["person"], line["organization"]) == (str(boss.public_id), firm.handle)
    assert line["code"] == 200
    assert line["statements"] > 3
    assert line["ms"] >= 0
    assert "@" not in log.stream.getvalue()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nowhere/", 404),
        ("/healthz", 200),
        ("/help/%00/", 400),
        ("/static/partnerhub/app.css", 200),
    ],
)
def test_every_answer_has_its_line(log: Log, client: Client, path: str, code: int):
    answer = client.get(path)
    answer.close()
    (line,) = log.requests
    assert (line["code"], line["request_id"]) == (code, answer["X-Request-ID"])
    assert "nowhere" not in line["request"]


def test_fault_is_one_line_with_its_answer_and_one_with_its_trace(
    log: Log, monkeypatch: pytest.MonkeyPatch
):
    client = signed_in(person())
    client.raise_request_exception = False

    def fault(*args: Any, **values: Any) -> Any:
        raise ValueError("broken")

    monkeypatch.setattr("partnerhub.portals.notifications.paginate", fault)
    answer = client.get("/notifications/")
    (line,) = log.requests
    assert (answer.status_code, line["code"]) == (500, 500)
    (trace,) = [line for line in log.lines if "exception" in line]
    assert "ValueError: broken" in trace["exception"]
    assert trace["request_id"] == line["request_id"] == answer["X-Request-ID"]
    assert line["request_id"] in answer.text, "the page names it"


@pytest.mark.parametrize("path", ["/nowhere/", "/help/nowhere/"])
def test_error_pages_name_the_request(client: Client, path: str):
    answer = client.get(path)
    assert answer["X-Request-ID"] in answer.text


def test_time_has_its_zone(log: Log):
    logging.getLogger("x").info("y")
    (line,) = log.lines
    assert datetime.fromisoformat(line["at"]).utcoffset() is not None


def test_foreign_words_cannot_forge_a_line(log: Log):
    logging.getLogger("x").warning('a\n{"level": "x"}\x1b[0m %s', "ü\u2028")
    assert len(log.lines) == 1
    assert log.stream.getvalue().isascii()


# Onwards ---------------------------------------------------------------------------------------
def published() -> dict[str, Any]:
    """The headers of a task that is published now."""
    headers: dict[str, Any] = {}
    before_task_publish.send("x", headers=headers, body={}, properties={}, routing_key="celery")
    return headers


def test_id_goes_on_into_tasks(log: Log):
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        carried = published()["__django_structlog__"]
    assert carried["request_id"] == "r1"
    task = SimpleNamespace(name="t", request=SimpleNamespace(__django_structlog__=carried))
    task.request.__django_structlog__ = carried
    CeleryReceiver().receiver_task_prerun("t1", task)
    logging.getLogger("x").info("inside")
    structlog.contextvars.clear_contextvars()
    inside = next(line for line in log.lines if line["message"] == "inside")
    assert (inside["request_id"], inside["task_id"]) == ("r1", "t1")


def test_worker_keeps_the_lines_and_the_ids():
    assert any("DjangoStructLogInitStep" in str(step) for step in app.steps["worker"])
    assert setup_logging.has_listeners()
    assert project.CELERY_WORKER_HIJACK_ROOT_LOGGER is False


def test_worker_waits_for_its_broker_for_ever():
    """Before, it ended after 100 tries."""
    assert app.conf.broker_connection_max_retries is None
    assert app.conf.broker_connection_retry_on_startup is True


def test_id_goes_on_into_mails(log: Log):
    firm = make.organization("seller")
    client = signed_in(make.administrator(firm))
    data = {"address": "new@mail.example", "name": "Sam Lee", "role": "employee"}
    answer = client.post(f"/seller/{firm.handle}/members/", data)
    mails = Message.objects.filter(to="new@mail.example")
    assert {row.request_id for row in mails} == {answer["X-Request-ID"]}
    drain()
    line = next(line for line in log.lines if line["message"] == "mail taken")
    assert line["request_id"] == answer["X-Request-ID"]
    assert "mail.example" not in json.dumps(line)


def expander(*, after: int, limit: int) -> None:
    """One mail."""
    Message.objects.create(key="fan", message_id="<fan@x>", kind="t", to="a@b.example")


def test_id_goes_on_into_mails_to_many():
    FanOut.objects.create(key="k", expander=f"{__name__}.expander", request_id="r7")
    assert expand() == 1
    assert Message.objects.get(key="fan").request_id == "r7"


# Security events (OWASP ASVS 16.3) -------------------------------------------------------------
def log_in(client: Client, user: Any, password: str) -> Any:
    return client.post("/accounts/login/", {"login": user.email, "password": password})


def test_sign_in_is_noted(log: Log, client: Client):
    user = person()
    log_in(client, user, make.PASSWORD)
    (line,) = log.security
    assert (line["message"], line["person"]) == ("signed_in", str(user.public_id))
    assert line["request_id"]


def test_failed_sign_in_is_noted_without_the_address(log: Log, client: Client):
    user = person()
    for _ in range(2):
        log_in(client, user, "wrong")
    first, second = log.security
    assert first["message"] == "sign_in_failed"
    assert first["account"] == second["account"]
    assert user.email not in log.stream.getvalue()
    assert user.email.split("@")[0] not in log.stream.getvalue()


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_is_noted(log: Log, event: str, rf: Any, monkeypatch: pytest.MonkeyPatch):
    """The line names the person, whatever else listens to the signal."""
    user = person()
    signal = EVENTS[event]
    ours = [entry for entry in signal.receivers if f"accounts.log.{event}" in str(entry[0])]
    assert len(ours) == 1
    ours[0][1](sender=None, signal=signal, request=rf.get("/"), user=user)
    (line,) = log.security
    assert (line["message"], line["person"]) == (event, str(user.public_id))


def test_signals_of_the_library_are_all_heard():
    """A new version's new way of failing is looked at."""
    heard = set(map(id, EVENTS.values()))
    wanted = [
        signal
        for module in (account, mfa)
        for name, signal in vars(module).items()
        if name.endswith(("_rejected", "_failed", "_used", "_changed", "_reset", "_removed"))
        and name != "email_removed"
    ]
    assert [signal for signal in wanted if id(signal) not in heard] == []


@pytest.mark.parametrize(
    ("path", "event"),
    [("/seller/{other}/members/", "unknown_or_foreign"), ("/help/%00/", "input_refused")],
)
def test_refusals_are_noted(log: Log, path: str, event: str):
    other = make.organization("seller")
    client = signed_in(person())
    client.get(path.format(other=other.handle))
    (line,) = log.requests
    assert line["security"] == event


def test_form_without_its_token_is_noted(log: Log):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/login/").status_code == 403
    assert log.requests[-1]["security"] == "rights_refused"
