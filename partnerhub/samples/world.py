"""The people, firms and things that the samples speak of. Made inside a transaction taken back."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from accounts.models import IdentityCheck, Membership, Organization, User
from connections.models import Connection
from core import clock
from partnerhub.samples.rows import Rows
from roles.models import ApprovedRole, RoleApplication
from supplychain.models import Share, Shipment, SupplierConnection

READERS = "@readers.example"
ROLES = ("inventory.upload", "inventory.fba_shipments", "inventory.costs")


class World:
    """Rows made when a sample asks for them; `words` replace whatever people type."""

    def __init__(self, words: str = "") -> None:
        self.words = words
        self.now = clock.now()
        self.make = Rows(READERS.strip("@"), typed=lambda text: words or text)
        self.typed = self.make.typed

    def in_days(self, days: int) -> datetime:
        return self.now + timedelta(days=days)

    def person(self, name: str, address: str) -> User:
        """Somebody whose account is so new that mail to them speaks to a stranger."""
        return self.make.person(name, email=f"{address}{READERS}", verified=False)

    def _firm(self, kind: str, name: str, administrator: str, **fields: Any) -> Organization:
        firm = self.make.organization(kind, name, handle=f"sample-{kind}", **fields)
        user = self.person(administrator, f"{kind}-admin")
        self.make.member(firm, "administrator", user)
        return firm

    @cached_property
    def seller(self) -> Organization:
        return self._firm("seller", "Blue Harbor Goods", "Sam Seller")

    @cached_property
    def provider(self) -> Organization:
        key = {"registration_number": "98-7654321", "business_key": "US:sample"}
        return self._firm("provider", "Northwind Partners", "Pat Provider", **key)

    @cached_property
    def supplier(self) -> Organization:
        return self._firm("supplier", "Sunny Ceramics", "Sunny Supplier")

    @cached_property
    def sam(self) -> User:
        return self.make.administrator_of(self.seller)

    @cached_property
    def pat(self) -> User:
        return self.make.administrator_of(self.provider)

    @cached_property
    def sunny(self) -> User:
        return self.make.administrator_of(self.supplier)

    @cached_property
    def emery(self) -> User:
        return self.person("Emery Employee", "employee")

    @cached_property
    def membership(self) -> Membership:
        return self.make.member(self.provider, user=self.emery).memberships.get()

    @cached_property
    def reviewer(self) -> User:
        return self.person("Rita Reviewer", "reviewer")

    def check(self, status: str) -> IdentityCheck:
        until = self.in_days(60) if status in ("verified", "expired") else None
        return self.make.identity(self.emery, status, expires_at=until)

    def application(self, status: str) -> RoleApplication:
        lines = dict.fromkeys(ROLES, "edit")
        return self.make.application(self.provider, lines, status, by=self.pat)

    def approved(self, number: int = 1, status: str = "active") -> list[ApprovedRole]:
        reason = self.typed("Sellers complained about wrong labels.", 500)
        fields = {"expires_at": self.in_days(30), "reason": reason}
        return [
            self.make.approved_role(self.provider, code, "view", status, **fields)
            for code in ROLES[:number]
        ]

    @cached_property
    def connection(self) -> Connection:
        row = self.make.connection(self.seller, self.provider, {})
        self.make.grant(row, ROLES[0], "edit")
        return row

    @cached_property
    def supply(self) -> SupplierConnection:
        return self.make.connected(self.seller, self.supplier)

    @cached_property
    def shipment(self) -> Shipment:
        name, day = self.typed("Mugs for spring"), clock.day_of(self.in_days(2), self.seller.zone)
        row = self.make.shipment(
            self.seller, {}, name=name, shipment_id="FBASAMPLE001", ship_date=day
        )
        for sku, title, units in (("MUG-RED", "Red mug", 120), ("MUG-BLUE", "Blue mug", 80)):
            sku, title = f"{sku} {self.words}".strip()[:255], self.typed(title, 250)
            self.make.item(row, sku, units, title=title, received=units - 8)
        return row

    def share(self, status: str = "shared") -> Share:
        note = self.typed("Please pack each mug in its own sleeve.", 1000)
        row = self.make.share(
            self.shipment, self.supplier, status, connection=self.supply, note=note,
            shared_by=self.sam,
        )  # fmt: skip
        self.make.box(row, {}, tracking_number="1Z999AA10123456784")
        return Share.objects.with_list_data().select_related("shared_by").get(pk=row.pk)
