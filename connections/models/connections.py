"""Seller x provider: the connection and what was granted through it."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.models import Organization, User
from connections.models.links import ConnectionInvitation
from connections.models.proposals import ConnectionReview, Renewal, RoleRequest
from connections.states import CONNECTION, LIVE_CONNECTION, ConnectionStatus, GrantStatus, Side
from core import clock
from core.db import BaseModel
from core.object_permissions import UserGrantBase
from roles.models import LEVELS, Role


class ConnectionQuerySet(models.QuerySet[Any]):
    def for_seller(self, seller: Organization) -> Self:
        return self.filter(seller=seller)

    def for_provider(self, provider: Organization) -> Self:
        return self.filter(provider=provider)

    def of(self, organization: Organization) -> Self:
        return self.filter(Q(seller=organization) | Q(provider=organization))

    def live(self, at: datetime) -> Self:
        """Active or paused, and not past their end."""
        return self.filter(status__in=LIVE_CONNECTION, ends_at__gt=at)

    def with_due_grants(self, at: datetime) -> Self:
        grants = RoleGrant.objects.active()
        return self.live(at).filter(pk__in=grants.filter(ends_at__lte=at).values("connection"))

    def over(self, at: datetime) -> Self:
        return self.exclude(status__in=LIVE_CONNECTION, ends_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Past their end, but still stored as live."""
        return self.filter(status__in=LIVE_CONNECTION, ends_at__lte=at)

    def pause_over(self, at: datetime) -> Self:
        """Still stored as paused, though the pause has ended by its date."""
        return self.live(at).filter(status=ConnectionStatus.PAUSED, paused_until__lte=at)

    def paused(self, at: datetime) -> Self:
        rows = self.live(at).filter(status=ConnectionStatus.PAUSED)
        return rows.filter(Q(paused_until=None) | Q(paused_until__gt=at))

    def to_remind(self, at: datetime, days: int) -> Self:
        """Live ones that end within so many days, of which nobody was told yet."""
        return self.live(at).filter(
            Q(reminded=None) | Q(reminded__gt=days), ends_at__lte=at + timedelta(days=days)
        )

    def to_remind_of_resuming(self, at: datetime) -> Self:
        """Paused ones that resume within a day, of whose present end nobody was told."""
        return self.paused(at).filter(
            Q(pause_reminded=None) | ~Q(pause_reminded=F("paused_until")),
            paused_until__lte=at + timedelta(days=1),
        )

    def with_ending_grants(self, at: datetime, days: int) -> Self:
        grants = RoleGrant.objects.to_remind(at, days)
        return self.live(at).filter(pk__in=grants.values("connection"))

    def to_review(self, at: datetime) -> Self:
        """Live ones that nobody was asked about for a year since their start or last review."""
        asked = ConnectionReview.objects.open()
        before = at - timedelta(days=settings.REVIEW_INTERVAL_DAYS)
        return self.live(at).filter(
            ~models.Exists(asked.filter(connection=models.OuterRef("pk"))), review_from__lte=before
        )

    def with_role_count(self) -> Self:
        """`roles`: how many roles are granted; counted for the rows of a page only."""
        grants = RoleGrant.objects.in_force(clock.now())
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
        requests = RoleRequest.objects.open(at)
        renewals = Renewal.objects.open(at)
        mine = {"connection": models.OuterRef("pk")}
        return self.annotate(
            asks_more=models.Exists(requests.filter(**mine)),
            renewal_by=models.Subquery(renewals.filter(**mine).values("side")[:1]),
        )

    def with_list_data(self) -> Self:
        return self.select_related("seller", "provider")


class Connection(BaseModel):
    """Seller x provider since the seller accepted. One live row a pair; ended ones are history."""

    seller = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    invitation = models.OneToOneField(
        ConnectionInvitation, null=True, on_delete=models.SET_NULL, related_name="connection"
    )
    status = models.CharField(
        max_length=10, choices=ConnectionStatus.choices, default=ConnectionStatus.ACTIVE
    )
    started_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    # The end of the pause that the seller was reminded of: a moved one is another.
    pause_reminded = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_side = models.CharField(max_length=10, choices=Side.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # Counts changes of the set of grants: a form made from an older set is refused (C9).
    version = models.PositiveIntegerField(default=1)
    # From when the next review counts: the start, or the last confirmed review.
    review_from = models.DateTimeField(default=clock.now)
    # Days before the end that the last reminder spoke of.
    reminded = models.PositiveSmallIntegerField(null=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seller", "provider"],
                condition=Q(status__in=LIVE_CONNECTION),
                name="connections_connection_one_live",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE_CONNECTION, ended_at__isnull=True)
                | (~Q(status__in=LIVE_CONNECTION) & Q(ended_at__isnull=False)),
                name="connections_connection_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status=ConnectionStatus.PAUSED, paused_at__isnull=False)
                | (
                    ~Q(status=ConnectionStatus.PAUSED)
                    & Q(paused_at__isnull=True, paused_until__isnull=True)
                ),
                name="connections_connection_paused_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(seller=F("provider")), name="connections_connection_two_parties"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["provider", "-started_at", "-id"], name="connections_conn_provider"
            ),
            models.Index(fields=["seller", "-started_at", "-id"], name="connections_conn_seller"),
            models.Index(
                fields=["provider", "seller"],
                condition=Q(status__in=LIVE_CONNECTION),
                name="connections_conn_clients",
            ),
            models.Index(
                fields=["ends_at"],
                condition=Q(status__in=LIVE_CONNECTION),
                name="connections_conn_ends",
            ),
            models.Index(
                fields=["review_from"],
                condition=Q(status__in=LIVE_CONNECTION),
                name="connections_conn_review",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller} × {self.provider} ({self.status})"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_CONNECTION and self.ends_at > clock.now()

    @property
    def is_paused(self) -> bool:
        if self.status != ConnectionStatus.PAUSED or not self.is_live:
            return False
        return self.paused_until is None or self.paused_until > clock.now()

    @property
    def current_status(self) -> str:
        """State by the clock: a pause or a connection past its date is over, swept or not."""
        if self.status not in LIVE_CONNECTION:
            return self.status
        if not self.is_live:
            return ConnectionStatus.ENDED
        return ConnectionStatus.PAUSED if self.is_paused else ConnectionStatus.ACTIVE

    def other(self, organization: Organization) -> Organization:
        """The side that this side of the connection works with."""
        return self.provider if organization.pk == self.seller_id else self.seller

    def may_become(self, status: str) -> bool:
        """Whether a button may lead there: the state table, asked by the clock."""
        return CONNECTION.allows(self.current_status, status)

    @property
    def ends_soon(self) -> bool:
        return self.ends_at <= clock.now() + timedelta(days=30)


class RoleGrantQuerySet(models.QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(status=GrantStatus.ACTIVE)

    def in_force(self, at: datetime) -> Self:
        return self.active().filter(Q(ends_at=None) | Q(ends_at__gt=at))

    def to_remind(self, at: datetime, days: int) -> Self:
        """Those that end within so many days, and before their connection, untold of it."""
        return self.in_force(at).filter(
            Q(reminded=None) | Q(reminded__gt=days),
            ends_at__lte=at + timedelta(days=days),
            ends_at__lt=F("connection__ends_at"),
        )

    def with_list_data(self) -> Self:
        return self.select_related("role", "role__category")


class RoleGrant(BaseModel):
    """Connection x role x level. Carries both parties so that lists start from its indexes."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="grants")
    seller = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    status = models.CharField(max_length=6, choices=GrantStatus.choices, default=GrantStatus.ACTIVE)
    granted_at = models.DateTimeField(default=clock.now)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Days before its own end that the last reminder spoke of.
    reminded = models.PositiveSmallIntegerField(null=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("assigned_view", "Assigned at view"),
            ("assigned_edit", "Assigned at edit"),
            ("assigned_admin", "Assigned at admin"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "role"],
                condition=Q(status=GrantStatus.ACTIVE),
                name="connections_rolegrant_one_live",
            ),
            models.CheckConstraint(
                condition=Q(status=GrantStatus.ACTIVE, ended_at__isnull=True)
                | Q(status=GrantStatus.ENDED, ended_at__isnull=False),
                name="connections_rolegrant_ended_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["seller", "role", "provider"],
                condition=Q(status=GrantStatus.ACTIVE),
                name="connections_grant_seller",
            ),
            models.Index(
                fields=["provider", "role", "seller"],
                condition=Q(status=GrantStatus.ACTIVE),
                name="connections_grant_provider",
            ),
            models.Index(
                fields=["ends_at"],
                condition=Q(status=GrantStatus.ACTIVE, ends_at__isnull=False),
                name="connections_grant_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.get_level_display()})"

    @property
    def is_over(self) -> bool:
        past = self.ends_at is not None and self.ends_at <= clock.now()
        return self.status != GrantStatus.ACTIVE or past


class Assignment(UserGrantBase):
    """Employee x role grant x level, assigned by the provider's administrators (guardian)."""

    allowed = frozenset({"assigned_view", "assigned_edit", "assigned_admin"})
    content_object = models.ForeignKey(
        RoleGrant, on_delete=models.CASCADE, related_name="assignments"
    )
    assigned_at = models.DateTimeField(null=True, default=clock.now)

    class Meta(UserGrantBase.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "content_object"], name="connections_assignment_one_level"
            )
        ]
