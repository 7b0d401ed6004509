"""People, the organizations they belong to, and the checks of who they are."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django_countries.fields import CountryField

from accounts.addresses import canonical
from accounts.models.invitations import Invitation, invitation_constraints, invitation_indexes
from accounts.models.querysets import (
    IdentityCheckQuerySet,
    MembershipQuerySet,
    OrganizationQuerySet,
)
from accounts.passwords import normal
from accounts.states import (
    IdentityReason,
    IdentityStatus,
    MembershipRole,
    MembershipStatus,
    OrganizationKind,
    OrganizationStatus,
    SupplierKind,
)
from core import clock, time_zones
from core.db import BaseModel, Findable, FindableQuerySet, SearchKeyField
from core.object_permissions import UserGrantBase


class UserManager(BaseUserManager.from_queryset(FindableQuerySet)):  # type: ignore[misc]
    """Addresses are stored canonical: one mailbox is one account."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=canonical(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


def _time_zone() -> "models.CharField[str, str]":
    # The database's own default serves a process that does not know the column yet.
    zone = time_zones.UTC
    return models.CharField(max_length=time_zones.LONGEST, default=zone, db_default=zone)


class User(Findable, AbstractBaseUser, PermissionsMixin, BaseModel):
    """A person. What they may do follows from memberships, never from flags on this row."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    time_zone = _time_zone()
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    session_epoch = models.PositiveIntegerField(default=0)
    # Since then the row stands for somebody who is not known any more.
    erased_at = models.DateTimeField(null=True)
    search_key = SearchKeyField("name", "email")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    objects: ClassVar = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def zone(self) -> ZoneInfo:
        """Where this person's days begin and end."""
        return time_zones.named(self.time_zone)

    def get_full_name(self) -> str:
        return self.name

    def set_password(self, raw_password: str | None) -> None:
        typed = raw_password or ""
        if typed != normal(typed):
            # The library does this where an address has no account: it has to take as long as
            # check_password there.
            make_password(typed)
        super().set_password(None if raw_password is None else normal(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Compared in its normal form; older hashes were made of what was typed."""
        usual = normal(raw_password or "")
        if super().check_password(usual):
            return True
        return raw_password != usual and super().check_password(raw_password)

    def get_short_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """What every session must match: raising the epoch ends all of them at once (A10)."""
        return salted_hmac(
            "accounts.models.User.session",
            f"{self.session_epoch}:{self.password}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class Person(User):
    """The same row as the desk shows it: a name and an address, nothing about signing in."""

    class Meta:
        proxy = True
        verbose_name_plural = "people"
        default_permissions = ()
        permissions: ClassVar = [("supervise_person", "Can deactivate and erase people")]


class Organization(Findable, BaseModel):
    kind = models.CharField(max_length=10, choices=OrganizationKind.choices)
    handle = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    name_skeleton = models.CharField(max_length=120, db_index=True)
    country = CountryField()
    time_zone = _time_zone()
    # As it was typed; the key is what is compared.
    registration_number = models.CharField(max_length=60, blank=True)
    business_key = models.CharField(max_length=80, blank=True)
    supplier_kind = models.CharField(max_length=20, choices=SupplierKind.choices, blank=True)
    status = models.CharField(max_length=10, choices=OrganizationStatus.choices)
    status_reason = models.CharField(max_length=300, blank=True)
    activated_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    search_key = SearchKeyField("name", "handle")

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("shipments_view", "Can look at shipments"),
            ("shipments_edit", "Can prepare and share shipments"),
            ("history_view", "Can read the history"),
            ("shares_edit", "Can work on shared shipments"),
            ("supervise_organization", "Can suspend and close accounts"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business_key"],
                condition=Q(kind=OrganizationKind.PROVIDER)
                & Q(status__in=[OrganizationStatus.ACTIVE, OrganizationStatus.SUSPENDED]),
                name="accounts_organization_one_per_business",
            ),
            models.CheckConstraint(
                condition=~Q(kind=OrganizationKind.PROVIDER) | ~Q(business_key=""),
                name="accounts_organization_provider_has_business_key",
            ),
            models.CheckConstraint(
                condition=Q(status=OrganizationStatus.DRAFT, activated_at__isnull=True)
                | ~Q(status=OrganizationStatus.DRAFT),
                name="accounts_organization_draft_never_activated",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """Where the days of this account's rules begin and end."""
        return time_zones.named(self.time_zone)

    @property
    def is_active(self) -> bool:
        return self.status == OrganizationStatus.ACTIVE


class Membership(BaseModel):
    """A person in an organization. A removed one stays as history; rejoining is a new row."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=15, choices=MembershipRole.choices)
    status = models.CharField(
        max_length=10, choices=MembershipStatus.choices, default=MembershipStatus.ACTIVE
    )
    removed_at = models.DateTimeField(null=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                condition=~Q(status=MembershipStatus.REMOVED),
                name="accounts_membership_one_live",
            ),
            models.CheckConstraint(
                condition=Q(status=MembershipStatus.REMOVED, removed_at__isnull=False)
                | (~Q(status=MembershipStatus.REMOVED) & Q(removed_at__isnull=True)),
                name="accounts_membership_removed_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "status", "role"], name="accounts_membership_org")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}"

    @property
    def is_administrator(self) -> bool:
        return self.role == MembershipRole.ADMINISTRATOR


class MembershipRight(UserGrantBase):
    """A member's right in their own organization, assigned by its administrators (guardian)."""

    allowed = frozenset({"shipments_view", "shipments_edit", "history_view", "shares_edit"})
    content_object = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="member_rights"
    )

    class Meta(UserGrantBase.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "permission", "content_object"],
                name="accounts_membershipright_once",
            )
        ]


class IdentityCheck(Findable, BaseModel):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identity_checks")
    legal_name = models.CharField(max_length=120)
    birth_date = models.DateField()
    country = CountryField()
    street_address = models.CharField(max_length=250)
    status = models.CharField(
        max_length=10, choices=IdentityStatus.choices, default=IdentityStatus.SUBMITTED
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=20, choices=IdentityReason.choices, blank=True)
    expires_at = models.DateTimeField(null=True)
    reminded_days = models.PositiveSmallIntegerField(null=True)

    search_key = SearchKeyField("legal_name")

    objects = IdentityCheckQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("decide_identitycheck", "Can decide identity checks")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status=IdentityStatus.SUBMITTED),
                name="accounts_identitycheck_one_submitted",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status=IdentityStatus.VERIFIED),
                name="accounts_identitycheck_one_verified",
            ),
            models.CheckConstraint(
                condition=Q(status=IdentityStatus.SUBMITTED, decided_at__isnull=True)
                | (~Q(status=IdentityStatus.SUBMITTED) & Q(decided_at__isnull=False)),
                name="accounts_identitycheck_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=IdentityStatus.VERIFIED) | Q(expires_at__isnull=False),
                name="accounts_identitycheck_verified_expires",
            ),
            models.CheckConstraint(
                condition=~Q(status=IdentityStatus.FAILED) | ~Q(reason=""),
                name="accounts_identitycheck_failed_has_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "created_at", "id"], name="accounts_identity_queue"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status=IdentityStatus.VERIFIED),
                name="accounts_identity_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_name} ({self.status})"


def document_path(document: "IdentityDocument", filename: str) -> str:
    """Where a document is stored: a random name, whatever the person's file was called (B8)."""
    return f"identity/{document.stored_name}"


class IdentityDocument(BaseModel):
    """A private file: seen by the person and reviewers, deleted a set time after the decision."""

    class Kind(models.TextChoices):
        GOVERNMENT_ID = "government_id", "Government ID"
        PROOF_OF_ADDRESS = "proof_of_address", "Proof of address"

    check_of = models.ForeignKey(IdentityCheck, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    stored_name = models.CharField(max_length=60)
    file = models.FileField(upload_to=document_path, max_length=120, blank=True)
    mime = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["check_of", "kind"], name="accounts_identitydocument_one_per_kind"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["check_of"],
                condition=Q(deleted_at__isnull=True),
                name="accounts_identitydoc_kept",
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class EmployeeInvitation(Invitation):
    purpose = "employee"

    role = models.CharField(
        max_length=15, choices=MembershipRole.choices, default=MembershipRole.EMPLOYEE
    )
    rights = models.JSONField(default=list, blank=True)

    class Meta:
        constraints: ClassVar = invitation_constraints("accounts_employeeinvitation")
        indexes: ClassVar = invitation_indexes("accounts_employeeinv")

    def __str__(self) -> str:
        return f"{self.address} ({self.status})"


def is_verified(check: IdentityCheck | None) -> bool:
    return (
        check is not None
        and check.status == IdentityStatus.VERIFIED
        and check.expires_at is not None
        and check.expires_at > clock.now()
    )
