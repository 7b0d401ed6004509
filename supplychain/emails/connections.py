"""Mails about supplier connections."""

from typing import Any

from accounts.models import Organization
from core.notifications.services import tell
from core.outbox.rendering import Mail, inert
from core.web.formats import count
from supplychain.emails import recipients
from supplychain.emails.facts import seller_page, subject, supplier_page
from supplychain.models import SupplierConnection


def connection_removed(connection: SupplierConnection, *, by: Any, stopped: int) -> None:
    """Both sides hear that they are not connected any more, and who ended it (S1.5, U13)."""
    seller, supplier = connection.seller, connection.supplier
    side = connection.ended_by or seller
    shares = count(stopped, "shared shipment")
    at_seller = f"{shares} with them ended."
    at_supplier = f"{shares} ended: do not use the labels, and do not ship."
    if not stopped:
        at_seller = at_supplier = "No shared shipment was open."
    _tell(connection, seller, supplier, side, at_seller, seller_page(seller, "permissions"), by)
    _tell(connection, supplier, seller, side, at_supplier, supplier_page(supplier, "sellers"), by)


def _tell(
    connection: SupplierConnection,
    reader: Organization,
    other: Organization,
    side: Organization,
    sentence: str,
    path: str,
    by: Any,
) -> None:
    who = "You" if side.pk == reader.pk else inert(side.name)
    mail = Mail(
        subject=subject(side, "Supply Chain Connect", "connection removed"),
        heading=f"{who} ended the connection with {inert(other.name) if who == 'You' else 'you'}",
        paragraphs=(sentence, "A new invitation from either side starts a new connection."),
        button=("Open the page", path),
        organization=inert(side.name),
    )
    tell(
        recipients.administrators(reader),
        key=f"supplier-connection:{connection.public_id}:removed:{reader.kind}",
        kind="supplychain.connection_removed",
        mail=mail,
        organization=side,
        caused_by=by,
    )
