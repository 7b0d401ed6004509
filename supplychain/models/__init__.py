"""The rows of this app."""

from supplychain.models.querysets import ShareQuerySet, ShipmentQuerySet
from supplychain.models.shipments import (
    Box,
    BoxItem,
    GuestLink,
    Share,
    Shipment,
    ShipmentItem,
    SupplierConnection,
    SupplierInvitation,
)

__all__ = [
    "ShareQuerySet",
    "ShipmentQuerySet",
    "Box",
    "BoxItem",
    "GuestLink",
    "Share",
    "Shipment",
    "ShipmentItem",
    "SupplierConnection",
    "SupplierInvitation",
]
