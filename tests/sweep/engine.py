"""Sends requests as every persona and says what came back and what was written.

What a request wrote is rolled back: the world stays as it was made.
"""

import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from accounts.invitations import opening
from accounts.models import OneTimeLink, User
from core.outbox import tokens
from supplychain.views.guests import SESSION
from tests.support import NOT_BUSINESS, business_tables, digest, sign_in
from tests.sweep.world import World, build

# The personas by what they are to the home tenant.
# A guest has typed the mailed code of one guest link, and no account.
SIGNED_OUT = ("anonymous", "deactivated", "guest")
OUTSIDERS = ("unverified", "verified", "link_holder")
STAFF = ("reviewer", "lead", "auditor", "support", "superuser")
MEMBERS = (
    "provider_admin",
    "provider_employee",  # assigned to the seller's grant at edit
    "provider_staff",  # assigned to nothing
    "seller_admin",
    "seller_editor",
    "seller_viewer",
    "seller_staff",  # without any right
    "supplier_admin",
    "supplier_worker",
    "supplier_staff",
    "draft_admin",  # of a provider account that is not active yet
    "provider_pending_invited",  # owns the address of an open invitation
    "supplier_guest",  # the same, invited as a supplier
)
PUT_OUT = ("provider_suspended", "provider_former", "seller_former", "supplier_former")
STRANGERS = ("other_provider_admin", "other_seller_admin", "other_supplier_admin")
PERSONAS = (*SIGNED_OUT, *OUTSIDERS, *STAFF, *MEMBERS, *PUT_OUT, *STRANGERS)
# The same by the numbers of the access table (A1): no one of them is missing.
PROMISED = {
    "P0": ("anonymous", "guest"),
    "P1": ("unverified",),
    "P2": ("verified",),
    "P3": ("provider_admin", "draft_admin"),
    "P4": ("provider_employee",),
    "P5": ("provider_staff",),
    "P6": ("other_provider_admin",),
    "P7": ("seller_admin",),
    "P8": ("seller_editor", "seller_viewer", "seller_staff"),
    "P9": ("other_seller_admin",),
    "P10": ("supplier_admin", "supplier_worker", "supplier_staff"),
    "P11": ("other_supplier_admin",),
    "P12": ("reviewer", "lead", "auditor", "support"),
    "P13": ("superuser",),
    "P14": ("deactivated",),
    "P15": (*PUT_OUT,),
    "P16": ("link_holder", "provider_pending_invited", "supplier_guest"),
}
NOBODY_THERE = "no-such-account"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"([a-z0-9_]+)"', re.IGNORECASE)
_VARYING = re.compile(
    r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|\bnext=[^"&]*'
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b"
)


@dataclass(frozen=True)
class Answer:
    """What came back: status, text, headers, the tables written to, and the fault, if any."""

    code: int
    body: str
    headers: Mapping[str, str]
    wrote: tuple[str, ...] = ()
    changed: bool = False
    fault: str = ""

    @property
    def location(self) -> str:
        """Where a redirect leads; "" for other answers."""
        return self.headers.get("Location", "")

    @cached_property
    def _steady(self) -> str:
        return _VARYING.sub("*", self.body)

    def masked(self, *words: str) -> str:
        """The text without what differs from request to request, `words` taken out as well."""
        text = self._steady
        for word in words:
            text = text.replace(word, "*")
        return text


class QuietClient(Client):
    """A test client that keeps no contexts and gives the answer to a fault like a server does."""

    fault: BaseException | None = None

    def request(self, **request: Any) -> Any:
        """One request; the fault behind a 500 is kept for the report."""
        self.fault = None
        got_request_exception.connect(self._note, dispatch_uid="sweep")
        try:
            return self.handler(self._base_environ(**request))
        finally:
            got_request_exception.disconnect(dispatch_uid="sweep")

    def _note(self, **kwargs: Any) -> None:
        import sys

        self.fault = sys.exc_info()[1]


@dataclass
class Sweep:
    """The world, a cookie for each persona, and the way to send as one of them."""

    world: World
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)
    missing: dict[tuple[str, str], Answer] = field(default_factory=dict)
    unknown: dict[tuple[str, str, str, int], Answer] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    client: QuietClient = field(default_factory=lambda: QuietClient(raise_request_exception=False))

    def user(self, persona: str) -> Any:
        """The account behind a persona, None for the anonymous one."""
        if persona in ("anonymous", "guest"):
            return None
        if persona in self.world.outsiders:
            return self.world.outsiders[persona]
        tenant = self.world.other if persona.startswith("other_") else self.world.home
        return tenant.people[persona.removeprefix("other_")]

    def missing_page(self, persona: str, method: str) -> Answer:
        """What this persona reads at an account that does not exist."""
        if (persona, method) not in self.missing:
            self.missing[persona, method] = self.send(persona, method, f"/seller/{NOBODY_THERE}/")
        return self.missing[persona, method]

    def send(
        self,
        persona: str,
        method: str,
        path: str,
        data: Any = None,
        *,
        keep: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, undone afterwards unless `keep`."""
        client = self.client
        client.cookies = SimpleCookie(self.cookies[persona])
        with _watched(keep) as wrote:
            call = getattr(client, method.lower())
            response = call(path, data or {}, headers=headers or {})
            body = _text(response)
            changed = not keep and any(
                digest(table) != self.base[table] for table in self.base.keys() & set(wrote)
            )
        fault = "".join(traceback.format_exception(client.fault)[-4:]) if client.fault else ""
        headers_back = dict(response.items())
        return Answer(response.status_code, body, headers_back, tuple(wrote), changed, fault)


def prepare() -> Sweep:
    """The world with everybody signed in."""
    sweep = Sweep(build())
    for persona in PERSONAS:
        client = Client()
        if user := sweep.user(persona):
            sign_in(client, user)
        sweep.cookies[persona] = {name: morsel.value for name, morsel in client.cookies.items()}
    row = sweep.world.home["provider_pending_invitation"]
    opened = Client().get(reverse("invitation-open", args=[row.purpose, tokens.sign(row.claim)]))
    sweep.cookies["link_holder"][opening.COOKIE] = opened.cookies[opening.COOKIE].value
    sweep.cookies["guest"] |= _guest_cookies(sweep.world.home["guest_link"])
    sweep.secrets = _secrets(sweep)
    sweep.base = {table: digest(table) for table in business_tables()}
    return sweep


def _guest_cookies(link: Any) -> dict[str, str]:
    """What a browser holds that opened the link and had its code accepted."""
    client = Client()
    client.get(reverse("invitation-open", args=[link.purpose, tokens.sign(link.claim)]))
    session = client.session
    session[SESSION] = {str(link.public_id): link.generation}
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return {name: morsel.value for name, morsel in client.cookies.items()}


def _secrets(sweep: Sweep) -> dict[str, str]:
    """What no page may show to anybody: every password's hash, every open invitation's token."""
    hashes = {f"password of {user.name}": user.password for user in User.objects.all()}
    rows = [row for row in sweep.world.home.rows.values() if isinstance(row, OneTimeLink)]
    return hashes | {f"token of {row.about}": tokens.sign(row.claim) for row in rows}


@contextmanager
def outer() -> Iterator[None]:
    """A transaction around everything, taken for a test's own, and undone."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


@contextmanager
def _watched(keep: bool) -> Iterator[list[str]]:
    """The business tables that statements write to; unless `keep`, undone afterwards.

    Most requests only look: the savepoint to go back to is made before the first other statement.
    A fault inside a look ends the test's own transaction, and with it this test alone.
    """
    wrote: list[str] = []
    savepoints: list[str] = []
    waiting = len(connection.run_on_commit)

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not keep and not savepoints and not sql.startswith("SELECT"):
            savepoints.append("sweep")
            execute("SAVEPOINT sweep", None, False, context)
        found = _WRITE.match(sql)
        if found and found[1] not in NOT_BUSINESS:
            wrote.append(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield wrote
    if keep:
        return
    if savepoints:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT sweep")
            cursor.execute("RELEASE SAVEPOINT sweep")
    connection.needs_rollback = False
    del connection.run_on_commit[waiting:]


def _text(response: HttpResponseBase) -> str:
    raw = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined, call-overload]
    return raw.decode("utf-8", "replace")
