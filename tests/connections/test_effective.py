"""The SQL view says what the rule says: compared with plain Python on random worlds (N1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import Membership, Organization, User
from connections.models import Assignment, Connection, EffectiveRight, RoleGrant
from connections.reads.clients import clients_of, sellers_for
from connections.rights import access, effective_rights
from core import clock
from core.errors import NotRelated
from core.object_permissions import permission_for
from roles.models import ApprovedRole, Role
from tests.connections.reference import World
from tests.factories import accounts as people

CODES = ("inventory.fba_shipments", "orders.manage", "settings.payout_method")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=400)

# Mostly in force, or nothing would ever be allowed.
moments = st.sampled_from([NOW + timedelta(days=9)] * 4 + [NOW, NOW - timedelta(microseconds=1)])
levels = st.integers(1, 3)
cells = st.tuples(levels, moments, st.booleans())


@st.composite
def worlds(draw: Any) -> dict[str, Any]:
    """Two providers, two sellers, three people: each fact in force or not, at random."""

    def often(good: str, *bad: str) -> str:
        return str(draw(st.sampled_from([good] * 4 + list(bad))))

    pairs = [(seller, provider) for seller in (0, 1) for provider in (0, 1)]
    memberships = [(user, provider) for user in (0, 1, 2) for provider in (0, 1)]
    return {
        "active": [draw(st.sampled_from([True, True, True, False])) for _ in range(3)],
        "identity": [(often("verified", "submitted", "failed"), draw(moments)) for _ in range(3)],
        "seller": [often("active", "suspended") for _ in range(2)],
        "provider": [often("active", "suspended", "draft") for _ in range(2)],
        "member": {
            key: (often("active", "suspended", "removed", ""), often("employee", "administrator"))
            for key in memberships
        },
        "connection": {
            key: (
                often("active", "paused", "ended", ""),
                draw(moments),
                draw(st.one_of(st.none(), moments)),
            )
            for key in pairs
        },
        "approved": {
            (provider, code): (draw(levels), often("active", "revoked", ""), draw(moments))
            for provider in (0, 1)
            for code in CODES
        },
        "granted": {
            (*key, code): (
                draw(levels),
                often("active", "ended", ""),
                draw(st.one_of(st.none(), moments)),
            )
            for key in pairs
            for code in CODES
        },
        "assigned": {
            (user, *key, code): draw(st.sampled_from(["view", "edit", "admin", ""]))
            for user in (0, 1, 2)
            for key in pairs
            for code in CODES
        },
    }


def build(world: dict[str, Any]) -> None:
    """The world's rows."""
    users = [people.person(is_active=active) for active in world["active"]]
    for user, (status, until) in zip(users, world["identity"], strict=True):
        fields = {"expires_at": until} if status == "verified" else {}
        people.identity(user, status, **fields)
    sides = {
        kind: [
            people.organization(kind, status=status, activated_at=None) for status in world[kind]
        ]
        for kind in ("seller", "provider")
    }
    for (user, provider), (status, role) in world["member"].items():
        if status:
            Membership.objects.create(
                user=users[user],
                organization=sides["provider"][provider],
                role=role,
                status=status,
                removed_at=OLD if status == "removed" else None,
            )
    _build_rights(world, users, sides)


def _build_rights(world: dict[str, Any], users: list[Any], sides: dict[str, list[Any]]) -> None:
    roles = {role.code: role for role in Role.objects.filter(code__in=CODES)}
    for (provider, code), (level, status, until) in world["approved"].items():
        if status:
            ApprovedRole.objects.create(
                provider=sides["provider"][provider],
                role=roles[code],
                level=level,
                status=status,
                approved_at=OLD,
                expires_at=until,
                ended_at=OLD if status == "revoked" else None,
            )
    grants: dict[Any, RoleGrant] = {}
    for key, (status, until, paused_until) in world["connection"].items():
        if not status:
            continue
        parties = {"seller": sides["seller"][key[0]], "provider": sides["provider"][key[1]]}
        paused = status == "paused"
        row = Connection.objects.create(
            **parties,
            status=status,
            ends_at=until,
            ended_at=OLD if status == "ended" else None,
            paused_at=OLD if paused else None,
            paused_until=paused_until if paused else None,
        )
        for code in CODES:
            level, state, end = world["granted"][(*key, code)]
            if state:
                grants[(*key, code)] = RoleGrant.objects.create(
                    connection=row,
                    **parties,
                    role=roles[code],
                    level=level,
                    status=state,
                    ends_at=end,
                    ended_at=OLD if state == "ended" else None,
                )
    for (user, *rest), word in world["assigned"].items():
        if word and tuple(rest) in grants:
            Assignment.objects.create(
                user=users[user],
                permission=permission_for(RoleGrant, f"assigned_{word}"),
                content_object=grants[tuple(rest)],
            )


def by_view(at: datetime) -> dict[tuple[int, int, str], int]:
    """The same answers from the view, as lists read it."""
    rights: dict[tuple[int, int, str], int] = {}
    rows = EffectiveRight.objects.in_force(at).values_list(
        "user_id", "organization_id", "role_code", "level"
    )
    for user, seller, code, level in rows:
        if level:
            rights[user, seller, code] = max(level, rights.get((user, seller, code), 0))
    return rights


def by_access() -> dict[tuple[int, int, str], int]:
    """The same answers from single checks, as requests ask."""
    rights = {}
    for user in User.objects.all():
        for seller in Organization.objects.filter(kind="seller"):
            try:
                found = dict(access.access_for(user, seller).levels)
            except NotRelated:
                found = {}
            for code in CODES:
                level = found.get(code, 0)
                assert access.effective_level(user, seller, code) == level
                if level:
                    rights[user.pk, seller.pk, code] = int(level)
    return rights


def by_lists() -> dict[tuple[int, int], set[int]]:
    """The same clients from the lists people see, page by page and by search; (A6)."""
    found: dict[tuple[int, int], set[int]] = {}
    for user in User.objects.all():
        switcher = set()
        for provider in Organization.objects.filter(kind="provider"):
            listed = _walked(user, provider)
            searched = clients_of(user, provider, RequestFactory().get("/"), search="seller")
            assert {row["id"] for row in searched} == listed
            if listed:
                found[user.pk, provider.pk] = listed
                switcher |= listed
        handles = Organization.objects.filter(pk__in=switcher).values_list("handle", flat=True)
        urls = {row["url"] for row in sellers_for(user)}
        assert urls == {f"/seller/{handle}/" for handle in handles}
    return found


def _walked(user: Any, provider: Organization) -> set[int]:
    """Every client, one to a page, there and back."""
    seen: list[int] = []
    page = clients_of(user, provider, RequestFactory().get("/"), size=1)
    while True:
        seen += [row["id"] for row in page]
        if not page.next_url:
            break
        page = clients_of(user, provider, RequestFactory().get(f"/{page.next_url}"), size=1)
    back = [row["id"] for row in page]
    while page.previous_url:
        page = clients_of(user, provider, RequestFactory().get(f"/{page.previous_url}"), size=1)
        back += [row["id"] for row in page]
    assert back == seen[::-1]
    return set(seen)


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=worlds())
@pytest.mark.both
def test_view_and_checks_agree_with_the_rule(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction.atomic():
        build(world)
        reference = World()
        expected = reference.may_act(NOW)
        assert by_view(NOW) == expected
        assert by_access() == expected
        assert by_lists() == reference.clients(NOW)
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.both
def test_one_statement_for_a_request(django_assert_num_queries: Any) -> None:
    seller = people.organization("seller")
    member = people.member(seller)
    with django_assert_num_queries(1):
        access.access_for(member, seller)
    with django_assert_num_queries(1):
        access.effective_level(member, seller, CODES[0])


@pytest.mark.django_db
@pytest.mark.both
def test_view_can_be_dropped_and_made_again() -> None:
    effective_rights.drop()
    with database.cursor() as cursor:
        names = [view.name for view in database.introspection.get_table_list(cursor)]
    assert effective_rights.VIEW not in names
    effective_rights.create()
    effective_rights.create()
    assert list(EffectiveRight.objects.all()) == []
