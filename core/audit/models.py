"""History: append-only events, erasable names beside them, and the seals that chain them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from core.db import Findable, FindableQuerySet, SearchKeyField


class Actor(Findable):
    """Who and from where, under a random reference. Erasing a person empties these rows only."""

    ref = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=150, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    search_key = SearchKeyField("name")

    objects = FindableQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "ip"],
                condition=Q(user__isnull=False),
                name="audit_actor_one_per_origin",
            )
        ]

    def __str__(self) -> str:
        return self.name or str(self.ref)


class Event(models.Model):
    """One transition. No foreign keys: history neither blocks nor follows a deletion.
    `organization_id` is the organization it happened in, `counterparty_id` the other side, and
    `acting_id` the firm whose employee acted for the organization (U21): all of them see it. before
    and after hold states, levels and dates, never names or addresses."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField(default=clock.now)
    verb = models.CharField(max_length=80)
    actor_ref = models.UUIDField(null=True)
    organization_id = models.BigIntegerField(null=True)
    counterparty_id = models.BigIntegerField(null=True)
    acting_id = models.BigIntegerField(null=True)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        permissions: ClassVar = [
            ("view_own_event", "Can read the history of own cases"),
            ("view_document_event", "Can read who looked at identity documents"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "-at", "-id"], name="audit_event_org"),
            models.Index(fields=["counterparty_id", "-at", "-id"], name="audit_event_other"),
            models.Index(
                fields=["acting_id", "-at", "-id"],
                condition=Q(acting_id__isnull=False),
                name="audit_event_acting",
            ),
            models.Index(fields=["object_type", "object_id"], name="audit_event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_id}"


class Seal(models.Model):
    """One link of one organization's chain: hash(previous hash, event)."""

    organization_id = models.BigIntegerField()
    sequence = models.PositiveBigIntegerField()
    event_id = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=clock.real_now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "sequence"], name="audit_seal_one_per_sequence"
            ),
            models.UniqueConstraint(
                fields=["organization_id", "event_id"], name="audit_seal_one_per_event"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}/{self.sequence}"
