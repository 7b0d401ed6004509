"""The people, firms and things that the samples speak of. Made inside a transaction taken back."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

from accounts.models import IdentityCheck, Membership, Organization, User
from accounts.names import skeleton
from connections.models import Connection, RoleGrant
from core import clock
from core.web.access import Level
from roles.models import ApplicationLine, ApplicationMessage, ApprovedRole, Role, RoleApplication
from supplychain.models import Box, Share, Shipment, ShipmentItem, SupplierConnection

READERS = "@readers.example"
ROLES = ("inventory.fba_shipments", "inventory.upload", "inventory.costs")
BOX = {"weight_g": 9072, "length_mm": 406, "width_mm": 305, "height_mm": 254}


class World:
    """Rows made when a sample asks for them; `words` replace whatever people type."""

    def __init__(self, words: str = "") -> None:
        self.words = words
        self.now = clock.now()

    def typed(self, text: str, limit: int = 120) -> str:
        """What somebody typed: the given words, or `text`."""
        return (self.words or text)[:limit]

    def in_days(self, days: int) -> Any:
        """The moment so many days from now."""
        return self.now + timedelta(days=days)

    def person(self, name: str, address: str) -> User:
        """Somebody with an account."""
        return User.objects.create(email=f"{address}{READERS}", name=self.typed(name))

    def _firm(self, kind: str, name: str, **fields: Any) -> Organization:
        typed = self.typed(name)
        return Organization.objects.create(
            kind=kind,
            handle=f"sample-{kind}",
            name=typed,
            name_skeleton=skeleton(typed)[:120],
            country="US",
            status="active",
            activated_at=self.now,
            **fields,
        )

    def _administrator(self, firm: Organization, name: str) -> User:
        user = self.person(name, f"{firm.kind}-admin")
        Membership.objects.create(user=user, organization=firm, role="administrator")
        return user

    @cached_property
    def seller(self) -> Organization:
        """A seller."""
        return self._firm("seller", "Blue Harbor Goods")

    @cached_property
    def provider(self) -> Organization:
        """A solution provider."""
        key = {"registration_number": "98-7654321", "business_key": "US:sample"}
        return self._firm("provider", "Northwind Partners", **key)

    @cached_property
    def supplier(self) -> Organization:
        """A supplier."""
        return self._firm("supplier", "Sunny Ceramics", supplier_kind="manufacturer")

    @cached_property
    def sam(self) -> User:
        """The seller's administrator."""
        return self._administrator(self.seller, "Sam Seller")

    @cached_property
    def pat(self) -> User:
        """The provider's administrator."""
        return self._administrator(self.provider, "Pat Provider")

    @cached_property
    def sunny(self) -> User:
        """The supplier's administrator."""
        return self._administrator(self.supplier, "Sunny Supplier")

    @cached_property
    def emery(self) -> User:
        """The provider's employee."""
        return self.person("Emery Employee", "employee")

    @cached_property
    def membership(self) -> Membership:
        """Their membership."""
        return Membership.objects.create(
            user=self.emery, organization=self.provider, role="employee"
        )

    @cached_property
    def reviewer(self) -> User:
        """Somebody at the desk."""
        return self.person("Rita Reviewer", "reviewer")

    def check(self, status: str) -> IdentityCheck:
        """The employee's identity check in this state."""
        decided = {} if status == "submitted" else {"decided_at": self.now}
        return IdentityCheck.objects.create(
            user=self.emery,
            legal_name="Emery Employee",
            birth_date=date(1985, 5, 17),
            country="US",
            street_address="1 Main Street",
            status=status,
            reason="unreadable" if status == "failed" else "",
            expires_at=self.in_days(60) if status in ("verified", "expired") else None,
            **decided,
        )

    def roles(self) -> list[Role]:
        """Some roles of the catalogue, all of one category."""
        return list(Role.objects.filter(code__in=ROLES).order_by("position"))

    def application(self, status: str) -> RoleApplication:
        """The provider's application in this state, each line decided where it is."""
        first, *others = self.roles()
        row = RoleApplication.objects.create(
            provider=self.provider,
            category=first.category,
            status=status,
            created_by=self.pat,
            submitted_at=self.now,
            review_due_at=self.in_days(14),
            asked_at=self.now,
            answer_due_at=self.in_days(30),
            decided_at=self.now if status == "partly_approved" else None,
        )
        decided = {"decision": "approved", "decided_level": Level.EDIT}
        refused = {"decision": "refused", "reason": "use_case_unclear"}
        for role in (first, *others):
            outcome = decided if role == first else refused
            if status == "partly_approved":
                outcome = outcome | {
                    "decided_at": self.now,
                    "decided_by": self.reviewer,
                    "note": self.typed("Name the steps.", 500) if role != first else "",
                }
            else:
                outcome = {}
            ApplicationLine.objects.create(
                application=row, role=role, level=Level.EDIT, use_case="We prepare.", **outcome
            )
        return row

    def question(self, application: RoleApplication) -> ApplicationMessage:
        """A reviewer's question."""
        return ApplicationMessage.objects.create(
            application=application,
            author=self.reviewer,
            from_reviewer=True,
            text=self.typed("For which sellers do you prepare shipments today?", 2000),
        )

    def approved(
        self, number: int = 1, status: str = "active", **fields: Any
    ) -> list[ApprovedRole]:
        """Approved roles of the provider."""
        ended = {} if status == "active" else {"ended_at": self.now}
        reason = self.typed("Sellers complained about wrong labels.", 500)
        return [
            ApprovedRole.objects.create(
                provider=self.provider,
                role=role,
                level=Level.VIEW,
                status=status,
                approved_at=self.now,
                expires_at=self.in_days(30),
                reason=reason,
                **ended,
                **fields,
            )
            for role in self.roles()[:number]
        ]

    @cached_property
    def connection(self) -> Connection:
        """The seller's connection with the provider, one role granted."""
        assert self.sam
        assert self.pat
        row = Connection.objects.create(
            seller=self.seller, provider=self.provider, ends_at=self.in_days(365)
        )
        RoleGrant.objects.create(
            connection=row,
            seller=self.seller,
            provider=self.provider,
            role=self.roles()[0],
            level=Level.EDIT,
        )
        return row

    @cached_property
    def supply(self) -> SupplierConnection:
        """The seller's connection with the supplier."""
        assert self.sam
        assert self.sunny
        return SupplierConnection.objects.create(seller=self.seller, supplier=self.supplier)

    @cached_property
    def shipment(self) -> Shipment:
        """A shipment with two items."""
        row = Shipment.objects.create(
            seller=self.seller,
            name=self.typed("Mugs for spring"),
            shipment_id="FBASAMPLE001",
            center_code="ABE2",
            ship_date=self.in_days(2).date(),
        )
        for sku, title, units in (("MUG-RED", "Red mug", 120), ("MUG-BLUE", "Blue mug", 80)):
            ShipmentItem.objects.create(
                shipment=row,
                msku=f"{sku} {self.words}".strip()[:255],
                title=self.typed(title, 250),
                quantity=units,
                received=units - 8,
            )
        return row

    def share(self, status: str = "shared") -> Share:
        """The shipment, shared with the supplier, one box packed."""
        late = ("contents_confirmed", "labels_ready", "shipped")
        row = Share.objects.create(
            shipment=self.shipment,
            connection=self.supply,
            status=status,
            note=self.typed("Please pack each mug in its own sleeve.", 1000),
            shared_by=self.sam,
            confirmed_at=self.now if status in late else None,
            shipped_at=self.now if status == "shipped" else None,
            ended_at=self.now if status in ("recalled", "declined", "void") else None,
        )
        Box.objects.create(
            shipment=self.shipment, share=row, number=1, tracking_number="1Z999AA10123456784", **BOX
        )
        return Share.objects.with_list_data().select_related("shared_by").get(pk=row.pk)
