"""The role catalogue, applications for roles, and what reviewers approved."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from core.db import BaseModel
from core.object_permissions import GroupGrantBase
from core.web.access import Level
from roles.models.querysets import ApplicationQuerySet, ApprovedRoleQuerySet, RoleQuerySet
from roles.states import (
    IN_QUEUE,
    OPEN_APPLICATION,
    ApplicationStatus,
    ApprovedRoleStatus,
    LineDecision,
    RefusalReason,
)

LEVELS = [(level.value, level.word) for level in Level if level]


class ServiceCategory(models.Model):
    slug = models.SlugField(max_length=30, unique=True)
    title = models.CharField(max_length=60)
    sentence = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
        verbose_name_plural = "service categories"
        permissions: ClassVar = [
            ("decide_category", "Can decide applications in this category"),
            ("assign_category", "Can say which reviewers decide which category"),
        ]

    def __str__(self) -> str:
        return self.title


class CategoryRight(GroupGrantBase):
    """A reviewer group's right to decide one service category (guardian)."""

    allowed = frozenset({"decide_category"})
    content_object = models.ForeignKey(
        ServiceCategory, on_delete=models.CASCADE, related_name="reviewer_groups"
    )

    class Meta(GroupGrantBase.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "permission", "content_object"], name="roles_categoryright_once"
            )
        ]


class Role(models.Model):
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    category = models.ForeignKey(ServiceCategory, on_delete=models.PROTECT, related_name="roles")
    opens = models.CharField(max_length=200)
    highest_level = models.PositiveSmallIntegerField(choices=LEVELS)
    restricted_because = models.CharField(max_length=60, blank=True)
    grantable = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField()

    objects = RoleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.name

    @property
    def restricted(self) -> bool:
        """Whether a second reviewer must agree."""
        return bool(self.restricted_because)


class RoleApplication(BaseModel):
    provider = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="role_applications"
    )
    category = models.ForeignKey(ServiceCategory, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=25, choices=ApplicationStatus.choices, default=ApplicationStatus.DRAFT
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True)
    # The promise (X17). It moves by the time that a question waited for its answer.
    review_due_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)
    # When the applicant was told that the time to answer is about to end.
    reminded_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    # Counts saves of the draft: a form made from an older one is refused (C9).
    version = models.PositiveIntegerField(default=1)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("decide_roleapplication", "Can decide role applications")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "category"],
                condition=Q(status__in=OPEN_APPLICATION),
                name="roles_roleapplication_one_open_per_category",
            ),
            models.CheckConstraint(
                condition=Q(status=ApplicationStatus.DRAFT, submitted_at__isnull=True)
                | Q(status=ApplicationStatus.WITHDRAWN)
                | (
                    ~Q(status=ApplicationStatus.DRAFT)
                    & Q(submitted_at__isnull=False, review_due_at__isnull=False)
                ),
                name="roles_roleapplication_submitted_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=ApplicationStatus.INFORMATION_REQUESTED)
                | Q(asked_at__isnull=False, answer_due_at__isnull=False),
                name="roles_roleapplication_question_has_due_date",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "partly_approved", "rejected"])
                | Q(decided_at__isnull=False),
                name="roles_roleapplication_decided_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "submitted_at", "id"], name="roles_application_queue"),
            models.Index(
                fields=["submitted_at", "id"],
                condition=Q(status__in=IN_QUEUE),
                name="roles_application_waiting",
            ),
            models.Index(fields=["provider", "-created_at", "-id"], name="roles_application_list"),
            models.Index(
                fields=["answer_due_at"],
                condition=Q(status=ApplicationStatus.INFORMATION_REQUESTED),
                name="roles_application_answers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.category}"


class ApplicationLine(BaseModel):
    """One role in an application: level and use case, and what the reviewers decided."""

    application = models.ForeignKey(RoleApplication, on_delete=models.CASCADE, related_name="lines")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    # 0 in a draft: what was typed for a role that is not asked for yet.
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    use_case = models.TextField(max_length=2000)
    answers = models.JSONField(default=dict, blank=True)
    decision = models.CharField(
        max_length=20, choices=LineDecision.choices, default=LineDecision.PENDING
    )
    decided_level = models.PositiveSmallIntegerField(choices=LEVELS, null=True)
    reason = models.CharField(max_length=20, choices=RefusalReason.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    # Set with the decision: the role was restricted, so approval takes two reviewers.
    needs_second = models.BooleanField(default=False)
    seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    seconded_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["role__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "role"], name="roles_applicationline_role_once"
            ),
            models.CheckConstraint(
                condition=Q(decision=LineDecision.PENDING, decided_at__isnull=True)
                | (~Q(decision=LineDecision.PENDING) & Q(decided_at__isnull=False)),
                name="roles_applicationline_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(decision=LineDecision.REFUSED) | ~Q(reason=""),
                name="roles_applicationline_refused_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=[LineDecision.APPROVED, LineDecision.AWAITING_SECOND])
                | Q(decided_level__isnull=False, decided_level__lte=models.F("level")),
                name="roles_applicationline_never_above_request",
            ),
            models.CheckConstraint(
                condition=~Q(decision=LineDecision.APPROVED, needs_second=True)
                | Q(seconded_at__isnull=False),
                name="roles_applicationline_restricted_has_second",
            ),
            models.CheckConstraint(
                condition=Q(seconded_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(seconded_by=models.F("decided_by")),
                name="roles_applicationline_second_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} ({Level(self.level).word})"


class ApplicationMessage(BaseModel):
    application = models.ForeignKey(
        RoleApplication, on_delete=models.CASCADE, related_name="messages"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    from_reviewer = models.BooleanField()
    text = models.TextField(max_length=2000)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]

    def __str__(self) -> str:
        return self.text[:60]


class ApprovedRole(BaseModel):
    """Provider x role x highest level. One row; whatever rests on it is computed from it."""

    provider = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="approved_roles"
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    status = models.CharField(
        max_length=10, choices=ApprovedRoleStatus.choices, default=ApprovedRoleStatus.ACTIVE
    )
    approved_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # The last step that a reviewer took by hand: who, when and why.
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    # Days before the end at which its last reminder went out.
    reminded_days = models.PositiveSmallIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    line = models.ForeignKey(
        ApplicationLine, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # A restoration that waits for a lead reviewer: who asked, when and why.
    restore_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    restore_asked_at = models.DateTimeField(null=True)
    restore_reason = models.CharField(max_length=500, blank=True, db_default="")

    objects = ApprovedRoleQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("supervise_approvedrole", "Can lower and revoke approvals and confirm restorations")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "role"], name="roles_approvedrole_one_per_role"
            ),
            models.CheckConstraint(
                condition=Q(status=ApprovedRoleStatus.ACTIVE, ended_at__isnull=True)
                | (~Q(status=ApprovedRoleStatus.ACTIVE) & Q(ended_at__isnull=False)),
                name="roles_approvedrole_ended_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=Q(status=ApprovedRoleStatus.ACTIVE),
                name="roles_approvedrole_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.role} ({self.get_level_display()})"
