from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("outbox", "0004_content")]

    operations = [migrations.RemoveField("fanout", "claim")]
