"""Second factors that people have lost: asked for on the way in, reset by two at the desk."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.people import User
from accounts.states import OPEN_RESET, ResetStatus
from core.db import BaseModel


class FactorReset(BaseModel):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="factor_resets")
    # What the person typed: compared with the identity check.
    legal_name = models.CharField(max_length=120)
    birth_date = models.DateField()
    status = models.CharField(max_length=10, choices=ResetStatus.choices, default=ResetStatus.ASKED)
    vouched_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    vouched_at = models.DateTimeField(null=True)
    agreed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    # When the person had a second factor again. Until then a reset lets them do nothing else.
    renewed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "lost second factor"
        verbose_name_plural = "lost second factors"
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status__in=OPEN_RESET),
                name="accounts_factorreset_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(status=ResetStatus.DONE)
                | Q(agreed_at__isnull=False, decided_at__isnull=False),
                name="accounts_factorreset_done_by_two",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(status=ResetStatus.DONE)
                | ~Q(agreed_by=models.F("decided_by")),
                name="accounts_factorreset_second_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.status})"
