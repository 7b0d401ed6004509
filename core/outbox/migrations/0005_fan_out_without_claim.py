from django.db import migrations, models


class Migration(migrations.Migration):
    """The column may be empty now; the release after this one drops it.

    Until then a process of the release before still inserts rows that name it.
    """

    dependencies = [("outbox", "0004_content")]

    operations = [
        migrations.AlterField("fanout", "claim", models.UUIDField(null=True)),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("fanout", "claim")]
        ),
    ]
