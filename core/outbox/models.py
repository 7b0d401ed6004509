"""A message is a row in the transaction of the change that caused it."""

from datetime import UTC, tzinfo
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from core.origin import running_request
from core.outbox.rendering import Mail, html_of
from core.outbox.states import MarkReason, MessageStatus
from core.outbox.tokens import Claim

# What a message says, forgotten: what is blanked is blanked together.
BLANK = {"text": "", "content": "", "html": ""}


class Message(models.Model):
    """One mail to one address. `key` is unique: the same event never mails twice. `content` is what
    the HTML part is made of (rendering.html_of) when the message is sent; a message that comes with
    an HTML part of its own has `html` instead. Every index that is not needed would be written
    three times for every mail: when it is queued, claimed and sent."""

    # What a row that is not stored yet is to say: queue() composes it.
    mail: Mail | None = None
    # Whose days and times it names: the reader's.
    zone: tzinfo = UTC
    key = models.CharField(max_length=250, unique=True)
    message_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    to = models.EmailField(max_length=254)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    content = models.TextField(blank=True)
    html = models.TextField(blank=True)
    link_purpose = models.CharField(max_length=40, blank=True)
    link_id = models.UUIDField(null=True)
    link_generation = models.PositiveSmallIntegerField(default=0)
    secret = models.BooleanField(default=False)
    about = models.CharField(max_length=80, blank=True)
    # As whose member, with which right, the reader gets it; and until when it is of use. Asked
    # again when it leaves: core.outbox.objections.
    account_id = models.BigIntegerField(null=True)
    account_right = models.CharField(max_length=40, blank=True, default="", db_default="")
    useful_until = models.DateTimeField(null=True)
    organization_id = models.BigIntegerField(null=True)
    caused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    status = models.CharField(
        max_length=12, choices=MessageStatus.choices, default=MessageStatus.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    # How often it may have arrived without our knowing: an answer was lost, or a worker died.
    uncertain = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.real_now)
    # The day of tries begins here: anew when a person sends it again.
    queued_at = models.DateTimeField(default=clock.real_now)
    due_at = models.DateTimeField(default=clock.real_now)
    # The request that caused it: its lines in the log are found by it.
    request_id = models.CharField(max_length=40, blank=True, default=running_request, db_default="")
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        permissions: ClassVar = [("view_own_message", "Can see failed mail about own cases")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message_id"], name="outbox_message_one_id"),
            models.CheckConstraint(
                condition=Q(status=MessageStatus.SENDING, lease__isnull=False)
                | (~Q(status=MessageStatus.SENDING) & Q(lease__isnull=True)),
                name="outbox_message_lease_only_while_sending",
            ),
            models.CheckConstraint(
                condition=~Q(status=MessageStatus.SENT) | Q(sent_at__isnull=False),
                name="outbox_message_sent_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(status__in=["waiting", "maybe_sent"]),
                name="outbox_message_due",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(status="sending"), name="outbox_message_lease"
            ),
            models.Index(fields=["about"], condition=~Q(about=""), name="outbox_message_about"),
            models.Index(
                fields=["caused_by", "-id"],
                condition=Q(status="failed"),
                name="outbox_message_failed",
            ),
            models.Index(
                fields=["organization_id", "-id"],
                condition=Q(status="failed"),
                name="outbox_message_failed_org",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.status})"

    @property
    def html_part(self) -> str:
        """The HTML part as it leaves, but for the links; "" when there is none."""
        return self.html or (html_of(self.content) if self.content else "")

    @property
    def claim(self) -> Claim | None:
        """The one-time link that takes the placeholder's place while sending, if there is one."""
        if not self.link_id:
            return None
        return Claim(self.link_purpose, self.link_id, self.link_generation)

    @claim.setter
    def claim(self, claim: Claim | None) -> None:
        if claim:
            self.link_purpose, self.link_id = claim.purpose, claim.id
            self.link_generation = claim.generation


class FanOut(models.Model):
    """One row that stands for thousands of mails; the drain expands it piece by piece."""

    key = models.CharField(max_length=200, unique=True)
    expander = models.CharField(max_length=120)
    arguments = models.JSONField(default=dict)
    cursor = models.BigIntegerField(default=0)
    request_id = models.CharField(max_length=40, blank=True, default=running_request, db_default="")
    created_at = models.DateTimeField(default=clock.real_now)
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class MarkedAddress(models.Model):
    """An address whose mail came back for good, or whose reader complained (X15). It gets nothing
    but what its owner asks for, until they prove it again or the desk clears the mark."""

    address = models.EmailField(max_length=254, unique=True)
    reason = models.CharField(max_length=12, choices=MarkReason.choices)
    detail = models.CharField(max_length=200, blank=True)
    marked_at = models.DateTimeField(default=clock.real_now)

    class Meta:
        verbose_name = "marked address"
        verbose_name_plural = "marked addresses"
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.address


class SoftBounce(models.Model):
    """A mail that came back for now: a full mailbox, an answer that somebody is away. Several in a
    few days mark the address."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField(max_length=254, db_index=True)
    at = models.DateTimeField(default=clock.real_now)

    def __str__(self) -> str:
        return self.address


class ProvenAddress(models.Model):
    """When the owner of an address last proved that they read its mail, or the desk believed so: an
    older report says nothing about it."""

    address = models.EmailField(max_length=254, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.address


class Pause(models.Model):
    """The mail server, or the provider, takes no mail: nobody tries it before `until`, and it has
    been tried so often in a row. It is `ours` to mend when it refuses our keys, account or sender.
    At most one row."""

    until = models.DateTimeField()
    since = models.DateTimeField(default=clock.real_now)
    reason = models.CharField(max_length=500)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    ours = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="outbox_pause_is_one")
        ]

    def __str__(self) -> str:
        return self.reason
