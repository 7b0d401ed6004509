"""Phase 2 of the story: sellers, links, invitations and connections in every state."""

from datetime import timedelta

from accounts.models import Membership, Organization, User
from connections.models import Connection, RightUse, RoleGrant
from connections.transitions import (
    assignments,
    endings,
    grants,
    invitations,
    links,
    pausing,
    renewals,
    requests,
)
from core import clock
from core.web.access import Level
from partnerhub.demo.seeding.cast import at, extra, hire, lead_part, register
from roles.models import Role

Tenant = tuple[Organization, User]


def sellers() -> tuple[Tenant, User, Tenant]:
    """Blue Lantern with an employee, and Red Kite."""
    at(410)
    admin, staff = lead_part("seller-admin"), lead_part("seller-staff")
    lantern = register(admin, "seller", "Blue Lantern")
    at(52)
    other_admin = lead_part("other-seller-admin")
    kite = register(other_admin, "seller", "Red Kite")
    at(48)
    hire(admin, lantern, staff, rights=("shipments_view", "shipments_edit"))
    return (lantern, admin), staff, (kite, other_admin)


def connect(
    seller: Tenant,
    provider: Tenant,
    levels: dict[str, Level],
    *,
    days: int | None = None,
) -> Connection:
    """Link, invitation, acceptance, each by its own side."""
    link = links.issue(seller=seller[0], by=seller[1], provider=provider[0])
    invitation = invitations.send(link=link, provider=provider[0], by=provider[1])
    ends_at = clock.now() + timedelta(days=days) if days else None
    return invitations.accept(invitation=invitation, by=seller[1], levels=levels, ends_at=ends_at)


def connections(
    lantern: Tenant, kite: Tenant, harbor: Tenant, employee: User, copper: Tenant, quiet: Tenant
) -> None:
    """One connection in each state, links and invitations in each state."""
    shipments, manage = "inventory.fba_shipments", "inventory.manage"
    at(400)
    old_admin = extra("old-seller", "Ollie Oldseller")
    old = (register(old_admin, "seller", "Amber Door"), old_admin)
    connect(old, copper, {"reports.business": Level.VIEW})
    at(398)
    reports = connect(lantern, copper, {"reports.business": Level.VIEW}, days=700)
    at(195)
    grants.change(
        connection=reports, by=lantern[1], levels={shipments: Level.EDIT}, version=reports.version
    )
    at(190)
    terminated = connect(old_second(), copper, {shipments: Level.EDIT})
    at(100)
    endings.terminate(
        connection=terminated, by=copper[1], organization=copper[0], reason="The contract ended."
    )
    at(38)
    connection = connect(
        lantern, harbor, {shipments: Level.EDIT, manage: Level.EDIT, "reports.business": Level.VIEW}
    )
    at(37)
    grant = RoleGrant.objects.get(connection=connection, role__code=shipments)
    colleague = Membership.objects.active().get(user=employee, organization=harbor[0])
    assignments.assign(
        connection=connection, by=harbor[1], changes={colleague.pk: {grant.pk: Level.EDIT}}
    )
    at(36)
    ending_soon = connect(kite, copper, {shipments: Level.VIEW}, days=50)
    _left(lantern, quiet)
    _used(connection, employee)
    _open_ones(lantern, kite, harbor, copper, quiet)
    at(5)
    until = clock.now() + timedelta(days=25)
    pausing.pause(connection=reports, by=lantern[1], until=until, reason="We count our stock.")
    at(3)
    requests.ask(
        connection=connection,
        by=harbor[1],
        levels={shipments: Level.ADMIN, "inventory.planning": Level.VIEW},
        message="We recall shipments for you every week and have to ask you each time.",
    )
    renewals.propose(
        connection=ending_soon,
        by=copper[1],
        organization=copper[0],
        ends_at=ending_soon.ends_at + timedelta(days=365),
    )
    _fresh_ones(lantern, kite, harbor, quiet)


def _left(lantern: Tenant, quiet: Tenant) -> None:
    """A partner of Blue Lantern that has left, with its papers."""
    at(32)
    left = connect(lantern, quiet, {"reports.business": Level.VIEW})
    at(31)
    endings.terminate(
        connection=left, by=quiet[1], organization=quiet[0], reason="We are fully booked."
    )


def _used(connection: Connection, employee: User) -> None:
    """The employee worked for the client, but not lately: the report of unused rights says so."""
    role = Role.objects.get(code="inventory.fba_shipments")
    day = clock.today() - timedelta(days=4)
    RightUse.objects.create(connection=connection, user=employee, role=role, last_used_on=day)


def old_second() -> Tenant:
    """A seller who has left its provider."""
    admin = extra("left-seller", "Lane Leftseller")
    return register(admin, "seller", "Stone Bridge"), admin


def _open_ones(
    lantern: Tenant, kite: Tenant, harbor: Tenant, copper: Tenant, quiet: Tenant
) -> None:
    """Links and invitations that wait, or ended without a connection."""
    at(30)
    late = links.issue(seller=lantern[0], by=lantern[1], provider=quiet[0])
    invitations.send(link=late, provider=quiet[0], by=quiet[1])
    cancelled = links.issue(seller=lantern[0], by=lantern[1], address="somebody@firm.example")
    links.cancel(link=cancelled, by=lantern[1])
    at(25)
    links.issue(seller=lantern[0], by=lantern[1], address="never-answers@firm.example")
    refused = links.issue(seller=kite[0], by=kite[1], provider=quiet[0])
    links.decline(link=refused, provider=quiet[0], by=quiet[1], reason="We are fully booked.")
    rejected = links.issue(seller=kite[0], by=kite[1], provider=harbor[0])
    rejected_invitation = invitations.send(link=rejected, provider=harbor[0], by=harbor[1])
    invitations.reject(invitation=rejected_invitation, by=kite[1], reason="Not the right firm.")
    withdrawn = links.issue(seller=kite[0], by=kite[1], provider=harbor[0])
    invitations.withdraw(
        invitation=invitations.send(link=withdrawn, provider=harbor[0], by=harbor[1]), by=harbor[1]
    )


def _fresh_ones(lantern: Tenant, kite: Tenant, harbor: Tenant, quiet: Tenant) -> None:
    """Links and an invitation of the last days, which wait for an answer."""
    at(2)
    waiting = links.issue(seller=lantern[0], by=lantern[1], provider=quiet[0])
    invitations.send(link=waiting, provider=quiet[0], by=quiet[1])
    fresh = links.issue(seller=kite[0], by=kite[1], provider=harbor[0])
    links.send(link=fresh, by=kite[1])
    links.issue(seller=lantern[0], by=lantern[1], address="new-partner@firm.example")
