"""Data of a size that the product must bear: valid rows, made by a dozen statements.

Every organization and person is called "scale-…": the first provider is the large one, with up to
50,000 clients and twenty employees; the first seller has more than half of the shipments.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import IdentityCheck, Membership, Organization, User
from accounts.names import skeleton
from accounts.states import MembershipRole, OrganizationKind, OrganizationStatus
from connections.models import Assignment, Connection, RoleGrant
from core import clock
from core.object_permissions import permission_for
from core.web.access import Level
from partnerhub.portals.insertions import (
    Sql,
    analyze,
    continue_keys,
    earlier,
    insert,
    last_id,
    numbers,
    padded,
)
from roles.models import ApprovedRole, Role
from supplychain.models import Shipment, ShipmentItem

PREFIX = "scale-"
ROLE = "inventory.fba_shipments"
ROLES = 12
EMPLOYEES = 20
LARGEST_CLIENTELE = 50_000
ASSIGNED_GRANTS = 10_000
LARGEST_SHARE = 0.6


@dataclass(frozen=True)
class Sizes:
    """How many of each. A connection is one pair, so there are at most sellers x providers."""

    sellers: int
    providers: int
    connections: int
    shipments: int

    def problem(self) -> str:
        if min(self.sellers, self.providers, self.connections, self.shipments) < 0:
            return "Give numbers of zero or more."
        if self.connections > self.sellers * self.providers:
            return "A seller connects with a provider once: at most sellers x providers."
        if self.shipments and not self.sellers:
            return "Shipments need a seller."
        return ""

    @property
    def clientele(self) -> int:
        others = self.sellers * (self.providers - 1)
        half = min(self.connections // 2, LARGEST_CLIENTELE)
        return min(self.sellers, self.connections, max(half, self.connections - others))


@dataclass(frozen=True)
class Scale:
    """Where the made rows stand: key = offset + number, each number counting from 1."""

    sizes: Sizes
    users: int
    organizations: int
    connections: int
    grants: int
    shipments: int
    at: datetime

    def seller(self, number: int = 1) -> Organization:
        return Organization.objects.get(pk=self.organizations + number)

    def provider(self, number: int = 1) -> Organization:
        return Organization.objects.get(pk=self.organizations + self.sizes.sellers + number)

    def administrator(self, organization: Organization) -> User:
        return User.objects.get(pk=self.users + organization.pk - self.organizations)

    def employee(self, number: int = 1) -> User:
        return User.objects.get(pk=self.users + self.sizes.sellers + self.sizes.providers + number)


@transaction.atomic
def build(sizes: Sizes) -> Scale:
    if problem := sizes.problem():
        raise ValueError(problem)
    scale = Scale(
        sizes=sizes,
        users=last_id(User),
        organizations=last_id(Organization),
        connections=last_id(Connection),
        grants=last_id(RoleGrant),
        shipments=last_id(Shipment),
        at=clock.now(),
    )
    _people(scale)
    _organizations(scale)
    _memberships(scale)
    _approvals(scale)
    _connections(scale)
    _assignments(scale)
    _shipments(scale)
    continue_keys(User, Organization, Connection, RoleGrant, Shipment)
    analyze()
    return scale


def _people(scale: Scale) -> None:
    sizes = scale.sizes
    count = sizes.sellers + sizes.providers + (EMPLOYEES if sizes.providers else 0)
    key = Sql(f"{scale.users} + n.i")
    name = Sql(f"'Scale Person ' || ({scale.users} + n.i)")
    address = Sql(f"'{PREFIX}' || ({scale.users} + n.i) || '@scale.example'")
    insert(
        User,
        numbers(count),
        id=key,
        email=address,
        name=name,
        search_key=Sql(f"lower({name.text}) || %s || {address.text}", ("\t",)),
        # Nobody can sign in as them, but in the demo, where every password is known.
        password=make_password("partnerhub-demo" if settings.DEMO else None),
        is_active=True,
    )
    insert(EmailAddress, numbers(count), user=key, email=address, verified=True, primary=True)
    insert(
        IdentityCheck,
        numbers(count),
        user=key,
        legal_name=name,
        birth_date=date(1980, 5, 17),
        country="US",
        street_address="1 Main Street, Springfield",
        status="verified",
        decided_at=scale.at,
        expires_at=scale.at + timedelta(days=settings.IDENTITY_DAYS),
    )


def _organizations(scale: Scale) -> None:
    start, sellers = scale.organizations, scale.sizes.sellers
    provider = f"n.i > {sellers}"
    number, padded_number = f"({start} + n.i)", padded(f"{start} + n.i", 7)
    kinds = tuple(kind.value for kind in (OrganizationKind.PROVIDER, OrganizationKind.SELLER))
    names = ("Scale Provider ", "Scale Seller ")
    insert(
        Organization,
        numbers(sellers + scale.sizes.providers),
        id=Sql(f"{start} + n.i"),
        kind=Sql(f"CASE WHEN {provider} THEN %s ELSE %s END", kinds),
        handle=Sql(f"'{PREFIX}' || {number}"),
        name=Sql(f"(CASE WHEN {provider} THEN %s ELSE %s END) || {number}", names),
        name_skeleton=Sql(
            f"(CASE WHEN {provider} THEN %s ELSE %s END) || {_skeleton_of(number)}",
            tuple(skeleton(name) for name in names),
        ),
        search_key=Sql(
            f"lower(CASE WHEN {provider} THEN %s ELSE %s END) || {number} || %s || "
            f"'{PREFIX}' || {number}",
            (*names, "\t"),
        ),
        country="US",
        registration_number=Sql(f"CASE WHEN {provider} THEN '98-' || {padded_number} ELSE '' END"),
        business_key=Sql(f"CASE WHEN {provider} THEN 'US:98' || {padded_number} ELSE '' END"),
        status=OrganizationStatus.ACTIVE,
        created_at=scale.at - timedelta(days=30),
        activated_at=scale.at - timedelta(days=30),
    )


def _skeleton_of(number: str) -> str:
    """What `accounts.names.skeleton` makes of a number's digits, in SQL."""
    expression = f"CAST({number} AS text)"
    for digit in "0123456789":
        if skeleton(digit) != digit:
            expression = f"replace({expression}, '{digit}', '{skeleton(digit)}')"
    return expression


def _memberships(scale: Scale) -> None:
    sellers, providers = scale.sizes.sellers, scale.sizes.providers
    insert(
        Membership,
        numbers(sellers + providers),
        user=Sql(f"{scale.users} + n.i"),
        organization=Sql(f"{scale.organizations} + n.i"),
        role=MembershipRole.ADMINISTRATOR,
    )
    if providers:
        insert(
            Membership,
            numbers(EMPLOYEES),
            user=Sql(f"{scale.users + sellers + providers} + n.i"),
            organization_id=scale.organizations + sellers + 1,
            role=MembershipRole.EMPLOYEE,
        )


def roles() -> list[Role]:
    """The roles that every provider made here is approved for: twelve unrestricted ones."""
    rows = Role.objects.filter(grantable=True, restricted_because="").order_by("position")
    others = rows.exclude(code=ROLE)[: ROLES - 1]
    return [Role.objects.get(code=ROLE), *others]


def _approvals(scale: Scale) -> None:
    for role in roles():
        insert(
            ApprovedRole,
            numbers(scale.sizes.providers),
            provider=Sql(f"{scale.organizations + scale.sizes.sellers} + n.i"),
            role=role,
            level=role.highest_level,
            approved_at=scale.at,
            expires_at=scale.at + timedelta(days=settings.APPROVAL_DAYS),
        )


def _connections(scale: Scale) -> None:
    sizes = scale.sizes
    large, rest = sizes.clientele, sizes.providers - 1
    providers = scale.organizations + sizes.sellers
    # The others take turns; each of them goes through the sellers from a place of its own.
    turn, step = f"(n.i - {large} - 1) %% {max(rest, 1)}", f"(n.i - {large} - 1) / {max(rest, 1)}"
    mine = f"n.i <= {large}"
    parties: dict[str, Any] = {
        "seller": Sql(
            f"{scale.organizations} + 1 + CASE WHEN {mine} THEN n.i - 1 "
            f"ELSE ({turn} * 7919 + {step}) %% {max(sizes.sellers, 1)} END"
        ),
        "provider": Sql(f"{providers} + 1 + CASE WHEN {mine} THEN 0 ELSE 1 + {turn} END"),
    }
    started = earlier(scale.at, f"{sizes.connections} - n.i")
    insert(
        Connection,
        numbers(sizes.connections),
        id=Sql(f"{scale.connections} + n.i"),
        started_at=started,
        ends_at=scale.at + timedelta(days=settings.CONNECTION_DAYS),
        **parties,
    )
    insert(
        RoleGrant,
        numbers(sizes.connections),
        id=Sql(f"{scale.grants} + n.i"),
        connection=Sql(f"{scale.connections} + n.i"),
        role=Role.objects.get(code=ROLE),
        level=Level.EDIT,
        granted_at=started,
        **parties,
    )


def _assignments(scale: Scale) -> None:
    sizes = scale.sizes
    grants = min(sizes.clientele, ASSIGNED_GRANTS)
    insert(
        Assignment,
        numbers(grants * EMPLOYEES),
        user=Sql(f"{scale.users + sizes.sellers + sizes.providers} + 1 + n.i %% {EMPLOYEES}"),
        permission=permission_for(RoleGrant, "assigned_edit"),
        content_object=Sql(f"{scale.grants} + 1 + (n.i - 1) / {EMPLOYEES}"),
    )


def _shipments(scale: Scale) -> None:
    sizes = scale.sizes
    first = int(sizes.shipments * LARGEST_SHARE)
    insert(
        Shipment,
        numbers(sizes.shipments),
        id=Sql(f"{scale.shipments} + n.i"),
        seller=Sql(
            f"{scale.organizations} + 1 + "
            f"CASE WHEN n.i <= {first} THEN 0 ELSE n.i %% {max(sizes.sellers, 1)} END"
        ),
        shipment_id=Sql(f"'FBA9' || {padded(f'{scale.shipments} + n.i', 11)}"),
        name=Sql(f"'Scale shipment ' || ({scale.shipments} + n.i)"),
        search_key=Sql(
            f"'scale shipment ' || ({scale.shipments} + n.i) || %s || "
            f"'fba9' || {padded(f'{scale.shipments} + n.i', 11)}",
            ("\t",),
        ),
        center_code="ABE2",
        created_at=earlier(scale.at, f"{sizes.shipments} - n.i"),
    )
    insert(
        ShipmentItem,
        numbers(sizes.shipments),
        shipment=Sql(f"{scale.shipments} + n.i"),
        msku=Sql("'SKU-' || n.i"),
        fnsku=Sql(f"'X0' || {padded('n.i', 8)}"),
        title="Scale product",
        quantity=Sql("1 + n.i %% 500"),
    )
