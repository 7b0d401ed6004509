"""Reading people and organizations."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.states import (
    IdentityStatus,
    MembershipRole,
    MembershipStatus,
    OrganizationKind,
    OrganizationStatus,
)
from core import clock
from core.db import FindableQuerySet


class OrganizationQuerySet(FindableQuerySet):
    def active(self) -> Self:
        return self.filter(status=OrganizationStatus.ACTIVE)

    def of_business(self, business_key: str) -> Self:
        """Provider accounts that hold this business already (S0.16); drafts do not block."""
        return self.filter(
            kind=OrganizationKind.PROVIDER,
            business_key=business_key,
            status__in=[OrganizationStatus.ACTIVE, OrganizationStatus.SUSPENDED],
        )


class MembershipQuerySet(models.QuerySet[Any]):
    def live(self) -> Self:
        return self.exclude(status=MembershipStatus.REMOVED)

    def recent(self) -> Self:
        """Live, or ended within the year in which it still counts as a stake."""
        since = clock.now() - timedelta(days=settings.STAKE_DAYS)
        return self.filter(Q(removed_at=None) | Q(removed_at__gt=since))

    def active(self) -> Self:
        return self.filter(status=MembershipStatus.ACTIVE, user__is_active=True)

    def administrators(self, organization: Any) -> Self:
        return self.active().filter(organization=organization, role=MembershipRole.ADMINISTRATOR)

    def for_organization(self, organization: Any) -> Self:
        return self.live().filter(organization=organization)


class IdentityCheckQuerySet(FindableQuerySet):
    def in_force(self, at: datetime) -> Self:
        return self.filter(status=IdentityStatus.VERIFIED, expires_at__gt=at)

    def latest_of(self, user: Any) -> Any:
        return self.filter(user=user).order_by("-created_at", "-id").first()
