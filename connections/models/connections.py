"""Seller x provider: the link, the invitation, the connection and what was granted through it."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import (
    Invitation,
    OneTimeLink,
    Organization,
    invitation_constraints,
    invitation_indexes,
)
from connections.models.querysets import (
    ConnectionInvitationQuerySet,
    ConnectionQuerySet,
    EffectiveRightQuerySet,
    PartnerLinkQuerySet,
    RoleGrantQuerySet,
)
from connections.states import (
    CONNECTION,
    LIVE_CONNECTION,
    OPEN_LINK,
    PARTNER_LINK,
    ConnectionStatus,
    GrantStatus,
    PartnerLinkStatus,
    Side,
)
from core import clock
from core.db import BaseModel
from core.object_permissions import UserGrantBase
from roles.models import LEVELS, Role


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
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    issued_at = models.DateTimeField(default=clock.now)
    mailed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    reminded_at = models.DateTimeField(null=True)

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
        """Not ended, by the clock."""
        return self.status in LIVE_CONNECTION and self.ends_at > clock.now()

    @property
    def is_paused(self) -> bool:
        """Paused now, by the clock."""
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

    def may_become(self, status: str) -> bool:
        """Whether a button may lead there: the state table, asked by the clock."""
        return CONNECTION.allows(self.current_status, status)

    @property
    def ends_soon(self) -> bool:
        """Whether the first reminder of its end is due."""
        return self.ends_at <= clock.now() + timedelta(days=30)


class RoleGrant(BaseModel):
    """Connection x role x level. Carries both parties so that lists start from its indexes."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="grants")
    seller = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    status = models.CharField(max_length=6, choices=GrantStatus.choices, default=GrantStatus.ACTIVE)
    granted_at = models.DateTimeField(default=clock.now)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

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
        """Taken away, or past its own end date."""
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


class EffectiveRight(models.Model):
    """A row of the SQL view: what a person may do for a seller, if the dates are in force.

    The one place where min(approved, granted, assigned) is computed; see
    connections/rights/effective.py.
    """

    grant = models.OneToOneField(
        RoleGrant, primary_key=True, on_delete=models.DO_NOTHING, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+"
    )
    organization = models.ForeignKey(Organization, on_delete=models.DO_NOTHING, related_name="+")
    provider = models.ForeignKey(Organization, on_delete=models.DO_NOTHING, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.DO_NOTHING, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.DO_NOTHING, related_name="+")
    role_code = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField()
    administrator = models.BooleanField()
    identity_until = models.DateTimeField()
    approval_until = models.DateTimeField()
    grant_until = models.DateTimeField(null=True)
    connection_until = models.DateTimeField()
    paused = models.BooleanField()
    paused_until = models.DateTimeField(null=True)

    objects = EffectiveRightQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "connections_effectiveright"

    def __str__(self) -> str:
        return f"{self.user_id} may {self.role_code} {self.level} for {self.organization_id}"
