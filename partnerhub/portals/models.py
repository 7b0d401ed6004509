"""What people say about the help pages."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from core import clock


class HelpFeedback(models.Model):
    """One answer to "Was this page helpful?" (S1.19)."""

    page = models.SlugField(max_length=60)
    helpful = models.BooleanField()
    text = models.CharField(max_length=1000, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "help feedback"
        indexes: ClassVar = [models.Index(fields=["page", "-created_at"], name="help_feedback")]

    def __str__(self) -> str:
        return f"{self.page}: {'yes' if self.helpful else 'no'}"
