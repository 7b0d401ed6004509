"""A11, N8: what ends takes its rights along, and a new one of the same name starts without."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db.models import ProtectedError

from accounts.models import Membership, MembershipRight, Organization, User
from accounts.transitions import members, organizations
from connections.models import Assignment, Connection, RoleGrant
from connections.rights.access import access_for
from connections.transitions import assignments, endings, grants
from core.errors import NotRelated
from core.web.access import Level
from tests.access.leftovers import leftovers
from tests.factories import connections as make
from tests.factories.accounts import administrator, identity, member, person
from tests.factories.supplychain import worker

pytestmark = [pytest.mark.django_db, pytest.mark.both]


class Scene:
    """A connected pair; an employee on each side, each with what can be assigned by hand."""

    def __init__(self) -> None:
        self.seller, self.boss, self.provider, self.chief = make.pair()
        levels = {make.FBA: "edit", make.LISTINGS: "view"}
        self.connection = make.connection(self.seller, self.provider, levels)
        self.employee = member(self.provider)
        identity(self.employee)
        make.assigned(self.employee, self.connection, "view")
        self.staff = worker(self.seller, "shipments_view")
        assert leftovers() == []
        assert (Assignment.objects.count(), MembershipRight.objects.count()) == (2, 1)

    def row(self, user: User) -> Membership:
        """The person's live membership."""
        return Membership.objects.live().get(user=user)

    def change(self, role: str, user: User, by: User) -> Any:
        """Make the person this."""
        return members.change_access(by=by, membership=self.row(user), role=role, rights=())

    def grant(self, level: Level) -> Any:
        """Change one grant."""
        levels = {make.FBA: level}
        return grants.change(connection=self.connection, by=self.boss, levels=levels, version=1)


def operator() -> User:
    """Who looks after accounts."""
    return person(is_staff=True, is_superuser=True)


# act -> how many assignments and rights are left.
ACTS: dict[str, tuple[Callable[[Scene], Any], tuple[int, int]]] = {
    "employee removed": (
        lambda s: members.remove(by=s.chief, membership=s.row(s.employee)), (0, 1)
    ),
    "employee left": (lambda s: members.leave(by=s.employee, organization=s.provider), (0, 1)),
    "staff removed": (lambda s: members.remove(by=s.boss, membership=s.row(s.staff)), (2, 0)),
    "staff promoted": (lambda s: s.change("administrator", s.staff, s.boss), (2, 0)),
    "grant removed": (lambda s: s.grant(Level.NONE), (1, 1)),
    "grant lowered": (lambda s: s.grant(Level.VIEW), (2, 1)),
    "unassigned": (
        lambda s: assignments.assign(
            connection=s.connection,
            by=s.chief,
            changes={s.row(s.employee).pk: dict.fromkeys(_grants(s), Level.NONE)},
        ),
        (0, 1),
    ),
    "ended by the seller": (
        lambda s: endings.terminate(connection=s.connection, by=s.boss, organization=s.seller),
        (0, 1),
    ),
    "ended by the provider": (
        lambda s: endings.terminate(connection=s.connection, by=s.chief, organization=s.provider),
        (0, 1),
    ),
    "seller closed": (
        lambda s: organizations.close_organization(
            by=operator(), organization=s.seller, reason="x"
        ),
        (0, 1),
    ),
    "provider closed": (
        lambda s: organizations.close_organization(
            by=operator(), organization=s.provider, reason="x"
        ),
        (0, 1),
    ),
}  # fmt: skip


def _grants(s: Scene) -> list[int]:
    return list(s.connection.grants.values_list("pk", flat=True))


@pytest.mark.parametrize("what", ACTS)
def test_no_permission_row_outlives_its_ground(what: str) -> None:
    """After every act that ends something: no orphan, and nothing more is gone than must be."""
    scene = Scene()
    act, left = ACTS[what]
    act(scene)
    assert leftovers() == []
    assert (Assignment.objects.count(), MembershipRight.objects.count()) == left


def test_a_connection_made_anew_starts_without_assignments() -> None:
    scene = Scene()
    endings.terminate(connection=scene.connection, by=scene.boss, organization=scene.seller)
    make.connection(scene.seller, scene.provider, {make.FBA: "edit"})
    with pytest.raises(NotRelated):
        access_for(scene.employee, scene.seller)


def test_who_comes_back_starts_without_assignments_and_rights() -> None:
    scene = Scene()
    members.remove(by=scene.chief, membership=scene.row(scene.employee))
    members.remove(by=scene.boss, membership=scene.row(scene.staff))
    member(scene.provider, user=scene.employee)
    member(scene.seller, user=scene.staff)
    with pytest.raises(NotRelated):
        access_for(scene.employee, scene.seller)
    assert access_for(scene.staff, scene.seller).rights == frozenset()


@pytest.mark.parametrize("model", [User, Organization, Connection, RoleGrant])
def test_a_deleted_row_leaves_no_right_for_the_next_of_its_name(model: Any) -> None:
    """Below the application: the database takes the rights along, or refuses to delete."""
    Scene()
    for row in model.objects.order_by("pk"):
        with suppress(ProtectedError):
            row.delete()
    assert not Assignment.objects.exclude(content_object__in=RoleGrant.objects.all()).exists()
    assert not Assignment.objects.exclude(user__in=User.objects.all()).exists()
    assert not MembershipRight.objects.exclude(user__in=User.objects.all()).exists()
    accounts = Organization.objects.all()
    assert not MembershipRight.objects.exclude(content_object__in=accounts).exists()


def test_an_account_opened_anew_under_the_same_address_has_nothing() -> None:
    """The person's rows are gone with them; the next owner of the address is somebody else."""
    scene = Scene()
    address = scene.staff.email
    Membership.objects.filter(user=scene.staff).delete()
    User.objects.filter(pk=scene.staff.pk).delete()
    assert leftovers() == []
    again = person(email=address)
    member(scene.seller, user=again)
    assert access_for(again, scene.seller).rights == frozenset()


def test_an_administrator_is_never_the_last_to_go() -> None:
    """A9 together with A11: what is refused leaves every right where it was."""
    scene = Scene()
    with pytest.raises(Exception, match="only administrator"):
        members.leave(by=scene.boss, organization=scene.seller)
    assert administrator(scene.seller)
    assert (Assignment.objects.count(), MembershipRight.objects.count()) == (2, 1)
