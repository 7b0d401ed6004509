"""An invitation from the form to the membership, over HTTP."""

import itertools
import time
import uuid
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
from benchmarks.plain_sql import accepting, inviting
from benchmarks.report import Result, Row, at_least, at_most
from core import clock
from core.outbox.rendering import render_mail
from partnerhub.portals.insertions import Sql, insert, numbers

_numbers = itertools.count(1)
OURS, EMPTY = "ours", ", empty"
PEERS = ("django-invitations", "django-organizations")


def _invitations() -> Any:
    return apps.get_model("invitations", "Invitation")


def _organizations() -> Any:
    return apps.get_model("organizations", "OrganizationInvitation")


def _account_of(user: Any) -> Any:
    """An account of django-organizations whose owner is this person."""
    from organizations.utils import create_organization

    return create_organization(user, f"Account of {user.pk}")


def crowd(count: int) -> None:
    """So many people with addresses, each invited by somebody, here and at the peers."""
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
        _invitations(),
        numbers(count),
        email=address,
        key=Sql("md5(n.i::text) || md5((-n.i)::text)"),
        accepted=False,
        sent=clock.now(),
    )
    account = _account_of(User.objects.get(pk=base + 1))
    insert(
        _organizations(),
        numbers(count),
        guid=Sql("gen_random_uuid()"),
        invitee_identifier=address,
        invited_by=Sql(f"{base} + n.i"),
        organization=account,
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
        mail.outbox = []
        with place(self.database):
            user = few.person(f"invited-{next(_numbers)}")
            self.invited, self.address = few.signed_in(user), user.email

    def create(self) -> None:
        path, values, status = self.invite(self.address)
        _expect(self.inviter.post(path, values), status)

    def accept(self, path: str) -> None:
        assert self.invited is not None
        _expect(self.invited.post(path), 302)

    def run(self) -> float:
        """Seconds of the two requests; finding the link, as in a mail, is not counted."""
        with place(self.database):
            seconds = _seconds(self.create)
            path = self.answer(self.address)
            return seconds + _seconds(lambda: self.accept(path))

    def statements(self) -> tuple[int, int]:
        """Statements of the two requests, BEGIN and COMMIT included."""
        self.before()
        with place(self.database):
            created = statements(self.create, control=True)
            path = self.answer(self.address)
            return created, statements(lambda: self.accept(path), control=True)


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


def _django_invitations(scale: Any, database: str = "") -> Pair:
    def invite(address: str) -> tuple[str, dict[str, str], int]:
        # It shows the form it has just accepted again, as refused; our middleware says 422 to that.
        return reverse("invitations:send-invite"), {"email": f"at-{address}"}, 422

    def answer(address: str) -> str:
        row = _invitations().objects.only("key").get(email=f"at-{address}")
        return reverse("invitations:accept-invite", args=[row.key])

    with place(database):
        return Pair(database, few.signed_in(scale.administrator(scale.seller(2))), invite, answer)


def _django_organizations(scale: Any, database: str = "") -> Pair:
    def invite(address: str) -> tuple[str, dict[str, str], int]:
        return page, {"email": f"at-{address}"}, 302

    def answer(address: str) -> str:
        row = _organizations().objects.only("guid").get(invitee_identifier=f"at-{address}")
        return reverse("invitations_register", args=[row.guid])

    with place(database):
        administrator = scale.administrator(scale.seller(3))
        page = reverse("peer-organization-invite", args=[_account_of(administrator).pk])
        return Pair(database, few.signed_in(administrator), invite, answer)


def _plain(ground: Ground, scale: Any) -> Way:
    connection = ground.raw()
    connection.autocommit = False
    cursor, provider, now = connection.cursor(), scale.provider(2), clock.now()
    _, text, html = render_mail(share_mail(0))
    steps = inviting(cursor), accepting(cursor)
    values = {
        "text": text,
        "html": html,
        "organization": provider.pk,
        "by": scale.administrator(provider).pk,
        "moment": now,
        "end": now + timedelta(days=14),
    }

    def somebody_new() -> None:
        user = few.person(f"plain-{next(_numbers)}")
        values.update(invited=user.pk, address=user.email, invitation=str(uuid.uuid4()))

    def run() -> None:
        for step in steps:
            for statement in step:
                cursor.execute(statement, values)
            connection.commit()

    return Way("raw SQL, same rows", run, somebody_new)


def pair(ground: Ground) -> Result:
    """Create and accept, among 100,000 people and invitations."""
    large, small = ground.large, ground.small
    crowd(ground.size.invitations)
    makers = {OURS: _ours} | dict(
        zip(PEERS, (_django_invitations, _django_organizations), strict=True)
    )
    pairs = {name: make(large) for name, make in makers.items()}
    counts = {name: pair.statements() for name, pair in pairs.items()}
    pairs |= {name + EMPTY: make(small, "small") for name, make in makers.items()}
    limit, most = _plain(ground, large), max(counts[OURS])
    timings = in_turn(
        [*(Way(name, pair.run, pair.before) for name, pair in pairs.items()), limit],
        ground.size.rounds,
    )
    return Result(
        timings, OURS, "ms", most, PEERS[0], limit.name,
        checks=(
            at_most("statements of the longer request", most, 14),
            at_most("cost against raw SQL", timings.ratio(OURS, limit.name), 10),
            *(
                at_least(f"times faster than {name}{at}", timings.ratio(name + at, OURS + at), goal)
                for at, goal in (("", 10), (EMPTY, 1.5))
                for name in PEERS
            ),
            at_most("time against the empty one", timings.ratio(OURS, OURS + EMPTY), 1.3),
        ),
        notes=[
            f"{name}: {created} statements create, {accepted} accept"
            for name, (created, accepted) in counts.items()
        ],
    )  # fmt: skip


ROWS = (
    Row(
        "invite.pair",
        "<= 14 statements each with BEGIN and COMMIT, <= 10x raw SQL, "
        ">= 10x faster than django-invitations and django-organizations "
        "(>= 1.5x when empty), <= 1.3x the empty time",
        pair,
    ),
)
