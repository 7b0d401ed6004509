"""What the mails of this app say: subjects, facts in words, and paths of their pages."""

from django.conf import settings
from django.db.models import Sum, Window
from django.urls import reverse

from accounts.models import Organization
from core.outbox.rendering import Mail, exact, inert, subject_line
from core.web.formats import count, mail_day
from supplychain.centers import place_of
from supplychain.models import GuestLink, Share, Shipment

MOST_ITEMS = 10

type Facts = tuple[tuple[str, str], ...]


def subject(firm: Organization | GuestLink, thing: str, event: str) -> str:
    """The subject line: "[firm] object: event"."""
    return subject_line(firm.name, thing, event)


def shipment_mail(
    shipment: Shipment,
    firm: Organization | GuestLink,
    event: str,
    heading: str,
    *paragraphs: str,
    page: str | None,
    facts: Facts = (),
    label: str = "Open the shipment",
    not_you: str = "",
) -> Mail:
    """A mail about a shipment in the name of `firm`: its facts first, then the other `facts`.

    The button leads to the path `page`; there is none without.
    """
    return Mail(
        subject=subject(firm, shipment.shipment_id, event),
        heading=heading,
        paragraphs=paragraphs,
        facts=(*shipment_facts(shipment), *facts),
        button=(label, page) if page else None,
        organization=inert(firm.name),
        not_you=not_you,
    )


def note_of(share: Share) -> tuple[str, ...]:
    return (f"Note: {inert(share.note, 500)}",) if share.note else ()


def reason_facts(reason: str) -> Facts:
    return (("Reason", inert(reason, 300)),) if reason else ()


def destination(shipment: Shipment) -> str:
    """The fulfilment centre with its state: "ABE2, PA, US"."""
    known = filter(None, (shipment.center_code, place_of(shipment.center_code)))
    return f"{settings.MARKETPLACE_NAME} {', '.join(known)}"


def shipment_facts(shipment: Shipment) -> Facts:
    return (
        ("Shipment", f"{shipment.shipment_id}, {exact(shipment.name)}"),
        ("Destination", destination(shipment)),
        ("Mode", str(shipment.get_mode_display())),
        ("Ship date", mail_day(shipment.ship_date) or "not set"),
    )


def item_facts(shipment: Shipment) -> Facts:
    """The first items with their units, and how many there are in all (S1.12); one statement."""
    rows = list(
        shipment.items.annotate(total=Window(Sum("quantity"))).values_list(
            "msku", "title", "quantity", "total"
        )[: MOST_ITEMS + 1]
    )
    facts = [
        (f"SKU {exact(sku, 40)}", f"{count(units, 'unit')} {inert(title, 60)}".strip())
        for sku, title, units, _ in rows[:MOST_ITEMS]
    ]
    if len(rows) > MOST_ITEMS:
        facts.append(("More items", "see the shipment's page"))
    return (*facts, ("Units in all", f"{rows[0][3] if rows else 0:,}"))


def seller_page(seller: Organization, name: str, *args: object) -> str:
    return reverse(f"seller:{name}", args=[seller.handle, *args])


def shipment_page(shipment: Shipment) -> str:
    return seller_page(shipment.seller, "shipment", shipment.public_id)


def supplier_page(supplier: Organization, name: str, *args: object) -> str:
    return reverse(f"supply:{name}", args=[supplier.handle, *args])
