import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.EmailField(blank=True, max_length=254)),
                ("group", models.CharField(max_length=20)),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("mail", "By mail, at once"),
                            ("daily", "By mail, once a day"),
                            ("portal", "Only here on PartnerHub"),
                        ],
                        max_length=10,
                    ),
                ),
                ("changed_at", models.DateTimeField(default=core.clock.now)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField("notification", "held", models.BooleanField(default=False)),
        migrations.AddField("notification", "organization_id", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "notification",
            models.Index(
                fields=["user", "organization_id"],
                condition=models.Q(organization_id__isnull=False),
                name="notification_from",
            ),
        ),
        migrations.AddIndex(
            "notification",
            models.Index(
                fields=["user", "id"], condition=models.Q(held=True), name="notification_held"
            ),
        ),
        migrations.AddConstraint(
            "preference",
            models.UniqueConstraint(
                fields=["user", "group"],
                condition=models.Q(user__isnull=False),
                name="notifications_preference_person_once",
            ),
        ),
        migrations.AddConstraint(
            "preference",
            models.UniqueConstraint(
                fields=["address", "group"],
                condition=models.Q(user__isnull=True),
                name="notifications_preference_address_once",
            ),
        ),
        migrations.AddConstraint(
            "preference",
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, address="")
                | (models.Q(user__isnull=True) & ~models.Q(address="")),
                name="notifications_preference_of_one",
            ),
        ),
    ]
