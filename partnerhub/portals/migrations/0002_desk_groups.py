"""The desk's groups get what came with auditors and support, and reviewers leave to leads what is
theirs: suspending and closing accounts, and the whole history."""

from django.db import migrations

from partnerhub.portals.groups import change_in_migration

LEADS = "Lead reviewers"
# Also what came with earlier updates, and reached a group only when a command was run by hand.
OF_LEADS = (
    "accounts.person.supervise_person",
    "audit.event.view_document_event",
    "outbox.markedaddress.view_markedaddress",
    "outbox.markedaddress.change_markedaddress",
    "portals.helpfeedback.view_helpfeedback",
    "roles.approvedrole.supervise_approvedrole",
    "roles.servicecategory.assign_category",
    "supplychain.shipment.view_shipment",
    "supplychain.shipment.move_shipment",
)
OF_REVIEWERS = ("audit.event.view_own_event", "outbox.message.view_own_message")
NO_LONGER = ("accounts.organization.supervise_organization", "audit.event.view_event")


def change(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects
    change_in_migration(apps, groups.filter(name=LEADS), gives=OF_LEADS)
    reviewers = groups.filter(
        permissions__codename="decide_roleapplication", permissions__content_type__app_label="roles"
    ).exclude(name=LEADS)
    change_in_migration(apps, list(reviewers), gives=OF_REVIEWERS, takes=NO_LONGER)


class Migration(migrations.Migration):
    dependencies = [
        ("portals", "0001_initial"),
        ("accounts", "0004_refusals"),
        ("audit", "0005_own_events"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("outbox", "0007_own_messages"),
        ("roles", "0003_restorations"),
        ("supplychain", "0002_guest_links"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
