"""The kinds of mail this app sends, in the groups that people can switch."""

from collections.abc import Mapping

from core.outbox.kinds import ANSWERS, INVITATIONS, SECURITY, SHIPMENTS, Group

KINDS: Mapping[Group, Mapping[str, str]] = {
    SECURITY: {
        "supplychain.connection_removed": "Supplier connection removed",
        "supplychain.guest_code": "Code for a shared shipment",
        "supplychain.guest_revoked": "Link to a shipment taken back",
    },
    INVITATIONS: {
        "supplychain.supplier_invited": "Invitation to a supplier",
        "supplychain.guest_invited": "Link to one shipment",
        "supplychain.seller_invited": "Supplier's invitation to a seller",
    },
    ANSWERS: {
        "supplychain.invitation_accepted": "Supply Chain Connect invitation accepted",
        "supplychain.invitation_declined": "Supply Chain Connect invitation declined",
        "supplychain.invitation_expired": "Supply Chain Connect invitation expired",
        "supplychain.guest_joined": "Guest has an account",
        "supplychain.guest_expired": "Guest link expired",
    },
    SHIPMENTS: {
        "supplychain.shipment_shared": "Shipment shared",
        "supplychain.share_unopened": "Shared shipment not opened",
        "supplychain.share_not_seen_yet": "Supplier has not looked yet",
        "supplychain.share_due": "Ship date comes near",
        "supplychain.share_declined": "Shared shipment declined",
        "supplychain.share_contents_confirmed": "Contents confirmed",
        "supplychain.share_labels_ready": "Labels ready",
        "supplychain.share_shipped": "Shipped by the supplier",
        "supplychain.share_recalled": "Shared shipment recalled",
        "supplychain.share_cancelled": "Shared shipment cancelled",
        "supplychain.shipment_changed": "Shared shipment changed",
        "supplychain.shipment_delivered": "Shipment delivered",
        "supplychain.shipment_receiving": "Shipment being received",
        "supplychain.shipment_closed": "Shipment closed",
        "supplychain.shipment_quantity_difference": "Quantity difference",
    },
}
# What stops people from working in vain does not wait for the daily mail.
URGENT = frozenset(
    {
        "supplychain.share_recalled",
        "supplychain.share_cancelled",
        "supplychain.share_declined",
        "supplychain.shipment_changed",
    }
)
# What announces an end goes even to those who are out of it: core.outbox.objections.
ENDS = frozenset(
    {
        "supplychain.connection_removed",
        "supplychain.guest_revoked",
        "supplychain.share_cancelled",
        "supplychain.share_declined",
        "supplychain.share_recalled",
    }
)
