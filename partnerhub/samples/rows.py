"""The one builder of example rows, for the desk's samples of mails, the demo and the tests.

Rows are written as they would stand after people had acted. Where the history of a row matters
(events, mails, notices) call the transitions instead, as partnerhub/demo/seeds does.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.addresses import canonical
from accounts.models import EmployeeInvitation, IdentityCheck, Membership, Organization, User
from accounts.names import skeleton
from connections.models import Connection, ConnectionInvitation, PartnerLink, Renewal, RoleGrant
from core import clock
from core.web.access import Level
from roles.catalogue import questions_for
from roles.models import ApplicationLine, ApplicationMessage, ApprovedRole, Role, RoleApplication
from supplychain.models import (
    Box,
    BoxItem,
    GuestLink,
    Share,
    Shipment,
    ShipmentItem,
    SupplierConnection,
    SupplierInvitation,
)
from supplychain.states import Direction

FBA = "inventory.fba_shipments"
USE_CASE = "We prepare shipments every day for the sellers who hired us."
Levels = Mapping[str, str]  # role code -> level word
_numbers = count(1)


class Rows:
    """Makes rows. Each method takes what its caller cares about; `fields` overrule the rest.
    `typed` changes whatever people type (names, notes, titles): to the words of a test, or to words
    that carry a mark. Nobody can sign in while `password` is None."""

    def __init__(
        self,
        domain: str,
        password: str | None = None,
        typed: Callable[[str], str] = lambda text: text,
    ) -> None:
        self.domain, self._password, self._typed = domain, password, typed

    def typed(self, text: str, limit: int = 120) -> str:
        return self._typed(text)[:limit]

    @cached_property
    def _hashed(self) -> str:
        """Everybody's password, hashed once: hashing is slow on purpose."""
        return make_password(self._password)

    # People and accounts ------------------------------------------------------------------------
    def person(
        self, name: str = "", *, email: str = "", verified: bool = True, **fields: Any
    ) -> User:
        number = next(_numbers)
        values: dict[str, Any] = {
            "email": canonical(email or f"person{number}@{self.domain}"),
            "name": self.typed(name or f"Person {number}"),
            "password": self._hashed,
        }
        user = User.objects.create(**values | fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
        return user

    def organization(self, kind: str, name: str = "", **fields: Any) -> Organization:
        """An active organization of this kind ("seller", "provider", "supplier")."""
        number = next(_numbers)
        name = self.typed(name or f"{kind.title()} {number}")
        # Old enough for the full budget of invitations, too young for the large one.
        founded = clock.now() - timedelta(days=10)
        values: dict[str, Any] = {
            "handle": f"{kind}-{number}",
            "name": name,
            "name_skeleton": skeleton(name)[:120],
            "country": "US",
            "status": "active",
            "created_at": founded,
            "activated_at": founded,
        }
        if kind == "provider":
            values["registration_number"] = f"12-3{number:06d}"
            values["business_key"] = f"US:123{number:06d}"
        if kind == "supplier":
            values["supplier_kind"] = "manufacturer"
        return Organization.objects.create(kind=kind, **values | fields)

    def member(self, of: Organization, role: str = "employee", user: User | None = None) -> User:
        user = user or self.person()
        Membership.objects.create(user=user, organization=of, role=role)
        return user

    def administrator(
        self, of: Organization, user: User | None = None, *, identified: bool = True
    ) -> User:
        user = self.member(of, "administrator", user)
        if identified:
            self.identity(user)
        return user

    def administrator_of(self, of: Organization) -> User:
        """The first administrator in force; a new one where there is none."""
        rows = of.memberships.filter(role="administrator", status="active").order_by("id")
        row = rows.first()
        return row.user if row else self.administrator(of, identified=False)

    def identity(self, user: User, status: str = "verified", **fields: Any) -> IdentityCheck:
        now = clock.now()
        values: dict[str, Any] = {
            "legal_name": user.name,
            "birth_date": date(1980, 5, 17),
            "country": "US",
            "street_address": self.typed("1 Main Street, Springfield", 250),
            "status": status,
            "decided_at": None if status == "submitted" else now,
            "expires_at": now + timedelta(days=700) if status == "verified" else None,
            "reason": "unreadable" if status == "failed" else "",
        }
        return IdentityCheck.objects.create(user=user, **values | fields)

    def _invited(self, of: Organization, address: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {
            "organization": of,
            "address": address,
            "invited_by": fields.get("invited_by") or self.administrator_of(of),
            "expires_at": clock.now() + timedelta(days=14),
        }

    def employee_invitation(
        self, of: Organization, address: str, **fields: Any
    ) -> EmployeeInvitation:
        return EmployeeInvitation.objects.create(**self._invited(of, address, fields) | fields)

    # Roles --------------------------------------------------------------------------------------
    def application(
        self,
        provider: Organization,
        lines: Levels,
        status: str = "draft",
        *,
        by: User | None = None,
        age: timedelta = timedelta(0),
        **fields: Any,
    ) -> RoleApplication:
        """An application with complete lines in this state, submitted `age` ago."""
        roles = {role.code: role for role in Role.objects.filter(code__in=lines)}
        category = Role.objects.get(code=next(iter(lines), FBA)).category
        submitted = clock.now() - age
        values: dict[str, Any] = {"status": status, "created_by": by, "created_at": submitted}
        if status != "draft":
            due = submitted + timedelta(days=14)
            values |= {"submitted_at": submitted, "review_due_at": due}
        if status == "information_requested":
            values |= {"asked_at": submitted, "answer_due_at": submitted + timedelta(days=30)}
        if status in ("approved", "partly_approved", "rejected"):
            values |= {"decided_at": clock.now()}
        row = RoleApplication.objects.create(
            provider=provider, category=category, **values | fields
        )
        for code, level in lines.items():
            role = roles[code]
            ApplicationLine.objects.create(
                application=row,
                role=role,
                level=Level.of(level),
                use_case=self.typed(USE_CASE, 1000),
                answers={
                    question.slug: "Two of us look at each case and write down what was done."
                    for question in questions_for(role.restricted_because)
                },
            )
        if status == "information_requested":
            question = self.typed("For which sellers do you prepare shipments today?", 2000)
            ApplicationMessage.objects.create(application=row, from_reviewer=True, text=question)
        return row

    def decided(
        self,
        provider: Organization,
        approved: Levels | None = None,
        refused: Levels | None = None,
        **fields: Any,
    ) -> RoleApplication:
        """Decided with these lines, and the approved roles that follow from it."""
        approved, refused = approved or {}, refused or {}
        outcome = "partly_approved" if refused else "approved"
        status = outcome if approved else "rejected"
        row = self.application(provider, {**approved, **refused}, status, **fields)
        for line in row.lines.select_related("role"):
            self.decide(line, refuse=line.role.code in refused)
            if line.role.code in approved:
                self.approved_role(provider, line.role.code, approved[line.role.code], line=line)
        return row

    def decide(self, line: ApplicationLine, *, refuse: bool = False) -> None:
        now = clock.now()
        values: dict[str, Any] = {"decided_at": now, "decided_by": self.person()}
        if refuse:
            note = self.typed("Name the steps.", 500)
            values |= {"decision": "refused", "reason": "use_case_unclear", "note": note}
        else:
            values |= {"decision": "approved", "decided_level": line.level}
            if line.role.restricted:
                values |= {"needs_second": True, "seconded_at": now, "seconded_by": self.person()}
        ApplicationLine.objects.filter(pk=line.pk).update(**values)
        line.refresh_from_db()

    def approved_role(
        self,
        provider: Organization,
        code: str = FBA,
        level: str = "edit",
        status: str = "active",
        **fields: Any,
    ) -> ApprovedRole:
        now = clock.now()
        values: dict[str, Any] = {
            "level": Level.of(level),
            "status": status,
            "approved_at": now,
            "expires_at": now + timedelta(days=365),
        }
        if status != "active":
            values |= {"ended_at": now, "reason": self.typed("Complaints of sellers.", 500)}
        role = Role.objects.get(code=code)
        return ApprovedRole.objects.create(provider=provider, role=role, **values | fields)

    # Partners -----------------------------------------------------------------------------------
    def partner_link(
        self, seller: Organization, provider: Organization | None = None, **fields: Any
    ) -> PartnerLink:
        values: dict[str, Any] = {
            "expires_at": clock.now() + timedelta(days=7),
            "issued_by": self.administrator_of(seller),
        }
        return PartnerLink.objects.create(seller=seller, provider=provider, **values | fields)

    def invitation(
        self, seller: Organization, provider: Organization, **fields: Any
    ) -> ConnectionInvitation:
        now = clock.now()
        dates = dict.fromkeys(("issued_at", "opened_at", "decided_at"), now)
        link = fields.pop("partner_link", None) or self.partner_link(
            seller, provider, status="answered", **dates
        )
        address = self.administrator_of(seller).email
        values = self._invited(provider, address, fields) | fields
        return ConnectionInvitation.objects.create(seller=seller, partner_link=link, **values)

    def connection(
        self,
        seller: Organization,
        provider: Organization,
        grants: Levels | None = None,
        **fields: Any,
    ) -> Connection:
        """A live connection with these grants, each approved as highly."""
        now = clock.now()
        values: dict[str, Any] = {"started_at": now, "ends_at": now + timedelta(days=365)}
        row = Connection.objects.create(seller=seller, provider=provider, **values | fields)
        for code, level in ({FBA: "admin"} if grants is None else grants).items():
            if not ApprovedRole.objects.filter(provider=provider, role__code=code).exists():
                expires_at = now + timedelta(days=300)
                self.approved_role(provider, code, level, expires_at=expires_at)
            self.grant(row, code, level)
        return row

    def grant(
        self, of: Connection, code: str = FBA, level: str = "admin", **fields: Any
    ) -> RoleGrant:
        sides = {"seller_id": of.seller_id, "provider_id": of.provider_id}
        role = Role.objects.get(code=code)
        return RoleGrant.objects.create(
            connection=of, role=role, **{"level": Level.of(level)} | sides | fields
        )

    def renewal(
        self, of: Connection, side: str = "provider", days: int = 400, **fields: Any
    ) -> Renewal:
        """One side's open proposal to end the connection so many days from now."""
        values: dict[str, Any] = {
            "ends_at": clock.now() + timedelta(days=days),
            "proposed_by": self.administrator_of(getattr(of, side)),
        }
        return Renewal.objects.create(connection=of, side=side, **values | fields)

    # Supply chain -------------------------------------------------------------------------------
    def supplier_invitation(
        self, of: Organization, address: str, **fields: Any
    ) -> SupplierInvitation:
        """A pending invitation by this organization to the address: to the other side of it."""
        sells = of.kind == "seller"
        values = self._invited(of, address, fields) | {
            "direction": Direction.TO_SUPPLIER if sells else Direction.TO_SELLER,
            "supplier_kind": "manufacturer" if sells else "",
        }
        return SupplierInvitation.objects.create(**values | fields)

    def connected(self, of: Organization, to: Organization, **fields: Any) -> SupplierConnection:
        return SupplierConnection.objects.create(seller=of, supplier=to, **fields)

    def shipment(
        self, of: Organization, items: Mapping[str, int] | None = None, **fields: Any
    ) -> Shipment:
        number = next(_numbers)
        values: dict[str, Any] = {
            "name": self.typed(f"Refill {number}"),
            "shipment_id": f"FBATEST{number:05d}",
            "center_code": "ABE2",
            "ship_date": clock.today(of.zone) + timedelta(days=20),
            "ship_from_name": of.name,
            "ship_from_address": self.typed("7 Harbor Road\nOakland, CA 94607", 300),
        }
        row = Shipment.objects.create(seller=of, **values | fields)
        for sku, units in ({"MUG-RED": 12, "MUG-BLUE": 8} if items is None else items).items():
            self.item(row, sku, units)
        return row

    def item(self, of: Shipment, sku: str, units: int, **fields: Any) -> ShipmentItem:
        values = {"fnsku": f"X00{next(_numbers):07d}", "title": self.typed(f"Mug {sku}", 250)}
        return ShipmentItem.objects.create(shipment=of, msku=sku, quantity=units, **values | fields)

    def share(
        self, of: Shipment, to: Organization | None, status: str = "shared", **fields: Any
    ) -> Share:
        """The shipment, shared with a supplier who is connected, or is now."""
        now = clock.now()
        values: dict[str, Any] = {}
        if to:
            live = SupplierConnection.objects.live().filter(seller=of.seller, supplier=to)
            values["connection"] = live.first() or self.connected(of.seller, to)
        if status in ("contents_confirmed", "labels_ready", "shipped", "completed"):
            values["confirmed_at"] = now
        if status in ("shipped", "completed"):
            values["shipped_at"] = now
        if status in ("recalled", "declined", "void"):
            values["ended_at"] = now
        return Share.objects.create(shipment=of, status=status, **values | fields)

    def guest_link(self, of: Shipment, address: str, **fields: Any) -> GuestLink:
        """A link to one shipment for somebody who has no account; it shares nothing yet."""
        values = self._invited(of.seller, address, fields) | {"name": self.typed("Sunny Mill")}
        return GuestLink.objects.create(shipment=of, **values | fields)

    def box(self, of: Share, units: Mapping[str, int], **fields: Any) -> Box:
        of.shipment.refresh_from_db()
        number = of.shipment.last_box_number + 1
        Shipment.objects.filter(pk=of.shipment_id).update(last_box_number=number)
        of.shipment.last_box_number = number
        values: dict[str, Any] = {
            "weight_g": Decimal("9071.8474000"),
            "length_mm": Decimal("406.400"),
            "width_mm": Decimal("304.800"),
            "height_mm": Decimal("254.000"),
        }
        row = Box.objects.create(shipment=of.shipment, share=of, number=number, **values | fields)
        lines = {line.msku: line for line in of.shipment.items.all()}
        for sku, quantity in units.items():
            BoxItem.objects.create(box=row, item=lines[sku], quantity=quantity)
        return row
