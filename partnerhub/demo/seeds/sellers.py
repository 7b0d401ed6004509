"""Phase 2 of the story: sellers, links, invitations and connections in every state."""

from datetime import timedelta

from accounts.invitations.transitions import revoke
from accounts.models import Membership, User
from connections.models import Connection, ConnectionInvitation, PartnerLink, RightUse, RoleGrant
from connections.transitions import (
    assignments,
    endings,
    grants,
    invitations,
    links,
    pauses,
    renewals,
    requests,
)
from core import clock
from core.web.access import Level
from partnerhub.demo.seeds.actors import Tenant, at, extra, hire, lead_part, register

SHIPMENTS, REPORTS = "inventory.fba_shipments", "reports.business"


def sellers() -> tuple[Tenant, Tenant]:
    at(410)
    admin, staff = lead_part("seller-admin"), lead_part("seller-staff")
    lantern = register(admin, "seller", "Blue Lantern")
    at(52)
    kite = register(lead_part("other-seller-admin"), "seller", "Red Kite")
    at(48)
    hire(lantern, staff, rights=("shipments_view", "shipments_edit"))
    return lantern, kite


def _link(seller: Tenant, to: Tenant | str) -> PartnerLink:
    if isinstance(to, str):
        return links.issue(seller=seller.firm, by=seller.admin, address=to)
    return links.issue(seller=seller.firm, by=seller.admin, provider=to.firm)


def _invite(seller: Tenant, provider: Tenant) -> ConnectionInvitation:
    link = _link(seller, provider)
    return invitations.send(link=link, provider=provider.firm, by=provider.admin)


def _connect(
    seller: Tenant, provider: Tenant, levels: dict[str, Level], *, days: int | None = None
) -> Connection:
    invitation = _invite(seller, provider)
    ends_at = clock.now() + timedelta(days=days) if days else None
    return invitations.accept(
        invitation=invitation, by=seller.admin, levels=levels, ends_at=ends_at
    )


def connections(
    lantern: Tenant, kite: Tenant, harbor: Tenant, employee: User, copper: Tenant, quiet: Tenant
) -> None:
    at(400)
    old = register(extra("old-seller", "Ollie Oldseller"), "seller", "Amber Door")
    _connect(old, copper, {REPORTS: Level.VIEW})
    at(398)
    reports = _connect(lantern, copper, {REPORTS: Level.VIEW}, days=700)
    at(195)
    grants.change(
        connection=reports,
        by=lantern.admin,
        levels={SHIPMENTS: Level.EDIT},
        version=reports.version,
    )
    at(190)
    left = register(extra("left-seller", "Lane Leftseller"), "seller", "Stone Bridge")
    terminated = _connect(left, copper, {SHIPMENTS: Level.EDIT})
    at(100)
    endings.terminate(connection=terminated, **copper.acts, reason="The contract ended.")
    at(38)
    wanted = {SHIPMENTS: Level.EDIT, "inventory.manage": Level.EDIT, REPORTS: Level.VIEW}
    connection = _connect(lantern, harbor, wanted)
    at(37)
    grant = RoleGrant.objects.get(connection=connection, role__code=SHIPMENTS)
    colleague = Membership.objects.active().get(user=employee, organization=harbor.firm)
    changes = {colleague.pk: {grant.pk: Level.EDIT}}
    assignments.assign(connection=connection, by=harbor.admin, changes=changes)
    at(36)
    ending_soon = _connect(kite, copper, {SHIPMENTS: Level.VIEW}, days=50)
    # A partner that has left, with its papers.
    at(32)
    ended = _connect(lantern, quiet, {REPORTS: Level.VIEW})
    at(31)
    endings.terminate(connection=ended, **quiet.acts, reason="We are fully booked.")
    # The employee worked for the client, but not lately: the report of unused rights says so.
    day = clock.today(lantern.firm.zone) - timedelta(days=4)
    RightUse.objects.create(connection=connection, user=employee, role=grant.role, last_used_on=day)
    _open_ones(lantern, kite, harbor, quiet)
    at(5)
    until = clock.now() + timedelta(days=25)
    pauses.pause(connection=reports, by=lantern.admin, until=until, reason="We count our stock.")
    at(3)
    requests.ask(
        connection=connection,
        by=harbor.admin,
        levels={SHIPMENTS: Level.ADMIN, "inventory.planning": Level.VIEW},
        message="We recall shipments for you every week and have to ask you each time.",
    )
    later = ending_soon.ends_at + timedelta(days=365)
    renewals.propose(connection=ending_soon, **copper.acts, ends_at=later)
    at(2)
    _invite(lantern, quiet)
    links.send(link=_link(kite, harbor), by=kite.admin)
    _link(lantern, "new-partner@firm.example")


def _open_ones(lantern: Tenant, kite: Tenant, harbor: Tenant, quiet: Tenant) -> None:
    at(30)
    _invite(lantern, quiet)
    revoke(row=_link(lantern, "somebody@firm.example"), by=lantern.admin)
    at(25)
    _link(lantern, "never-answers@firm.example")
    links.decline(
        link=_link(kite, quiet), provider=quiet.firm, by=quiet.admin, reason="We are fully booked."
    )
    rejected = _invite(kite, harbor)
    invitations.reject(invitation=rejected, by=kite.admin, reason="Not the right firm.")
    revoke(row=_invite(kite, harbor), by=harbor.admin)
