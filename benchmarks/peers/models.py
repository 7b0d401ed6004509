"""A scratch table for what guardian stores about: its keys are those of our sellers."""

from typing import ClassVar

from django.db import models


class Shop(models.Model):
    """A seller as a peer knows it. No table of ours refers to it, so guardian's are generic."""

    name = models.CharField(max_length=120)

    class Meta:
        permissions: ClassVar = [("act", "May act for the shop")]

    def __str__(self) -> str:
        return self.name


class SharedLine(models.Model):
    """A line copied for one supplier, as naive sharing does."""

    share_id = models.BigIntegerField(db_index=True)
    msku = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.msku
