from django.db import migrations

from core.db import make_search_keys


def fill(apps, schema_editor):
    model = apps.get_model("accounts", "IdentityCheck")
    make_search_keys(model._base_manager.filter(search_key=""))


class Migration(migrations.Migration):
    # Some hundred rows at a time: nobody waits for a lock.
    atomic = False

    dependencies = [("accounts", "0008_identity_search_key")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
