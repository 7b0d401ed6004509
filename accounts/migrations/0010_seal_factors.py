"""Secrets of second factors stood in clear; they are sealed. Clear rows are read as well, so that
somebody who sets up a factor with the old release during the change still signs in."""

from django.db import migrations

from accounts import secrets

KEPT = {"totp": "secret", "recovery_codes": "seed"}


def seal(apps, schema_editor):
    rows = apps.get_model("mfa", "Authenticator").objects.filter(type__in=KEPT)
    for row in rows.order_by("pk").iterator(chunk_size=500):
        name = KEPT[row.type]
        if not row.data.get(name, secrets.SEAL).startswith(secrets.SEAL):
            row.data[name] = secrets.seal(row.data[name])
            row.save(update_fields=["data"])


def unseal(apps, schema_editor):
    rows = apps.get_model("mfa", "Authenticator").objects.filter(type__in=KEPT)
    for row in rows.order_by("pk").iterator(chunk_size=500):
        name = KEPT[row.type]
        if name in row.data:
            row.data[name] = secrets.unseal(row.data[name])
            row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_fill_identity_search_keys"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [migrations.RunPython(seal, unseal)]
