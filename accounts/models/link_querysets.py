"""Reading invitations of any kind."""

from datetime import datetime
from typing import Any, Self

from django.apps import apps
from django.db import models

from accounts.states import OPEN_INVITATION, InvitationStatus


class InvitationQuerySet(models.QuerySet[Any]):
    """Shared by every kind of invitation."""

    def for_organization(self, organization: Any) -> Self:
        """Invitations that this organization sent."""
        return self.filter(organization=organization)

    def open(self, at: datetime) -> Self:
        """Invitations that can be answered at this moment."""
        return self.filter(status__in=OPEN_INVITATION, expires_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Invitations whose end has passed but whose stored state the sweep has not moved."""
        return self.filter(
            status__in=[InvitationStatus.PENDING, InvitationStatus.UNDELIVERABLE],
            expires_at__lte=at,
        )

    def to_addresses(self, addresses: list[str]) -> Self:
        """Invitations to any of these canonical addresses."""
        return self.filter(address__in=addresses)

    def welcome(self, addresses: list[str]) -> Self:
        """Invitations to these addresses, less those from whom their owner wants none (I18)."""
        refused = apps.get_model("accounts", "Refusal").objects.filter(
            organization_id=models.OuterRef("organization_id"), address=models.OuterRef("address")
        )
        return self.to_addresses(addresses).exclude(models.Exists(refused))

    def with_list_data(self) -> Self:
        """Everything a row of the invitation list shows, in one query."""
        return self.select_related("organization", "invited_by")
