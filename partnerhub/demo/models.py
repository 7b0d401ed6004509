"""The demo's movable clock."""

from datetime import timedelta

from django.db import models


class ClockOffset(models.Model):
    """The one row that says how far the product's clock is ahead of real time."""

    offset = models.DurationField(default=timedelta)

    def __str__(self) -> str:
        return str(self.offset)
