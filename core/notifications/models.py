"""The notification centre: every mail to somebody with an account also stands here."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock


class Notification(models.Model):
    """One line for one person; `path` is a page of ours, never a one-time link. `organization_id`
    is who acted, as in the mail. A line that is `held` waits for the daily mail."""

    key = models.CharField(max_length=250, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    path = models.CharField(max_length=200, blank=True)
    organization_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)
    held = models.BooleanField(default=False)
    # As in the mail; and the day of the daily mail that it went into.
    account_id = models.BigIntegerField(null=True)
    account_right = models.CharField(max_length=40, blank=True, default="", db_default="")
    mailed_on = models.DateField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at", "-id"], name="notification_user"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
            models.Index(
                fields=["user", "organization_id"],
                condition=Q(organization_id__isnull=False),
                name="notification_from",
            ),
            models.Index(fields=["user", "id"], condition=Q(held=True), name="notification_held"),
        ]

    def __str__(self) -> str:
        return self.title


class Choice(models.TextChoices):
    """What somebody wants of a group of mail; the line on PartnerHub stands in any case."""

    MAIL = "mail", "By mail, at once"
    DAILY = "daily", "By mail, once a day"
    PORTAL = "portal", "Only here on PartnerHub"


class Preference(models.Model):
    """What a person, or the reader of an address without an account, chose for a group of mail.
    Nothing stored means by mail, at once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    address = models.EmailField(max_length=254, blank=True)
    group = models.CharField(max_length=20)
    choice = models.CharField(max_length=10, choices=Choice.choices)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "group"],
                condition=Q(user__isnull=False),
                name="notifications_preference_person_once",
            ),
            models.UniqueConstraint(
                fields=["address", "group"],
                condition=Q(user__isnull=True),
                name="notifications_preference_address_once",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, address="")
                | (Q(user__isnull=True) & ~Q(address="")),
                name="notifications_preference_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.choice}"
