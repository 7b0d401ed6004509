from django.db import migrations

from core.db import make_search_keys


def fill(apps, schema_editor):
    for name in ("GuestLink", "Shipment", "SupplierInvitation"):
        model = apps.get_model("supplychain", name)
        make_search_keys(model._base_manager.filter(search_key=""))


class Migration(migrations.Migration):
    # Some hundred rows at a time: nobody waits for a lock.
    atomic = False

    dependencies = [("supplychain", "0005_search_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
