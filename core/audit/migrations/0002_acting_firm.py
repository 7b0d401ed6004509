from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="event", name="acting_id", field=models.BigIntegerField(null=True)
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("acting_id__isnull", False)),
                fields=["acting_id", "-at", "-id"],
                name="audit_event_acting",
            ),
        ),
    ]
