"""The one invitation mechanism: a row that decides, and a token that only names it."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.states import INVITATION, OPEN_INVITATION, InvitationStatus
from core import clock
from core.db import BaseModel, Findable, FindableQuerySet, SearchKeyField
from core.outbox.tokens import Claim
from core.state_tables import StateTable

# Both sides are told so long before a link ends.
REMIND_BEFORE = timedelta(days=2)


class OneTimeLink(Findable, BaseModel):
    """A row that a mailed or copied link names. `generation` makes older links worthless."""

    purpose: ClassVar[str]
    table: ClassVar[StateTable]
    open_statuses: ClassVar[tuple[str, ...]]
    expired_status: ClassVar[str]
    status: "models.CharField[Any, str]"
    address: "models.EmailField[Any, str]"

    generation = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    # When both sides were told that it is about to end.
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def claim(self) -> Claim:
        return Claim(self.purpose, self.public_id, self.generation)

    @property
    def about(self) -> str:
        """How the outbox names this row when it reports a delivery."""
        return f"{self.purpose}:{self.public_id}"

    @property
    def current_status(self) -> str:
        """The status by the clock: what is past its end reads expired before the sweep moved it."""
        if self.status in self.open_statuses and self.expires_at <= clock.now():
            return self.expired_status
        return self.status

    @property
    def is_open(self) -> bool:
        return self.current_status in self.open_statuses


class InvitationQuerySet(FindableQuerySet):
    def for_organization(self, organization: Any) -> Self:
        return self.filter(organization=organization)

    def open(self, at: datetime) -> Self:
        return self.filter(status__in=OPEN_INVITATION, expires_at__gt=at)

    def overdue(self, at: datetime) -> Self:
        """Invitations whose end has passed but whose stored state the sweep has not moved."""
        return self.filter(
            status__in=[InvitationStatus.PENDING, InvitationStatus.UNDELIVERABLE],
            expires_at__lte=at,
        )

    def to_remind(self, at: datetime) -> Self:
        """Those about to end of which nobody was told so."""
        return self.open(at).filter(expires_at__lte=at + REMIND_BEFORE, reminded_at=None)

    def to_addresses(self, addresses: list[str]) -> Self:
        return self.filter(address__in=addresses)

    def welcome(self, addresses: list[str]) -> Self:
        """Invitations to these addresses, less those from whom their owner wants none (I18)."""
        refused = Refusal.objects.filter(
            organization_id=models.OuterRef("organization_id"), address=models.OuterRef("address")
        )
        return self.to_addresses(addresses).exclude(models.Exists(refused))

    def with_list_data(self) -> Self:
        return self.select_related("organization", "invited_by")


class Invitation(OneTimeLink):
    table = INVITATION
    open_statuses = OPEN_INVITATION
    expired_status = InvitationStatus.EXPIRED
    # Whether the other side asked to be invited; see limits.count.
    asked_for: ClassVar[bool] = False

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+"
    )
    address = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    status = models.CharField(
        max_length=15, choices=InvitationStatus.choices, default=InvitationStatus.PENDING
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    sent_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    search_key = SearchKeyField("name", "address")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        abstract = True


DECIDED = (InvitationStatus.ACCEPTED, InvitationStatus.DECLINED, InvitationStatus.REVOKED)


def invitation_constraints(prefix: str, *, target: tuple[str, ...] = ("address",)) -> list[Any]:
    """`prefix` is app_model. An organization has one open row for each `target`."""
    return [
        models.UniqueConstraint(
            fields=["organization", *target],
            condition=Q(status__in=OPEN_INVITATION),
            name=f"{prefix}_one_pending",
        ),
        models.CheckConstraint(
            condition=Q(status__in=DECIDED, decided_at__isnull=False)
            | (~Q(status__in=DECIDED) & Q(decided_at__isnull=True)),
            name=f"{prefix}_decided_has_time",
        ),
    ]


def invitation_indexes(prefix: str) -> list[models.Index]:
    return [
        models.Index(fields=["organization", "-sent_at", "-id"], name=f"{prefix}_list"),
        models.Index(fields=["address", "status"], name=f"{prefix}_addr"),
        models.Index(fields=["expires_at"], condition=Q(status="pending"), name=f"{prefix}_due"),
    ]


class Sending(models.Model):
    """One invitation mail that went out: what the limits of I13 are counted from."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+"
    )
    budget_key = models.CharField(max_length=254)
    about = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "accounts"
        indexes: ClassVar = [
            models.Index(fields=["organization", "at"], name="accounts_sending_org"),
            models.Index(fields=["budget_key", "at"], name="accounts_sending_address"),
        ]

    def __str__(self) -> str:
        return self.about


class Refusal(models.Model):
    """The owner of `address`, or the account `refuser`, said "never again" to `organization`."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+"
    )
    address = models.EmailField(max_length=254, blank=True)
    refuser = models.ForeignKey(
        "accounts.Organization", null=True, on_delete=models.CASCADE, related_name="+"
    )
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "accounts"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["address", "organization"],
                condition=~Q(address=""),
                name="accounts_refusal_once",
            ),
            models.UniqueConstraint(
                fields=["refuser", "organization"], name="accounts_refusal_once_by_account"
            ),
            models.CheckConstraint(
                condition=Q(address="", refuser__isnull=False)
                | (~Q(address="") & Q(refuser__isnull=True)),
                name="accounts_refusal_is_somebodys",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address or self.refuser_id} refuses {self.organization_id}"
