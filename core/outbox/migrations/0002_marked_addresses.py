from django.conf import settings
from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MarkedAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.EmailField(max_length=254, unique=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("bounced", "Mail came back: the mailbox is not there or refuses it"),
                            ("complained", "Its reader reported our mail as unwanted"),
                        ],
                        max_length=12,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("marked_at", models.DateTimeField(default=core.clock.real_now)),
            ],
            options={
                "verbose_name": "marked address",
                "verbose_name_plural": "marked addresses",
                "default_permissions": ("view", "change"),
            },
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["caused_by", "-id"],
                condition=models.Q(status="failed"),
                name="outbox_message_failed",
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["organization_id", "-id"],
                condition=models.Q(status="failed"),
                name="outbox_message_failed_org",
            ),
        ),
    ]
