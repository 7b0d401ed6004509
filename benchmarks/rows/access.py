"""Rights: what a request asks, twelve checks, a page of clients, a role revoked under thousands."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.test import RequestFactory

from accounts.models import Membership, Organization, User
from benchmarks import few
from benchmarks.ground import Ground, on, statements
from benchmarks.measure import Way, in_turn
from benchmarks.peers import guardians
from benchmarks.peers.models import Shop
from benchmarks.report import Result, Row, at_least, at_most
from connections.models import Assignment, RoleGrant
from connections.reads.clients import clients_of
from connections.rights.access import access_for
from core import clock
from core.errors import NotRelated
from core.web.access import Level, Need
from partnerhub.portals import volumes
from roles.models import ApprovedRole, Role
from roles.transitions.approvals import (
    ask_to_restore,
    restore_approved_role,
    revoke_approved_role,
)

PAIRS = 2000
HAS_PERM = "guardian has_perm"
NEED = Need(role=volumes.ROLE, level=Level.EDIT)

_LEVELS = """
PREPARE levels(bigint, bigint, timestamptz) AS
  SELECT r.code, LEAST(a.level, g.level), c.id, o.id, o.name FROM connections_rolegrant g
  JOIN connections_connection c ON c.id = g.connection_id AND c.status = 'active'
  JOIN roles_approvedrole a
    ON a.provider_id = g.provider_id AND a.role_id = g.role_id AND a.status = 'active'
  JOIN accounts_membership m ON m.organization_id = g.provider_id AND m.status = 'active'
  JOIN accounts_organization o ON o.id = g.provider_id
  JOIN roles_role r ON r.id = g.role_id
  WHERE g.seller_id = $2 AND g.status = 'active' AND m.user_id = $1
    AND c.ends_at > $3 AND a.expires_at > $3
"""


def pairs() -> list[tuple[int, int]]:
    """People and sellers, the same number with and without a grant between them, mixed."""
    source = random.Random(20)  # noqa: S311 - the same pairs in every run
    grants = list(RoleGrant.objects.values_list("provider_id", "seller_id"))
    people = dict(
        Membership.objects.filter(role="administrator", organization__kind="provider").values_list(
            "organization_id", "user_id"
        )
    )
    taken, providers = set(grants), sorted(people)
    found = [
        (people[provider], seller) for provider, seller in source.choices(grants, k=PAIRS // 2)
    ]
    while len(found) < PAIRS:
        provider, (_, seller) = source.choice(providers), source.choice(grants)
        if (provider, seller) not in taken:
            found.append((people[provider], seller))
    source.shuffle(found)
    return found


def _asked(pair: tuple[User, Organization]) -> bool:
    """Cold, as the portal asks for each request."""
    try:
        return access_for(*pair).allows(NEED)
    except NotRelated:
        return False


def _cycle(found: list[tuple[int, int]]) -> Iterator[tuple[User, Organization]]:
    """The pairs as rows nobody has asked anything yet, over and over."""
    return itertools.cycle([(User(pk=user), Organization(pk=seller)) for user, seller in found])


def _levels(ground: Ground) -> Any:
    """The limit: a prepared query of the same answer, its plan kept."""
    cursor = ground.raw().cursor()
    cursor.execute("SET plan_cache_mode = force_generic_plan")
    cursor.execute(_LEVELS)
    now = clock.now()

    def ask(user: int, seller: int) -> bool:
        cursor.execute("EXECUTE levels(%s, %s, %s)", (user, seller, now))
        return any(code == volumes.ROLE and level >= 2 for code, level, *_ in cursor.fetchall())

    return ask


def _agree(found: list[tuple[int, int]], raw: Any) -> None:
    for user, seller in found[:40]:
        answers = {_asked(next(_cycle([(user, seller)]))), raw(user, seller)}
        answers.add(guardians.may(User(pk=user), Shop(pk=seller)))
        if len(answers) != 1:
            raise AssertionError(f"the ways disagree about {user} and {seller}")


def request(ground: Ground) -> Result:
    """What the portal asks for each request: everything one person may do for one seller."""
    assert ground.large
    guardians.fill()
    found, raw = pairs(), _levels(ground)
    _agree(found, raw)
    with on("small"):
        assert ground.small
        few_pairs = _cycle(pairs())
    many, limit = _cycle(found), itertools.cycle(found)
    peer = itertools.cycle([(User(pk=user), Shop(pk=seller)) for user, seller in found])

    def asked_small() -> None:
        with on("small"):
            _asked(next(few_pairs))

    timings = in_turn(
        [
            Way("ours", lambda: _asked(next(many))),
            Way("1k grants", asked_small),
            Way(HAS_PERM, lambda: guardians.may(*next(peer))),
            Way("raw prepared query", lambda: raw(*next(limit))),
        ],
        ground.size.rounds,
    )
    count = statements(lambda: _asked(next(many)))
    limit_name = "raw prepared query"
    return Result(
        timings, "ours", "us", count, HAS_PERM, limit_name,
        checks=(
            at_most("statements", count, 1),
            at_most("cost against raw prepared query", timings.ratio("ours", limit_name), 1.5),
            at_least("times faster than has_perm", timings.ratio(HAS_PERM, "ours"), 15),
            at_most("time against the one at 1k grants", timings.ratio("ours", "1k grants"), 1.2),
        ),
    )  # fmt: skip


def _twelve(ground: Ground) -> tuple[User, Organization, list[Need]]:
    """A provider's administrator, and a seller who granted all twelve roles."""
    scale = ground.large
    provider, roles = scale.provider(2), volumes.roles()
    grant = RoleGrant.objects.filter(provider=provider).order_by("pk")[:1].get()
    held = set(RoleGrant.objects.filter(connection=grant.connection_id).values_list("role_id"))
    RoleGrant.objects.bulk_create(
        RoleGrant(
            connection_id=grant.connection_id,
            seller_id=grant.seller_id,
            provider_id=grant.provider_id,
            role=role,
            level=role.highest_level,
        )
        for role in roles
        if (role.pk,) not in held
    )
    needs = [Need(role=role.code, level=Level.VIEW) for role in roles]
    return scale.administrator(provider), Organization.objects.get(pk=grant.seller_id), needs


def page(ground: Ground) -> Result:
    """The twelve checks that one page asks for."""
    user, seller, needs = _twelve(ground)
    guardians.fill()
    shop = Shop(pk=seller.pk)

    def ours() -> int:
        access = access_for(user, seller)
        return sum(access.allows(need) for need in needs)

    if ours() != len(needs):
        raise AssertionError("not all twelve roles are in force")
    peer, single = "guardian has_perm x 12", "one request's check"
    timings = in_turn(
        [
            Way("ours", ours),
            Way(peer, lambda: [guardians.may(user, shop) for _ in needs]),
            Way(single, lambda: access_for(user, seller).allows(needs[0])),
        ],
        ground.size.rounds,
    )
    count = statements(ours)
    return Result(
        timings, "ours", "us", count, peer, single,
        checks=(
            at_most("statements", count, 1),
            at_most("cost against one request's check", timings.ratio("ours", single), 1.2),
            at_least("times faster than has_perm x 12", timings.ratio(peer, "ours"), 100),
        ),
    )  # fmt: skip


# The same rows for the page, without asking whether any of it is in force.
_KEYSET = """
SELECT o.id, o.name, o.handle, r.name, g.level FROM (
  SELECT seller_id, role_id, level FROM connections_rolegrant
  WHERE provider_id = %s AND role_id = %s AND status = 'active' AND seller_id > %s
  ORDER BY seller_id LIMIT 50) g
JOIN accounts_organization o ON o.id = g.seller_id JOIN roles_role r ON r.id = g.role_id
ORDER BY g.seller_id
"""


def clients(ground: Ground) -> Result:
    """A page of clients of the largest provider, in the middle of its list."""
    scale = ground.large
    guardians.fill()
    provider, little = scale.provider(), few.provider_with_clients(10)
    user, other = scale.administrator(provider), few.administrator_of(little)
    middle = RoleGrant.objects.filter(provider=provider).order_by("seller_id")
    after = middle[middle.count() // 2].seller_id
    cursor, role = ground.raw().cursor(), Role.objects.get(code=volumes.ROLE).pk
    first = RequestFactory().get("/")
    following = RequestFactory().get(few.page_after(after))

    def raw() -> list[Any]:
        cursor.execute(_KEYSET, (provider.pk, role, after))
        return list(cursor.fetchall())

    peer, limit = "guardian get_objects_for_user", "raw keyset"
    at_ten, ten_of_many = "10 connections", "ten of many"
    timings = in_turn(
        [
            Way("ours", lambda: clients_of(user, provider, following)),
            Way(at_ten, lambda: clients_of(other, little, first)),
            Way(ten_of_many, lambda: clients_of(user, provider, following, size=10)),
            Way(peer, lambda: guardians.shops_of(user.pk)),
            Way(limit, raw),
        ],
        ground.size.rounds,
    )
    count = statements(lambda: clients_of(user, provider, following))
    return Result(
        timings, "ours", "ms", count, peer, limit,
        checks=(
            at_most("cost against raw keyset", timings.ratio("ours", limit), 3),
            at_most("time of ten rows, at 10 connections", timings.ratio(ten_of_many, at_ten), 1.5),
            at_least("times faster than get_objects_for_user", timings.ratio(peer, "ours"), 10),
        ),
    )  # fmt: skip


def _revocation(approved: ApprovedRole, reviewer: User, second: User) -> Way:
    """Revoke, having restored what the call before revoked."""

    def current() -> ApprovedRole:
        return ApprovedRole.objects.get(pk=approved.pk)

    state: dict[str, ApprovedRole] = {}

    def before() -> None:
        row = current()
        if row.status != "active":
            row = ask_to_restore(
                approved_role=row, reason="Measured.", version=row.version, by=second
            )
            restore_approved_role(approved_role=row, version=row.version, by=reviewer)
        state["row"] = current()

    def run() -> None:
        row = state["row"]
        revoke_approved_role(
            approved_role=row, reason="Measured.", version=row.version, by=reviewer
        )

    return Way("", run, before)


def revoke(ground: Ground) -> Result:
    """A reviewer revokes a role under all clients and employees of the largest provider."""
    scale = ground.large
    reviewer, second = few.reviewer(), few.reviewer()
    little = few.provider_with_clients(10, employees=20)
    many = _revocation(_approved(scale.provider()), reviewer, second)
    ten = _revocation(_approved(little), reviewer, second)
    many.before()
    many.run()  # the first step of a person also notes who that is
    many.before()
    count = statements(many.run)
    user, seller = scale.employee(1), _client_of(scale.employee(1))
    if _asked((user, seller)):
        raise AssertionError("a revoked role still counts")
    ten_name, peer, limit = "10 connections", "guardian bulk, per person", "one UPDATE"
    timings = in_turn(
        [
            Way("ours", many.run, many.before),
            Way(ten_name, ten.run, ten.before),
            Way(peer, _guardians_revocation(), times=1),
            Way(limit, _one_update(ground, _approved(scale.provider(2)))),
        ],
        ground.size.rounds,
    )
    many.before()
    return Result(
        timings, "ours", "ms", count, peer, limit,
        checks=(
            at_most("statements", count, 10),
            at_most("time against the one at 10 connections", timings.ratio("ours", ten_name), 1.2),
            at_least("times faster than guardian in bulk", timings.ratio(peer, "ours"), 1000),
        ),
    )  # fmt: skip


def _approved(provider: Organization) -> ApprovedRole:
    return ApprovedRole.objects.get(provider=provider, role__code=volumes.ROLE)


def _client_of(user: User) -> Organization:
    grant = Assignment.objects.filter(user=user).order_by("pk")[:1].get().content_object
    return Organization.objects.get(pk=grant.seller_id)


def _guardians_revocation() -> Any:
    guardians.assign()
    employees = Assignment.objects.values("user").distinct()
    people = list(User.objects.filter(pk__in=employees).exclude(email__contains="few"))
    grants = RoleGrant.objects.filter(assignments__user=people[0])
    shops = Shop.objects.filter(pk__in=list(grants.values_list("seller_id", flat=True)))

    def run() -> None:
        with transaction.atomic():
            guardians.take_away(people, shops)
            transaction.set_rollback(True)

    return run


def _one_update(ground: Ground, approved: ApprovedRole) -> Any:
    cursor = ground.raw().cursor()
    values = (approved.pk,)

    def run() -> None:
        cursor.execute("UPDATE roles_approvedrole SET version = version + 1 WHERE id = %s", values)

    return run


ROWS = (
    Row(
        "access.request",
        "1 statement, <= 1.5x a raw prepared query of the same answer, >= 15x faster than guardian "
        "has_perm; <= 1.2x the time at 1k grants",
        request,
    ),
    Row(
        "access.page",
        "1 statement, <= 1.2x one request's check, >= 100x faster than has_perm x 12",
        page,
    ),
    Row(
        "access.clients",
        "<= 3x raw keyset, ten rows <= 1.5x the time at 10 connections, "
        ">= 10x faster than get_objects_for_user",
        clients,
    ),
    Row(
        "access.revoke",
        "<= 10 statements, <= 1.2x the time at 10 connections, "
        ">= 1,000x faster than guardian in bulk; the next check denies",
        revoke,
    ),
)
