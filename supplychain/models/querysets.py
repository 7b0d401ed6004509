"""Reading supplier invitations, connections, shipments and shares."""

from typing import Any, Self

from django.db import models
from django.db.models import Prefetch, Q

from accounts.models import InvitationQuerySet
from core.db import FindableQuerySet
from supplychain.states import (
    LIVE_SHARE,
    OUTSTANDING_SHARE,
    STOPPED_SHARE,
    Direction,
    SupplierConnectionStatus,
)


class SupplierInvitationQuerySet(InvitationQuerySet):
    def to_suppliers(self) -> Self:
        return self.filter(direction=Direction.TO_SUPPLIER)

    def with_list_data(self) -> Self:
        return super().with_list_data().select_related("counterparty")


class SupplierConnectionQuerySet(models.QuerySet[Any]):
    def live(self) -> Self:
        return self.filter(status=SupplierConnectionStatus.ACTIVE)

    def for_seller(self, seller: Any) -> Self:
        return self.filter(seller=seller)

    def for_supplier(self, supplier: Any) -> Self:
        return self.filter(supplier=supplier)

    def with_list_data(self) -> Self:
        return self.select_related("seller", "supplier")


class ShipmentQuerySet(FindableQuerySet):
    def for_seller(self, seller: Any) -> Self:
        """This seller's shipments: the tenant wall."""
        return self.filter(seller=seller)

    def with_list_data(self) -> Self:
        """What a row of a list shows: who has the shipment. One query more, whatever the page."""
        shares = self.model._meta.get_field("shares").related_model.objects
        outstanding = shares.filter(status__in=OUTSTANDING_SHARE).with_list_data().order_by("id")
        return self.prefetch_related(Prefetch("shares", outstanding, to_attr="outstanding"))


class ShareQuerySet(models.QuerySet[Any]):
    def for_supplier(self, supplier: Any) -> Self:
        """What this supplier may see now: live shares over live connections (U32, N4)."""
        return self.filter(
            connection__supplier=supplier,
            connection__status=SupplierConnectionStatus.ACTIVE,
            status__in=LIVE_SHARE,
        )

    def for_guest(self, link: Any) -> Self:
        """The one share of this guest link, while it is live and theirs (X13)."""
        return self.filter(guest=link, connection=None, status__in=LIVE_SHARE)

    def ended(self) -> Self:
        """Recalled, declined or void: nobody works on them any more."""
        return self.filter(status__in=STOPPED_SHARE)

    def in_force(self) -> Self:
        """Live, over a live connection or a guest link."""
        return self.live().filter(
            Q(connection__status=SupplierConnectionStatus.ACTIVE)
            | Q(connection=None, guest__isnull=False)
        )

    def for_seller(self, seller: Any) -> Self:
        return self.filter(shipment__seller=seller)

    def live(self) -> Self:
        """Not recalled, declined or void."""
        return self.filter(status__in=LIVE_SHARE)

    def with_list_data(self) -> Self:
        return self.select_related(
            "shipment", "shipment__seller", "connection__supplier", "invitation", "guest"
        )
