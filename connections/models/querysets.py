"""Reading links, connections, grants and effective rights."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.models import InvitationQuerySet
from connections.states import (
    LIVE_CONNECTION,
    OPEN_LINK,
    ConnectionStatus,
    GrantStatus,
    ReviewStatus,
)
from core import clock


class PartnerLinkQuerySet(models.QuerySet[Any]):
    """Partner links."""

    def for_seller(self, seller: Any) -> Self:
        """Links this seller issued."""
        return self.filter(seller=seller)

    def open(self, at: datetime) -> Self:
        """Links that can be answered at this moment."""
        return self.filter(status__in=OPEN_LINK, expires_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Links past their end that the sweep has not moved yet."""
        return self.filter(status__in=OPEN_LINK, expires_at__lte=at)

    def for_provider(self, provider: Any, addresses: list[str]) -> Self:
        """Links bound to this provider, or to one of these verified addresses (I12)."""
        return self.filter(Q(provider=provider) | Q(provider=None, address__in=addresses))

    def of(self, organization: Any) -> Self:
        """Links that this organization issued, or that are bound to it."""
        return self.filter(Q(seller=organization) | Q(provider=organization))

    def to_remind(self, at: datetime) -> Self:
        """Open links in their last day, of which nobody was told yet."""
        return self.open(at).filter(expires_at__lte=at + timedelta(days=1), reminded_at=None)

    def with_list_data(self) -> Self:
        """What a row of a list shows."""
        return self.select_related("seller", "provider", "issued_by")


class ConnectionInvitationQuerySet(InvitationQuerySet):
    """Invitations of providers to sellers."""

    def for_seller(self, seller: Any) -> Self:
        """Invitations to this seller."""
        return self.filter(seller=seller)

    def of(self, organization: Any) -> Self:
        """Invitations that this organization sent or got."""
        return self.filter(Q(organization=organization) | Q(seller=organization))

    def with_list_data(self) -> Self:
        """What a row of a list shows."""
        return self.select_related("organization", "seller", "invited_by")


class ConnectionQuerySet(models.QuerySet[Any]):
    """Connections."""

    def for_seller(self, seller: Any) -> Self:
        """Connections of this seller."""
        return self.filter(seller=seller)

    def for_provider(self, provider: Any) -> Self:
        """Connections of this provider."""
        return self.filter(provider=provider)

    def of(self, organization: Any) -> Self:
        """Connections of which this organization is a side."""
        return self.filter(Q(seller=organization) | Q(provider=organization))

    def live(self, at: datetime) -> Self:
        """Active or paused, and not past their end."""
        return self.filter(status__in=LIVE_CONNECTION, ends_at__gt=at)

    def with_due_grants(self, at: datetime) -> Self:
        """Live ones with a grant that is past its own end date, but not ended yet."""
        grants = apps.get_model("connections", "RoleGrant").objects.active()
        return self.live(at).filter(pk__in=grants.filter(ends_at__lte=at).values("connection"))

    def over(self, at: datetime) -> Self:
        """Ended, or past their end."""
        return self.exclude(status__in=LIVE_CONNECTION, ends_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Past their end, but still stored as live."""
        return self.filter(status__in=LIVE_CONNECTION, ends_at__lte=at)

    def pause_over(self, at: datetime) -> Self:
        """Still stored as paused, though the pause has ended by its date."""
        return self.live(at).filter(status=ConnectionStatus.PAUSED, paused_until__lte=at)

    def paused(self, at: datetime) -> Self:
        """Live, and paused at this moment."""
        rows = self.live(at).filter(status=ConnectionStatus.PAUSED)
        return rows.filter(Q(paused_until=None) | Q(paused_until__gt=at))

    def to_remind(self, at: datetime, days: int) -> Self:
        """Live ones that end within so many days, of which nobody was told yet."""
        return self.live(at).filter(
            Q(reminded=None) | Q(reminded__gt=days), ends_at__lte=at + timedelta(days=days)
        )

    def to_review(self, at: datetime) -> Self:
        """Live ones that nobody was asked about for a year since their start or last review."""
        asked = apps.get_model("connections", "ConnectionReview").objects.open()
        before = at - timedelta(days=settings.REVIEW_INTERVAL_DAYS)
        return self.live(at).filter(
            ~models.Exists(asked.filter(connection=models.OuterRef("pk"))),
            review_from__lte=before,
        )

    def with_role_count(self) -> Self:
        """`roles`: how many roles are granted; counted for the rows of a page only."""
        grants = apps.get_model("connections", "RoleGrant").objects.in_force(clock.now())
        count = (
            grants.filter(connection=models.OuterRef("pk"))
            .order_by()
            .values("connection")
            .annotate(number=models.Count("pk"))
            .values("number")
        )
        return self.annotate(roles=Coalesce(models.Subquery(count), 0))

    def with_asked(self, at: datetime) -> Self:
        """`asks_more`: the provider has an open request; `renewal_by`: who proposes a date."""
        requests = apps.get_model("connections", "RoleRequest").objects.open(at)
        renewals = apps.get_model("connections", "Renewal").objects.open(at)
        mine = {"connection": models.OuterRef("pk")}
        return self.annotate(
            asks_more=models.Exists(requests.filter(**mine)),
            renewal_by=models.Subquery(renewals.filter(**mine).values("side")[:1]),
        )

    def with_list_data(self) -> Self:
        """What a row of a list shows."""
        return self.select_related("seller", "provider")


class RoleGrantQuerySet(models.QuerySet[Any]):
    """Role grants."""

    def active(self) -> Self:
        """Not taken away."""
        return self.filter(status=GrantStatus.ACTIVE)

    def in_force(self, at: datetime) -> Self:
        """Not taken away, and not past an end date of its own."""
        return self.active().filter(Q(ends_at=None) | Q(ends_at__gt=at))

    def with_list_data(self) -> Self:
        """What a row of a list shows."""
        return self.select_related("role", "role__category")


class EffectiveRightQuerySet(models.QuerySet[Any]):
    """The computed rights."""

    def in_force(self, at: datetime) -> Self:
        """Rows of which every date is in force at this moment."""
        return self.standing(at).filter(Q(paused=False) | Q(paused_until__lte=at))

    def standing(self, at: datetime) -> Self:
        """The same, paused or not: what people have, or have again after the pause."""
        return self.filter(
            Q(grant_until=None) | Q(grant_until__gt=at),
            identity_until__gt=at,
            approval_until__gt=at,
            connection_until__gt=at,
        )


class ReviewQuerySet(models.QuerySet[Any]):
    """Reviews of partners."""

    def open(self) -> Self:
        """Those that wait for an answer."""
        return self.filter(status=ReviewStatus.OPEN)

    def to_remind(self, at: datetime, days: int) -> Self:
        """Open ones due within so many days, of which nobody was told yet."""
        untold = Q(reminded=None) | Q(reminded__gt=days)
        return self.open().filter(untold, due_at__lte=at + timedelta(days=days))
