"""Sharing the naive way: for each supplier a share, its mail and a copy of every line."""

from typing import Any

from django.db import transaction

from benchmarks.mails import draft
from benchmarks.peers.models import SharedLine
from core.outbox.services import queue
from supplychain.models import Share


@transaction.atomic
def share_with_copies(shipment: Any, connections: list[Any], run: str) -> None:
    """One statement for each row, as code in a loop sends them."""
    for connection in connections:
        share = Share.objects.create(shipment=shipment, connection=connection, status="shared")
        for item in shipment.items.all():
            SharedLine.objects.create(share_id=share.pk, msku=item.msku, quantity=item.quantity)
        queue([draft(f"{run}:{connection.pk}", connection.pk)])
