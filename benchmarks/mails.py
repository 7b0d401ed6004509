"""Mails as a seller's sharing causes them: twenty suppliers get the same one."""

from core.outbox import services as outbox
from core.outbox.models import Message
from core.outbox.rendering import Mail

ALIKE = 20


def share_mail(number: int) -> Mail:
    """The mail of this number: one of a shipment that is shared with twenty suppliers."""
    shipment = f"FBA15{number // ALIKE:06d}"
    return Mail(
        subject=f"[Scale Seller] {shipment}: shared with you",
        heading="Scale Seller shared a shipment with you",
        paragraphs=("Sign in to enter the boxes, print the labels and report that it has left.",),
        facts=(
            ("Shipment", shipment),
            ("Fulfilment centre", "ABE2"),
            ("Ship by", "3 May 2026"),
            *((f"SKU-{line}", "40 units, polybag") for line in range(8)),
        ),
        button=("Open the shipment", f"/supply/shipments/{shipment}/"),
        organization="Scale Seller",
    )


def short_mail(number: int) -> Mail:
    """A mail as most steps cause them: a sentence, three facts, a button."""
    return Mail(
        subject=f"[Scale Seller] Connection {number}: ended",
        heading="Your connection with Scale Seller has ended",
        paragraphs=("Nobody of your company can act for this seller any more.",),
        facts=(("Seller", "Scale Seller"), ("Ended by", "Seller"), ("Ended on", "3 May 2026")),
        button=("See your clients", "/provider/scale/clients/"),
        organization="Scale Seller",
    )


def expand(*, after: int, limit: int, run: str, count: int) -> int | None:
    """An expander for the outbox: `count` share mails, told apart by `run`."""
    last = min(after + limit, count)
    outbox.queue(draft(f"{run}:{number}", number) for number in range(after, last))
    return last if last < count else None


def draft(key: str, number: int, mail: Mail | None = None) -> Message:
    """One mail before it is stored; a share's unless said otherwise."""
    to, key = f"s{number}@sink.example", f"benchmark:{key}"
    return outbox.draft(to, key=key, kind="benchmarks.share", mail=mail or share_mail(number))
