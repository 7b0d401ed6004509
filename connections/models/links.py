"""How the two come together: the seller's link, and the provider's answer to it."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from accounts.models import (
    REMIND_BEFORE,
    Invitation,
    InvitationQuerySet,
    OneTimeLink,
    Organization,
    User,
    invitation_constraints,
    invitation_indexes,
)
from connections.states import OPEN_LINK, PARTNER_LINK, PartnerLinkStatus
from core import clock
from core.db import FindableQuerySet, SearchKeyField


class PartnerLinkQuerySet(FindableQuerySet):
    def for_seller(self, seller: Organization) -> Self:
        return self.filter(seller=seller)

    def open(self, at: datetime) -> Self:
        return self.filter(status__in=OPEN_LINK, expires_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Links past their end that the sweep has not moved yet."""
        return self.filter(status__in=OPEN_LINK, expires_at__lte=at)

    def for_provider(self, provider: Organization, addresses: list[str]) -> Self:
        """Links bound to this provider, or to one of these verified addresses (I12)."""
        return self.filter(Q(provider=provider) | Q(provider=None, address__in=addresses))

    def of(self, organization: Organization) -> Self:
        return self.filter(Q(seller=organization) | Q(provider=organization))

    def to_remind(self, at: datetime) -> Self:
        return self.open(at).filter(expires_at__lte=at + REMIND_BEFORE, reminded_at=None)

    def with_list_data(self) -> Self:
        return self.select_related("seller", "provider", "issued_by")


class PartnerLink(OneTimeLink):
    """The link a seller hands to a provider's administrator (S0.10, S0.11).

    Bound to a provider account, or to the address of somebody who administers one (or will).
    """

    purpose = "partner-link"
    table = PARTNER_LINK
    open_statuses = OPEN_LINK
    expired_status = PartnerLinkStatus.EXPIRED

    seller = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(
        Organization, null=True, on_delete=models.CASCADE, related_name="+"
    )
    address = models.EmailField(max_length=254, blank=True)
    status = models.CharField(
        max_length=10, choices=PartnerLinkStatus.choices, default=PartnerLinkStatus.ISSUED
    )
    issued_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    issued_at = models.DateTimeField(default=clock.now)
    mailed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    search_key = SearchKeyField("address")

    objects = PartnerLinkQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seller", "provider"],
                condition=Q(status__in=OPEN_LINK, provider__isnull=False),
                name="connections_partnerlink_one_open_per_provider",
            ),
            models.UniqueConstraint(
                fields=["seller", "address"],
                condition=Q(status__in=OPEN_LINK) & ~Q(address=""),
                name="connections_partnerlink_one_open_per_address",
            ),
            models.CheckConstraint(
                condition=Q(provider__isnull=False) | ~Q(address=""),
                name="connections_partnerlink_is_bound",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["answered", "declined", "cancelled"])
                | Q(decided_at__isnull=False),
                name="connections_partnerlink_decided_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["seller", "-issued_at", "-id"], name="connections_link_seller"),
            models.Index(fields=["provider", "status"], name="connections_link_provider"),
            models.Index(fields=["address", "status"], name="connections_link_address"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=OPEN_LINK),
                name="connections_link_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller} → {self.provider or self.address}"


class ConnectionInvitationQuerySet(InvitationQuerySet):
    def of(self, organization: Organization) -> Self:
        return self.filter(Q(organization=organization) | Q(seller=organization))

    def with_list_data(self) -> Self:
        return self.select_related("organization", "seller", "invited_by")


class ConnectionInvitation(Invitation):
    """The provider's answer to a partner link (S0.13). Any administrator of the seller accepts."""

    purpose = "connection"
    # The seller handed out a link for it.
    asked_for: ClassVar[bool] = True

    seller = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    partner_link = models.OneToOneField(
        PartnerLink, on_delete=models.PROTECT, related_name="invitation"
    )

    objects: ClassVar = ConnectionInvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = invitation_constraints(
            "connections_connectioninvitation", target=("seller",)
        )
        indexes: ClassVar = [
            *invitation_indexes("connections_invite"),
            models.Index(fields=["seller", "status"], name="connections_invite_seller"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} → {self.seller} ({self.status})"
