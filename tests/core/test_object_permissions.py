"""guardian behind one wrapper: closed lists, no orphans, nobody without an account (N8)."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, models
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Membership, MembershipRight, Organization, User
from accounts.transitions import members
from connections.models import Assignment, Connection, RoleGrant
from core.object_permissions import (
    ClosedCodenames,
    clear_grants,
    grant,
    grant_many,
    grant_to_group,
    permission_for,
)
from roles.models import CategoryRight, ServiceCategory
from tests.factories import connections as make
from tests.factories.accounts import member, organization, person

pytestmark = [pytest.mark.django_db, pytest.mark.both]
TABLES: list[Any] = [MembershipRight, Assignment, CategoryRight]


@pytest.fixture
def rows() -> dict[str, Any]:
    """One row in each table, and what it hangs on."""
    seller, seller_admin, provider, admin = make.pair()
    link = make.connection(seller, provider)
    worker, clerk = member(provider), member(seller)
    group = Group.objects.create(name="Desk")
    make.assigned(worker, link)
    grant(MembershipRight, user=clerk, codename="history_view", obj=seller)
    grant_to_group(
        CategoryRight, group=group, codename="decide_category", obj=ServiceCategory.objects.all()[0]
    )
    return {
        "seller": seller,
        "provider": provider,
        "admin": admin,
        "seller_admin": seller_admin,
        "link": link,
        "grant": link.grants.get(),
        "worker": worker,
        "clerk": clerk,
        "group": group,
    }


def orphans() -> int:
    """Rows of guardian's tables that point at nothing."""
    found = 0
    for table in TABLES:
        for field in table._meta.local_concrete_fields:
            if isinstance(field, models.ForeignKey):
                there = field.related_model._base_manager.values("pk")
                found += table.objects.exclude(**{f"{field.name}__in": there}).count()
    return found


def test_the_three_tables_are_all_there_are() -> None:
    """What people assign by hand, in tables with real keys, and nothing else."""
    ours = {m for m in apps.get_models() if issubclass(m, ClosedCodenames)}
    assert ours == set(TABLES)
    for table in TABLES:
        key = table._meta.get_field("content_object")
        assert isinstance(key, models.ForeignKey)
        assert key.remote_field.on_delete is models.CASCADE
        assert table.allowed


# Lists of codenames -----------------------------------------------------------------------------
def outside() -> list[tuple[Any, str]]:
    """Every permission of an object that its table does not allow."""
    found = []
    for table in TABLES:
        model = table._meta.get_field("content_object").related_model
        kind = ContentType.objects.get_for_model(model)
        for codename in Permission.objects.filter(content_type=kind).values_list("codename"):
            found += [(table, codename[0])] if codename[0] not in table.allowed else []
    return found


def test_anything_outside_the_lists_raises_by_every_way(rows: dict[str, Any]) -> None:
    objects = {
        MembershipRight: rows["seller"],
        Assignment: rows["grant"],
        CategoryRight: ServiceCategory.objects.all()[1],
    }
    wrong = outside()
    assert len(wrong) >= 10
    for table, codename in wrong:
        obj, permission = objects[table], permission_for(type(objects[table]), codename)
        who = {"group": rows["group"]} if table is CategoryRight else {"user": rows["worker"]}
        row = table(permission=permission, content_object=obj, **who)
        one = grant_to_group if table is CategoryRight else grant
        ways = [
            row.save,
            lambda t=table, r=row: t.objects.bulk_create([r]),
            lambda t=table, p=permission, o=obj, w=who: t.objects.create(
                permission=p, content_object=o, **w
            ),
            lambda t=table, c=codename, o=obj, w=who, f=one: f(t, codename=c, obj=o, **w),
            lambda p=permission, o=obj, w=who: assign_perm(p, next(iter(w.values())), o),
        ]
        for way in ways:
            with pytest.raises(ValidationError):
                way()
    with pytest.raises(ValidationError):
        Assignment.objects.update(permission=permission_for(RoleGrant, "view_rolegrant"))
    with pytest.raises(ValidationError):
        grant_many(Assignment, RoleGrant, [(rows["clerk"].pk, "view_rolegrant", rows["grant"])])
    assert [table.objects.count() for table in TABLES] == [1, 1, 1]


def test_the_library_s_own_way_lands_in_our_tables(rows: dict[str, Any]) -> None:
    """No generic row, which would outlive its object and speak for its successor."""
    assign_perm("shipments_view", rows["clerk"], rows["seller"])
    assert MembershipRight.objects.count() == 2
    remove_perm("shipments_view", rows["clerk"], rows["seller"])
    assert UserObjectPermission.objects.count() == GroupObjectPermission.objects.count() == 0


# Nobody -----------------------------------------------------------------------------------------
def test_nobody_without_an_account_has_a_right(rows: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        grant(MembershipRight, user=AnonymousUser(), codename="history_view", obj=rows["seller"])
    with pytest.raises(ValueError, match="User"):
        MembershipRight(user=AnonymousUser())
    assert not User.objects.filter(email__icontains="anonymous").exists()


# Deleting ---------------------------------------------------------------------------------------
PATHS: dict[str, Any] = {
    "an employee": (lambda rows: rows["worker"].delete(), Assignment),
    "a member": (lambda rows: rows["clerk"].delete(), MembershipRight),
    "employees in one statement": (
        lambda rows: User.objects.filter(pk=rows["worker"].pk).delete(),
        Assignment,
    ),
    "a grant": (lambda rows: rows["grant"].delete(), Assignment),
    "grants in one statement": (lambda rows: RoleGrant.objects.all().delete(), Assignment),
    "a connection": (lambda rows: rows["link"].delete(), Assignment),
    "connections in one statement": (lambda rows: Connection.objects.all().delete(), Assignment),
    "the provider": (lambda rows: rows["provider"].delete(), Assignment),
    "the seller": (lambda rows: rows["seller"].delete(), MembershipRight),
    "organizations in one statement": (lambda r: Organization.objects.all().delete(), Assignment),
    "a group": (lambda rows: rows["group"].delete(), CategoryRight),
    "a permission": (
        lambda rows: permission_for(ServiceCategory, "decide_category").delete(),
        CategoryRight,
    ),
    "a member who is removed": (
        lambda rows: members.remove(
            by=rows["seller_admin"],
            membership=Membership.objects.get(user=rows["clerk"]),
        ),
        MembershipRight,
    ),
    "an employee who leaves": (
        lambda rows: members.leave(by=rows["worker"], organization=rows["provider"]),
        Assignment,
    ),
}


@pytest.mark.parametrize("path", PATHS)
def test_no_delete_leaves_an_orphan(rows: dict[str, Any], path: str) -> None:
    """A11, N8: whatever goes takes its rights along; the others stay."""
    delete, table = PATHS[path]
    delete(rows)
    assert table.objects.count() == 0
    assert orphans() == 0
    connection.check_constraints()


def test_a_successor_under_the_same_key_inherits_nothing(rows: dict[str, Any]) -> None:
    """The key of a deleted object, given out again, opens nothing."""
    key = rows["clerk"].pk
    rows["clerk"].delete()
    person("Same Key", id=key)
    assert not MembershipRight.objects.filter(user=key).exists()
    seller = rows["seller"].pk
    rows["seller"].delete()
    organization("seller", id=seller)
    assert not MembershipRight.objects.filter(content_object=seller).exists()


def test_clearing_says_how_many(rows: dict[str, Any]) -> None:
    assert clear_grants(Assignment, user=rows["worker"]) == 1
    assert clear_grants(Assignment, user=rows["worker"]) == 0
