"""A5: what is taken away counts on the next request, in every process and every open session.

Two web processes with kept database connections; an employee of the provider is signed in at both.
One case for each of the things that a delegate's right rests on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import IdentityCheck, Membership, User
from accounts.transitions import members, organizations
from connections.models import Assignment, Connection
from connections.transitions import assignments, endings, grants
from core import clock
from core.web.access import Level
from roles.models import ApprovedRole
from roles.transitions import approvals
from supplychain.models import Shipment
from tests.access.processes import Browser, WebProcess
from tests.factories import connections as make
from tests.factories.accounts import administrator, identity, member, person
from tests.factories.roles import restore, reviewer
from tests.factories.supplychain import shipment

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PAST = timedelta(minutes=1)
SIGN_IN, REFUSED, GONE = 302, 403, 404
LINE = {
    "items-TOTAL_FORMS": "1",
    "items-INITIAL_FORMS": "0",
    "items-0-msku": "KETTLE",
    "items-0-quantity": "4",
    "items-0-prep_type": "ITEM_NO_PREP",
    "items-0-prep_owner": "SELLER",
    "items-0-label_owner": "SELLER",
}


@dataclass
class Scene:
    """Everything that a delegate's right rests on, each in force."""

    seller: Any
    boss: User
    provider: Any
    chief: User
    employee: User
    connection: Connection
    approval: ApprovedRole
    shipment: Shipment
    desk: User

    @property
    def membership(self) -> Membership:
        """The employee's."""
        return Membership.objects.get(user=self.employee)

    def grant(self, level: Level) -> None:
        """The seller changes the grant; another one stays, so that the connection does."""
        row = Connection.objects.get(pk=self.connection.pk)
        levels = {make.FBA: level}
        grants.change(connection=row, by=self.boss, levels=levels, version=row.version)

    def decide(self, change: Callable[..., Any], **more: Any) -> None:
        """A reviewer decides about the approval."""
        row = ApprovedRole.objects.get(pk=self.approval.pk)
        change(approved_role=row, reason="Checked.", version=row.version, by=self.desk, **more)

    def assign(self, level: Level) -> None:
        """The provider's administrator sets the employee's level."""
        row = self.connection.grants.get(role__code=make.FBA)
        changes = {self.membership.pk: {row.pk: level}}
        assignments.assign(connection=self.connection, by=self.chief, changes=changes)


@pytest.fixture
def scene() -> Scene:
    """A seller and a provider, connected; an employee who edits shipments."""
    seller, boss, provider, chief = make.pair()
    administrator(seller, identified=False)
    connection = make.connection(seller, provider, {make.FBA: "edit", make.LISTINGS: "view"})
    employee = member(provider)
    identity(employee)
    make.assigned(employee, connection.grants.get(role__code=make.FBA), "edit")
    approval = ApprovedRole.objects.get(provider=provider, role__code=make.FBA)
    return Scene(
        seller,
        boss,
        provider,
        chief,
        employee,
        connection,
        approval,
        shipment(seller),
        reviewer(lead=True),
    )


def ends(rows: Callable[[Scene], Any], field: str) -> Callable[[Scene], Any]:
    """Time passes the date of a row: no sweep has seen it yet."""
    return lambda s: rows(s).update(**{field: clock.now() - PAST})


def operator() -> User:
    """Who looks after accounts."""
    return person(is_staff=True, is_superuser=True)


def pause(s: Scene) -> None:
    """Until further notice."""
    rows = Connection.objects.filter(pk=s.connection.pk)
    rows.update(status="paused", paused_at=clock.now(), paused_until=None)


LOWERED = {
    "approval lowered": lambda s: s.decide(approvals.lower_approved_role, level=Level.VIEW),
    "grant lowered": lambda s: s.grant(Level.VIEW),
    "assignment lowered": lambda s: s.assign(Level.VIEW),
}
LOST: dict[str, tuple[Callable[[Scene], Any], int]] = {
    "approval revoked": (lambda s: s.decide(approvals.revoke_approved_role), GONE),
    "approval lapsed": (
        ends(lambda s: ApprovedRole.objects.filter(pk=s.approval.pk), "expires_at"),
        GONE,
    ),
    "grant removed": (lambda s: s.grant(Level.NONE), GONE),
    "connection paused": (pause, GONE),
    "connection expired": (
        ends(lambda s: Connection.objects.filter(pk=s.connection.pk), "ends_at"),
        GONE,
    ),
    "connection ended by the seller": (
        lambda s: endings.terminate(connection=s.connection, by=s.boss, organization=s.seller),
        GONE,
    ),
    "connection ended by the provider": (
        lambda s: endings.terminate(connection=s.connection, by=s.chief, organization=s.provider),
        GONE,
    ),
    "employee unassigned": (lambda s: s.assign(Level.NONE), GONE),
    "employee suspended": (lambda s: members.suspend(by=s.chief, membership=s.membership), GONE),
    "employee removed": (lambda s: members.remove(by=s.chief, membership=s.membership), SIGN_IN),
    "identity expired": (
        ends(lambda s: IdentityCheck.objects.filter(user=s.employee), "expires_at"),
        GONE,
    ),
    "person deactivated": (
        lambda s: User.objects.filter(pk=s.employee.pk).update(is_active=False),
        SIGN_IN,
    ),
    "provider suspended": (
        lambda s: organizations.suspend_organization(
            by=operator(), organization=s.provider, reason="x"
        ),
        GONE,
    ),
    "seller suspended": (
        lambda s: organizations.suspend_organization(
            by=operator(), organization=s.seller, reason="x"
        ),
        GONE,
    ),
}
RESTORED = {
    "revoked": (
        lambda s: s.decide(approvals.revoke_approved_role),
        lambda s: restore(ApprovedRole.objects.get(pk=s.approval.pk), by=s.desk),
    ),
    "lapsed": (
        LOST["approval lapsed"][0],
        lambda s: ApprovedRole.objects.filter(pk=s.approval.pk).update(
            expires_at=clock.now() + timedelta(days=9)
        ),
    ),
}


class Sessions:
    """The employee at both processes."""

    def __init__(self, webs: list[WebProcess], scene: Scene) -> None:
        self.browsers = [Browser(web, scene.employee) for web in webs]
        seller, row = scene.seller.handle, scene.shipment.public_id
        self.list = reverse("seller:shipments", args=[seller])
        self.page = reverse("seller:shipment", args=[seller, row])
        self.file = reverse("seller:shipment-pack-list", args=[seller, row])
        self.new = reverse("seller:shipment-create", args=[seller])

    def look(self) -> set[int]:
        """What both read at the list, and at one of its rows."""
        return {each.get(path) for each in self.browsers for path in (self.list, self.page)}

    def download(self) -> set[int]:
        """What both get from the link to a file."""
        return {each.post(self.file) for each in self.browsers}

    def act(self) -> tuple[set[int], int]:
        """What both get for a form that was right a moment ago, and how many rows it made."""
        form = {"name": "Refill", "center_code": "ABE2", "mode": "SP", "ship_date": ""} | LINE
        before = Shipment.objects.count()
        answers = {each.post(self.new, form) for each in self.browsers}
        return answers, Shipment.objects.count() - before

    def everything_works(self) -> None:
        """The right is there, in both."""
        assert (self.look(), self.act(), self.download()) == ({200}, ({302}, 2), {200})


@pytest.mark.parametrize("what", LOST)
def test_the_next_request_is_refused_in_every_process(
    what: str, webs: list[WebProcess], scene: Scene
) -> None:
    """Pages, forms and file links, for everything that can be taken away (A5, N26)."""
    sessions = Sessions(webs, scene)
    sessions.everything_works()
    act, answer = LOST[what]
    act(scene)
    assert sessions.look() == {answer}
    assert sessions.act() == ({answer}, 0)
    assert sessions.download() == {answer}


@pytest.mark.parametrize("what", LOWERED)
def test_what_is_lowered_looks_and_no_more(what: str, webs: list[WebProcess], scene: Scene) -> None:
    """The next form is refused; the page and its file stay open (A5)."""
    sessions = Sessions(webs, scene)
    sessions.everything_works()
    LOWERED[what](scene)
    assert sessions.act() == ({REFUSED}, 0)
    assert (sessions.look(), sessions.download()) == ({200}, {200})


@pytest.mark.parametrize("what", RESTORED)
def test_an_approval_that_comes_back_brings_everything_back(
    what: str, webs: list[WebProcess], scene: Scene
) -> None:
    """X3: neither grant nor assignment was touched."""
    sessions = Sessions(webs, scene)
    take, give = RESTORED[what]
    take(scene)
    assert sessions.look() == {GONE}
    assert Assignment.objects.filter(user=scene.employee).count() == 1
    give(scene)
    sessions.everything_works()
