"""What the mails of this app share: subjects, facts in words, and paths of their pages."""

from django.conf import settings
from django.db.models import Sum, Window
from django.urls import reverse

from accounts.models import Organization
from core.outbox.rendering import inert, subject_line
from core.web.formats import count, day
from supplychain.centers import centers
from supplychain.models import GuestLink, Shipment

MOST_ITEMS = 10


def subject(firm: Organization | GuestLink, thing: str, event: str) -> str:
    """The subject line: "[firm] object: event"."""
    return subject_line(firm.name, thing, event)


def reason_facts(reason: str) -> tuple[tuple[str, str], ...]:
    return (("Reason", inert(reason, 300)),) if reason else ()


def destination(shipment: Shipment) -> str:
    """The fulfilment centre with its state: "ABE2, PA, US"."""
    center = centers().get(shipment.center_code)
    place = f", {center.state}, {center.country}" if center else ""
    return f"{settings.MARKETPLACE_NAME} {shipment.center_code}{place}"


def shipment_facts(shipment: Shipment) -> tuple[tuple[str, str], ...]:
    """Which shipment, where to, how and when (S1.12)."""
    return (
        ("Shipment", f"{shipment.shipment_id}, {inert(shipment.name)}"),
        ("Destination", destination(shipment)),
        ("Mode", str(shipment.get_mode_display())),
        ("Ship date", day(shipment.ship_date) or "not set"),
    )


def item_facts(shipment: Shipment) -> tuple[tuple[str, str], ...]:
    """The first items with their units, and how many there are in all (S1.12); one statement."""
    rows = list(
        shipment.items.annotate(total=Window(Sum("quantity"))).values_list(
            "msku", "title", "quantity", "total"
        )[: MOST_ITEMS + 1]
    )
    facts = [
        (f"SKU {inert(sku, 40)}", f"{count(units, 'unit')} {inert(title, 60)}".strip())
        for sku, title, units, _ in rows[:MOST_ITEMS]
    ]
    if len(rows) > MOST_ITEMS:
        facts.append(("More items", "see the shipment's page"))
    return (*facts, ("Units in all", f"{rows[0][3] if rows else 0:,}"))


def seller_page(seller: Organization, name: str, *args: object) -> str:
    return reverse(f"seller:{name}", args=[seller.handle, *args])


def supplier_page(supplier: Organization, name: str, *args: object) -> str:
    return reverse(f"supply:{name}", args=[supplier.handle, *args])
