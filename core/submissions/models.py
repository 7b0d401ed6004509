"""Forms that were sent: each makes its thing once, however often it arrives."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from core import clock


class Submission(models.Model):
    """One form that did what it says. `key` was made when the form was shown; `content` is a hash
    of what was sent with it, `location` the page that it led to."""

    key = models.CharField(max_length=32)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    organization_id = models.BigIntegerField(null=True)
    route = models.CharField(max_length=100)
    content = models.CharField(max_length=64)
    location = models.CharField(max_length=2000, blank=True)
    sent_at = models.DateTimeField(default=clock.real_now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="submissions_submission_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
