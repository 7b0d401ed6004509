"""Seller x supplier, inbound shipments, and what a supplier does with a shared one."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Invitation, Organization, invitation_constraints, invitation_indexes
from accounts.states import SupplierKind
from core import clock
from core.db import BaseModel, Findable, SearchKeyField
from supplychain.models.querysets import (
    ShareQuerySet,
    ShipmentQuerySet,
    SupplierConnectionQuerySet,
    SupplierInvitationQuerySet,
)
from supplychain.states import (
    LIVE_SHARE,
    OPEN_SHIPMENT,
    Direction,
    ShareStatus,
    ShipmentStatus,
    SupplierConnectionStatus,
)
from supplychain.vocabulary import (
    LengthUnit,
    Owner,
    PrepType,
    TrackingVerdict,
    TransportMode,
    WeightUnit,
)


class SupplierInvitation(Invitation):
    """Seller invites supplier (S1.1) or supplier invites seller (S1.14).

    `counterparty` is set when the invited side is an organization already known, or once it
    accepted. A first contact goes to the address only.
    """

    purpose = "supplier"

    direction = models.CharField(max_length=12, choices=Direction.choices)
    supplier_kind = models.CharField(max_length=20, choices=SupplierKind.choices, blank=True)
    counterparty = models.ForeignKey(
        Organization, null=True, on_delete=models.CASCADE, related_name="+"
    )

    objects: ClassVar = SupplierInvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = invitation_constraints("supplychain_supplierinvitation")
        indexes: ClassVar = [
            *invitation_indexes("supplychain_invite"),
            models.Index(fields=["counterparty", "status"], name="supplychain_invite_other"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} → {self.address} ({self.status})"


class GuestLink(Invitation):
    """A supplier without an account works on one shared shipment, by link and mailed code (X13).

    Its row says which share: the share names it. Accepted is one whose guest opened an account.
    """

    purpose = "guest"

    shipment = models.ForeignKey("Shipment", on_delete=models.CASCADE, related_name="+")
    # The code that proves the mailbox: hashed, short-lived, with few tries.
    code_hash = models.CharField(max_length=64, blank=True)
    code_sent_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = invitation_constraints(
            "supplychain_guestlink", target=("shipment", "address")
        )
        indexes: ClassVar = [
            *invitation_indexes("supplychain_guest"),
            models.Index(fields=["shipment", "-sent_at", "-id"], name="supplychain_guest_of"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"


class SupplierConnection(BaseModel):
    """Seller x supplier since one accepted the other's invitation."""

    seller = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    supplier = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(
        max_length=10,
        choices=SupplierConnectionStatus.choices,
        default=SupplierConnectionStatus.ACTIVE,
    )
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        Organization, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = SupplierConnectionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seller", "supplier"],
                condition=Q(status=SupplierConnectionStatus.ACTIVE),
                name="supplychain_supplierconnection_one_live",
            ),
            models.CheckConstraint(
                condition=Q(status=SupplierConnectionStatus.ACTIVE, ended_at__isnull=True)
                | Q(status=SupplierConnectionStatus.REMOVED, ended_at__isnull=False),
                name="supplychain_supplierconnection_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(seller=F("supplier")),
                name="supplychain_supplierconnection_two_parties",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["seller", "-started_at", "-id"], name="supplychain_conn_seller"),
            models.Index(
                fields=["supplier", "-started_at", "-id"], name="supplychain_conn_supplier"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller} × {self.supplier} ({self.status})"


class Shipment(Findable, BaseModel):
    seller = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    shipment_id = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    center_code = models.CharField(max_length=8)
    mode = models.CharField(max_length=3, choices=TransportMode.choices, default=TransportMode.SP)
    ship_date = models.DateField(null=True)
    ship_from_name = models.CharField(max_length=120, blank=True)
    ship_from_address = models.CharField(max_length=300, blank=True)
    status = models.CharField(
        max_length=15, choices=ShipmentStatus.choices, default=ShipmentStatus.WORKING
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    shipped_at = models.DateTimeField(null=True)
    # The highest box number given out; box ids are never used twice.
    last_box_number = models.PositiveIntegerField(default=0)
    search_key = SearchKeyField("name", "shipment_id")

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("move_shipment", "Can report what carriers and centres say")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status=ShipmentStatus.SHIPPED) | Q(shipped_at__isnull=False),
                name="supplychain_shipment_shipped_has_time",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["seller", "-created_at", "-id"], name="supplychain_ship_list"),
            models.Index(
                fields=["seller", "status", "-created_at", "-id"], name="supplychain_ship_status"
            ),
            models.Index(
                fields=["ship_date"],
                condition=Q(status__in=OPEN_SHIPMENT),
                name="supplychain_ship_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.name}"

    @property
    def sender(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.ship_from_name, *self.ship_from_address.splitlines())))


class ShipmentItem(BaseModel):
    """One SKU of a shipment: what the seller plans and, in the end, what the centre received."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="items")
    msku = models.CharField(max_length=255)
    fnsku = models.CharField(max_length=10)
    title = models.CharField(max_length=250, blank=True)
    quantity = models.PositiveIntegerField()
    # Null until the centre has counted; zero is a count like any other.
    received = models.PositiveIntegerField(null=True)
    prep_type = models.CharField(
        max_length=30, choices=PrepType.choices, default=PrepType.ITEM_NO_PREP
    )
    prep_owner = models.CharField(max_length=6, choices=Owner.choices, default=Owner.SELLER)
    label_owner = models.CharField(max_length=6, choices=Owner.choices, default=Owner.SELLER)
    expiry = models.DateField(null=True)
    lot = models.CharField(max_length=256, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shipment", "msku"], name="supplychain_shipmentitem_sku_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=500_000),
                name="supplychain_shipmentitem_quantity_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.msku} × {self.quantity}"


class Share(BaseModel):
    """Shipment x supplier. Copies no items; ends without a trace of rights."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="shares")
    connection = models.ForeignKey(
        SupplierConnection, null=True, on_delete=models.PROTECT, related_name="shares"
    )
    # Set while the supplier has not accepted yet: the share waits for them.
    invitation = models.ForeignKey(
        SupplierInvitation, null=True, on_delete=models.PROTECT, related_name="shares"
    )
    # Set while somebody without an account works on it, and kept once they have one.
    guest = models.OneToOneField(
        GuestLink, null=True, on_delete=models.PROTECT, related_name="share"
    )
    status = models.CharField(max_length=20, choices=ShareStatus.choices)
    note = models.CharField(max_length=1000, blank=True)
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    shared_at = models.DateTimeField(default=clock.now)
    viewed_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # When the reminders went out: each goes once.
    unopened_told_at = models.DateTimeField(null=True)
    due_told_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    pro_number = models.CharField(max_length=64, blank=True)
    bol_number = models.CharField(max_length=64, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shipment", "connection"],
                condition=Q(status__in=LIVE_SHARE, connection__isnull=False),
                name="supplychain_share_one_live",
            ),
            models.UniqueConstraint(
                fields=["shipment", "invitation"],
                condition=Q(status=ShareStatus.WAITING),
                name="supplychain_share_one_waiting",
            ),
            models.CheckConstraint(
                condition=(Q(status=ShareStatus.WAITING) & Q(invitation__isnull=False))
                | ~Q(status=ShareStatus.WAITING),
                name="supplychain_share_waiting_has_invitation",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=LIVE_SHARE)
                | Q(connection__isnull=False)
                | Q(guest__isnull=False),
                name="supplychain_share_live_is_somebodys",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["recalled", "declined", "void"])
                | Q(ended_at__isnull=False),
                name="supplychain_share_ended_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["connection", "-shared_at", "-id"], name="supplychain_share_list"),
            models.Index(
                fields=["shared_at"],
                condition=Q(status=ShareStatus.SHARED, unopened_told_at__isnull=True),
                name="supplychain_share_unopened",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shipment} ({self.status})"

    @property
    def supplier(self) -> Organization:
        """The supplier who has it; raises ValueError while it waits for one to join."""
        if self.connection is None:
            raise ValueError("This share waits for a supplier")
        return self.connection.supplier

    @property
    def worker(self) -> "Organization | GuestLink":
        """Who works on it: a supplier, or a guest; raises ValueError while it waits for one."""
        if self.connection is None and self.guest is not None:
            return self.guest
        return self.supplier

    @property
    def holder_name(self) -> str:
        """Whom the seller shared it with, whatever they have: account, link or invitation."""
        if self.connection:
            return self.supplier.name
        invited = self.guest or self.invitation
        return (invited.name or invited.address) if invited else ""

    @property
    def supplier_id(self) -> int | None:
        return self.connection.supplier_id if self.connection else None


class Box(BaseModel):
    """One box the supplier packs. Its id is printed on it and never used again."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="boxes")
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="boxes")
    number = models.PositiveIntegerField()
    weight_g = models.DecimalField(max_digits=14, decimal_places=7)
    length_mm = models.DecimalField(max_digits=10, decimal_places=3)
    width_mm = models.DecimalField(max_digits=10, decimal_places=3)
    height_mm = models.DecimalField(max_digits=10, decimal_places=3)
    # As they were typed; boxes from before there was a choice to keep have none.
    weight_unit = models.CharField(
        max_length=2, choices=WeightUnit.choices, blank=True, db_default="", default=""
    )
    length_unit = models.CharField(
        max_length=2, choices=LengthUnit.choices, blank=True, db_default="", default=""
    )
    tracking_number = models.CharField(max_length=64, blank=True)
    carrier = models.CharField(max_length=20, blank=True)
    tracking_verdict = models.CharField(max_length=15, choices=TrackingVerdict.choices, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shipment", "number"], name="supplychain_box_number_once"
            )
        ]

    def __str__(self) -> str:
        return f"Box {self.number}"


class BoxItem(models.Model):
    box = models.ForeignKey(Box, on_delete=models.CASCADE, related_name="contents")
    item = models.ForeignKey(ShipmentItem, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    expiry = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["box", "item"], name="supplychain_boxitem_item_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="supplychain_boxitem_at_least_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} × {self.quantity}"
