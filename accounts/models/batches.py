"""A list of invitations to be, row by row. The rows' states are the truth: work resumes there."""

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.states import BatchStatus, RowStatus
from core import clock
from core.db import BaseModel
from core.web.formats import short_ending


class BatchQuerySet(models.QuerySet["InvitationBatch"]):
    def for_organization(self, organization: Any) -> Self:
        return self.filter(organization=organization)

    def due(self, at: datetime) -> Self:
        """Confirmed ones whose next rows may be looked at, first come first served."""
        return self.filter(status=BatchStatus.RUNNING, next_at__lte=at)


class InvitationBatch(BaseModel):
    """One list as it was uploaded or pasted. `purpose` names the kind of invitation."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+"
    )
    purpose = models.CharField(max_length=20)
    source = models.CharField(max_length=100)
    notes = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=BatchStatus.choices, default=BatchStatus.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status=BatchStatus.DRAFT, confirmed_at__isnull=True)
                | (~Q(status=BatchStatus.DRAFT) & Q(confirmed_at__isnull=False)),
                name="accounts_batch_confirmed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=BatchStatus.RUNNING) | Q(next_at__isnull=False),
                name="accounts_batch_running_has_next",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "purpose", "-created_at", "-id"],
                name="accounts_batch_list",
            ),
            models.Index(
                fields=["next_at"], condition=Q(status="running"), name="accounts_batch_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.status})"

    @property
    def is_working(self) -> bool:
        running = self.status == BatchStatus.RUNNING
        return running and self.next_at is not None and self.next_at <= clock.now()

    @property
    def state(self) -> str:
        waits = self.status == BatchStatus.RUNNING and not self.is_working
        return "waiting" if waits else self.status

    @property
    def state_label(self) -> str:
        return "Waits for its turn" if self.state == "waiting" else self.get_status_display()


class BatchRow(models.Model):
    """One line: as it was typed, what it means, and what has become of it.

    `number` counts the rows of the list, `line` is where it stood in the file. `address` is
    canonical, "" where it could not be read. `due_at` is when a queued row is expected to go, and
    `invitation_id` the public id that its invitation gets.
    """

    batch = models.ForeignKey(InvitationBatch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    typed = models.JSONField(default=dict)
    address = models.EmailField(max_length=254, blank=True)
    values = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=RowStatus.choices)
    field = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    invitation_id = models.UUIDField(default=uuid.uuid4)

    class Meta:
        app_label = "accounts"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="accounts_batchrow_number"),
            models.CheckConstraint(
                condition=~Q(status=RowStatus.SENT) | Q(decided_at__isnull=False),
                name="accounts_batchrow_sent_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["batch", "number"],
                condition=Q(status="queued"),
                name="accounts_batchrow_queue",
            ),
            models.Index(fields=["address"], name="accounts_batchrow_address"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number} ({self.status})"

    @property
    def state_label(self) -> str:
        if self.status == RowStatus.QUEUED and self.due_at:
            return f"Queued until {short_ending(self.due_at)}"
        return str(self.get_status_display())
