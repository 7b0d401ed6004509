"""The groups of the desk: what each may look at and do there, and how a new right reaches them.

Reviewers decide, lead reviewers supervise and confirm, auditors look, support helps. What a group
holds can be changed by hand: nothing here takes that back.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, Permission

REVIEWERS, LEADS, AUDITORS, SUPPORT = "Reviewers", "Lead reviewers", "Auditors", "Support"

_LOOK_AT_REVIEWS = (
    "accounts.view_identitycheck",
    "accounts.view_organization",
    "roles.view_roleapplication",
    "roles.view_applicationline",
    "roles.view_applicationmessage",
    "roles.view_approvedrole",
    "roles.view_role",
    "roles.view_servicecategory",
)
_DECIDE = ("accounts.decide_identitycheck", "roles.decide_roleapplication")
_LOOK_AT_SUPPORT = (
    "outbox.view_message",
    "outbox.view_markedaddress",
    "portals.view_helpfeedback",
    "supplychain.view_shipment",
)
_SUPPORT = (
    "accounts.supervise_person",
    "outbox.change_message",
    "outbox.change_markedaddress",
    "supplychain.move_shipment",
)
_SUPERVISE = (
    "accounts.supervise_organization",
    "roles.supervise_approvedrole",
    "roles.assign_category",
)
_HISTORY = ("audit.view_event", "audit.view_document_event")
OWN = ("audit.view_own_event", "outbox.view_own_message")

# Group -> app_label.codename of each permission: what the desk needs, and no more (A7).
PERMISSIONS: dict[str, tuple[str, ...]] = {
    REVIEWERS: (*_LOOK_AT_REVIEWS, *_DECIDE, *OWN),
    LEADS: (
        *_LOOK_AT_REVIEWS, *_DECIDE, *_SUPERVISE, *_LOOK_AT_SUPPORT, *_SUPPORT, *_HISTORY,
    ),
    AUDITORS: (*_LOOK_AT_REVIEWS, *_LOOK_AT_SUPPORT, *_HISTORY),
    SUPPORT: (*_LOOK_AT_SUPPORT, *_SUPPORT, "audit.view_event"),
}  # fmt: skip


def made(name: str) -> tuple[Group, bool]:
    """The group called `name`, and whether it is new. A new one that is none of the four is one
    more group of reviewers; one that is there keeps what it holds."""
    group, new = Group.objects.get_or_create(name=name)
    if new:
        group.permissions.set(map(_permission, PERMISSIONS.get(name, PERMISSIONS[REVIEWERS])))
    return group, new


def _permission(label: str) -> Permission:
    app, codename = label.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def change_in_migration(
    apps: Any, groups: Any, *, gives: Collection[str] = (), takes: Collection[str] = ()
) -> None:
    """Give and take rights ("app.model.codename") of groups that are there, from a migration: the
    update itself brings them, and whatever else was set by hand stays. Rows of permissions are made
    after all migrations, so a new one is made here."""
    permissions = [_made_in_migration(apps, label) for label in gives]
    for group in groups:
        group.permissions.add(*permissions)
        for label in takes:
            app, _, codename = label.split(".")
            group.permissions.remove(
                *group.permissions.filter(content_type__app_label=app, codename=codename)
            )


def _made_in_migration(apps: Any, label: str) -> Any:
    app, model, codename = label.split(".")
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app, model=model
    )
    meta = apps.get_model(app, model)._meta
    name = dict(meta.permissions).get(codename) or f"Can {codename.replace('_', ' ')}"
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": name}
    )
    return permission
