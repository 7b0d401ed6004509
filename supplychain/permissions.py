"""What each page and transition of this app asks for. Transitions ask again under their lock."""

from core.web.access import Level, Need

# The one role of the catalogue that opens pages of this app to a provider's people.
FBA_SHIPMENTS = "inventory.fba_shipments"

VIEW_SHIPMENTS = Need(
    rights=frozenset({"shipments_view", "shipments_edit"}),
    role=FBA_SHIPMENTS,
    level=Level.VIEW,
    sentence="You have no right to look at this account's shipments.",
)
EDIT_SHIPMENTS = Need(
    rights=frozenset({"shipments_edit"}),
    role=FBA_SHIPMENTS,
    level=Level.EDIT,
    sentence="You may look at shipments, but not change or share them.",
)
MANAGE_SHIPMENTS = Need(
    role=FBA_SHIPMENTS,
    level=Level.ADMIN,
    sentence="Only administrators, and partners with the level admin, can recall, move or cancel.",
)
WORK_SHARES = Need(
    rights=frozenset({"shares_edit"}),
    sentence="You may look at shared shipments, but not work on them.",
)
# The Django permission of staff who report what carriers and centres say.
MOVE_SHIPMENT = "supplychain.move_shipment"
