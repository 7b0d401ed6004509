"""Background work that fails: how often, why, and whether it was given up."""

from typing import ClassVar

from django.db import models

from core import clock


class Failure(models.Model):
    """One piece of background work that fails again and again (F16); the row goes when it succeeds.
    `subject` and `row` name what it is about ("connections.connection", "5"); both are empty where
    the task as a whole fails."""

    task = models.CharField(max_length=80)
    subject = models.CharField(max_length=80, blank=True)
    row = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    first_at = models.DateTimeField(default=clock.real_now)
    due_at = models.DateTimeField(default=clock.real_now)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "work that fails"
        verbose_name_plural = "work that fails"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task", "subject", "row"], name="chores_failure_once")
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.task, self.subject, self.row) if part)
