"""Reading people and organizations."""

from datetime import datetime
from typing import Any, Self

from django.db import models

from accounts.states import (
    IdentityStatus,
    MembershipRole,
    MembershipStatus,
    OrganizationKind,
    OrganizationStatus,
)


class OrganizationQuerySet(models.QuerySet[Any]):
    """Organizations."""

    def active(self) -> Self:
        """Accounts that may act."""
        return self.filter(status=OrganizationStatus.ACTIVE)

    def of_business(self, business_key: str) -> Self:
        """Provider accounts that hold this business already (S0.16); drafts do not block."""
        return self.filter(
            kind=OrganizationKind.PROVIDER,
            business_key=business_key,
            status__in=[OrganizationStatus.ACTIVE, OrganizationStatus.SUSPENDED],
        )


class MembershipQuerySet(models.QuerySet[Any]):
    """Memberships."""

    def live(self) -> Self:
        """Not removed."""
        return self.exclude(status=MembershipStatus.REMOVED)

    def active(self) -> Self:
        """In force, of a person whose account works."""
        return self.filter(status=MembershipStatus.ACTIVE, user__is_active=True)

    def administrators(self, organization: Any) -> Self:
        """The administrators in force of this organization."""
        return self.active().filter(organization=organization, role=MembershipRole.ADMINISTRATOR)

    def for_organization(self, organization: Any) -> Self:
        """Members of this organization, removed ones left out."""
        return self.live().filter(organization=organization)


class IdentityCheckQuerySet(models.QuerySet[Any]):
    """Identity checks."""

    def in_force(self, at: datetime) -> Self:
        """Verified and not past their end at this moment."""
        return self.filter(status=IdentityStatus.VERIFIED, expires_at__gt=at)

    def latest_of(self, user: Any) -> Any:
        """The person's newest check, or None when they have not started."""
        return self.filter(user=user).order_by("-created_at", "-id").first()
