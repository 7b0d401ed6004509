"""An invitation from the form to the membership, over HTTP."""

import itertools
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import EmployeeInvitation, Organization, User
from benchmarks import few
from benchmarks.ground import Ground, on, statements
from benchmarks.mails import share_mail
from benchmarks.measure import Way, in_turn
from benchmarks.report import Result, Row, at_least, at_most
from partnerhub import clock
from partnerhub.outbox.rendering import render_mail
from partnerhub.portals.bulk import Sql, insert, numbers

_numbers = itertools.count(1)


def _peers_table() -> Any:
    return apps.get_model("invitations", "Invitation")


def crowd(count: int) -> None:
    """So many people with addresses, each invited by somebody, here and at the peer."""
    address = Sql("'crowd-' || n.i || '@crowd.example'")
    base = int(User.objects.order_by("-pk").values_list("pk", flat=True)[0]) + 1_000_000
    insert(User, numbers(count), id=Sql(f"{base} + n.i"), email=address, name="Crowd", password="!")
    insert(
        EmailAddress,
        numbers(count),
        user=Sql(f"{base} + n.i"),
        email=address,
        verified=True,
        primary=True,
    )
    first = Organization.objects.filter(kind="seller").order_by("pk")[:1].get().pk
    sellers = Organization.objects.filter(kind="seller").count()
    insert(
        EmployeeInvitation,
        numbers(count),
        organization=Sql(f"{first} + n.i %% {sellers}"),
        address=address,
        expires_at=clock.now() + timedelta(days=7),
    )
    insert(
        _peers_table(),
        numbers(count),
        email=address,
        key=Sql("md5(n.i::text) || md5((-n.i)::text)"),
        accepted=False,
        sent=clock.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@dataclass
class Pair:
    """One way of inviting and accepting on one of the databases."""

    database: str
    inviter: Client
    invite: Callable[[str], tuple[str, dict[str, str], int]]
    answer: Callable[[str], str]
    invited: Client | None = None
    address: str = ""

    def before(self) -> None:
        """Somebody new, signed in."""
        mail.outbox = []
        with place(self.database):
            user = few.person(f"invited-{next(_numbers)}")
            self.invited, self.address = few.signed_in(user), user.email

    def create(self) -> None:
        """The form that invites."""
        path, values, status = self.invite(self.address)
        _expect(self.inviter.post(path, values), status)

    def accept(self, path: str) -> None:
        """The button that accepts."""
        assert self.invited is not None
        _expect(self.invited.post(path), 302)

    def run(self) -> float:
        """Seconds of the two requests; finding the link, as in a mail, is not counted."""
        with place(self.database):
            seconds = _seconds(self.create)
            path = self.answer(self.address)
            return seconds + _seconds(lambda: self.accept(path))

    def statements(self) -> int:
        """Statements of the request that sends more of them, BEGIN and COMMIT included."""
        self.before()
        with place(self.database):
            count = statements(self.create, control=True)
            path = self.answer(self.address)
            return max(count, statements(lambda: self.accept(path), control=True))


def place(database: str) -> Any:
    """Where requests meet this database."""
    return on(database) if database else nullcontext()


def _seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _expect(response: Any, status: int) -> None:
    if response.status_code != status:
        raise AssertionError(f"answered {response.status_code}: {response.content[:2000]!r}")


def _ours(scale: Any, database: str = "") -> Pair:
    def invite(address: str) -> tuple[str, dict[str, str], int]:
        return people, {"address": address, "name": "New", "role": "employee"}, 302

    def answer(address: str) -> str:
        row = EmployeeInvitation.objects.only("public_id").get(address=address)
        return reverse("employee-invitation-accept", args=[row.public_id])

    with place(database):
        provider = scale.provider(2)
        people = reverse("provider:employees", args=[provider.handle])
        return Pair(database, few.signed_in(scale.administrator(provider)), invite, answer)


def _peer(scale: Any, database: str = "") -> Pair:
    def invite(address: str) -> tuple[str, dict[str, str], int]:
        # It shows the form it has just accepted again, as refused; our middleware says 422 to that.
        return reverse("invitations:send-invite"), {"email": f"at-{address}"}, 422

    def answer(address: str) -> str:
        row = _peers_table().objects.only("key").get(email=f"at-{address}")
        return reverse("invitations:accept-invite", args=[row.key])

    with place(database):
        return Pair(database, few.signed_in(scale.administrator(scale.seller(2))), invite, answer)


def _raw(ground: Ground, scale: Any) -> Callable[[], None]:
    """The same rows, written by hand."""
    connection = ground.raw()
    connection.autocommit = False
    cursor, organization, now = connection.cursor(), scale.provider(2).pk, clock.now()
    people = itertools.cycle(range(scale.users + 1, scale.users + scale.sizes.sellers))
    _, text, html = render_mail(share_mail(0))

    def common(kind: str, key: str) -> None:
        cursor.execute(_MAIL, (key, key, kind, text, html, now, now))
        cursor.execute(_EVENT, (now, kind, organization, key))
        connection.commit()

    def run() -> None:
        number = next(_numbers)
        cursor.execute(_INVITE, (now, f"raw-{number}@few.example", organization, now, now))
        (row,) = cursor.fetchone()
        cursor.execute(_COUNT, (organization, f"raw-{number}@few.example", now))
        common("sent", f"raw-sent-{number}")
        cursor.execute(_ACCEPT, (now, row))
        cursor.execute(_JOIN, (now, next(people), organization))
        common("accepted", f"raw-accepted-{number}")

    return run


_INVITE = """INSERT INTO accounts_employeeinvitation (public_id, created_at, generation, expires_at,
  address, name, status, sent_at, reason, role, rights, organization_id)
  SELECT gen_random_uuid(), %s, 1, now() + interval '14 days', %s, '', 'pending', now(), '',
  'employee', '[]', %s WHERE %s <= %s RETURNING id"""
_COUNT = """INSERT INTO accounts_sending (organization_id, budget_key, about, at)
  VALUES (%s, %s, 'raw', %s)"""
_MAIL = """INSERT INTO outbox_message (key, message_id, kind, "to", subject, text, html,
  link_purpose, link_generation, secret, about, status, attempts, created_at, due_at, error)
  VALUES (%s, %s, %s, 's@sink.example', 'Invitation', %s, %s, '', 0, false, '', 'waiting', 0,
  %s, %s, '')"""
_EVENT = """INSERT INTO audit_event (uid, at, verb, organization_id, object_type, object_id, before,
  after, request_id) VALUES (gen_random_uuid(), %s, %s, %s, 'raw', %s, '{}', '{}', '')"""
_ACCEPT = """UPDATE accounts_employeeinvitation SET status = 'accepted', decided_at = %s
  WHERE id = %s AND status = 'pending' AND expires_at > now()"""
_JOIN = """INSERT INTO accounts_membership (public_id, created_at, role, status, user_id,
  organization_id) VALUES (gen_random_uuid(), %s, 'employee', 'active', %s, %s)"""


def pair(ground: Ground) -> Result:
    """Create and accept, among 100,000 people and invitations."""
    large, small = ground.large, ground.small
    crowd(ground.size.invitations)
    ours, empty = _ours(large), _ours(small, "small")
    peers, peers_empty = _peer(large), _peer(small, "small")
    peer, limit = "django-invitations", "raw SQL, same rows"
    at_empty, peer_at_empty = "ours, empty", "django-invitations, empty"
    count = ours.statements()
    timings = in_turn(
        [
            Way("ours", ours.run, ours.before),
            Way(at_empty, empty.run, empty.before),
            Way(peer, peers.run, peers.before),
            Way(peer_at_empty, peers_empty.run, peers_empty.before),
            Way(limit, _raw(ground, large)),
        ],
        ground.size.rounds,
    )
    return Result(
        timings, "ours", "ms", count, peer, limit,
        checks=(
            at_most("statements of the longer request", count, 14),
            at_most("cost against raw SQL", timings.ratio("ours", limit), 10),
            at_least("times faster than django-invitations", timings.ratio(peer, "ours"), 10),
            at_least("the same when empty", timings.ratio(peer_at_empty, at_empty), 1.5),
            at_most("time against the empty one", timings.ratio("ours", at_empty), 1.3),
        ),
    )  # fmt: skip


ROWS = (
    Row(
        "invite.pair",
        "<= 14 statements each with BEGIN and COMMIT, <= 10x raw SQL, "
        ">= 10x faster than django-invitations "
        "(>= 1.5x when empty), <= 1.3x the empty time",
        pair,
    ),
)
