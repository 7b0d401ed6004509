"""Make somebody a reviewer, or a lead reviewer, or end it."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.addresses import AddressError, canonical
from accounts.models import User
from accounts.sessions import end_all_sessions
from roles.permissions import grant_categories
from roles.transitions.catalogue import load_catalogue

REVIEWERS = "Reviewers"
LEADS = "Lead reviewers"
# app_label.codename: what the desk needs, and no more (A7).
REVIEW = (
    "accounts.view_identitycheck",
    "accounts.decide_identitycheck",
    "accounts.view_organization",
    "accounts.supervise_organization",
    "roles.view_roleapplication",
    "roles.decide_roleapplication",
    "roles.view_applicationline",
    "roles.view_applicationmessage",
    "roles.view_approvedrole",
    "roles.view_role",
    "roles.view_servicecategory",
    "audit.view_event",
)
LEAD = (
    *REVIEW,
    "outbox.view_message",
    "outbox.change_message",
    "outbox.view_markedaddress",
    "outbox.change_markedaddress",
    "roles.assign_category",
)


def group(name: str, permissions: tuple[str, ...]) -> Group:
    """The group with exactly these permissions. A new one decides every service category, until a
    lead reviewer says otherwise on the desk."""
    found, made = Group.objects.get_or_create(name=name)
    rows = []
    for label in permissions:
        app, codename = label.split(".")
        rows.append(Permission.objects.get(content_type__app_label=app, codename=codename))
    found.permissions.set(rows)
    if made:
        grant_categories(found)
    return found


class Command(BaseCommand):
    help = "Make the person at ADDRESS a reviewer. An account is made when there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address")
        parser.add_argument("--lead", action="store_true", help="a lead reviewer")
        parser.add_argument(
            "--group",
            default=REVIEWERS,
            help="the group of reviewers to be in; lead reviewers choose what each group decides",
        )
        parser.add_argument("--remove", action="store_true", help="no longer a reviewer")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            address = canonical(options["address"])
        except AddressError as error:
            raise CommandError(str(error)) from error
        if options["remove"]:
            self._remove(address)
        else:
            self._make(address, lead=options["lead"], name=options["group"])

    @transaction.atomic
    def _make(self, address: str, *, lead: bool, name: str) -> None:
        if name == LEADS:
            raise CommandError("Say --lead to make a lead reviewer.")
        load_catalogue()
        reviewers, leads = group(name, REVIEW), group(LEADS, LEAD)
        user = User.objects.filter(email=address).first()
        made = user is None
        if user is None:
            user = User.objects.create_user(address, None, name=address.partition("@")[0])
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.set([reviewers, leads] if lead else [reviewers])
        self.stdout.write(f"{address} is a {'lead reviewer' if lead else 'reviewer'} now.")
        if made:
            self.stdout.write("There was no account: it is taken over by signing up, or by a new")
            self.stdout.write("password, with the code mailed to this address.")

    @transaction.atomic
    def _remove(self, address: str) -> None:
        user = User.objects.filter(email=address, is_staff=True).first()
        if user is None:
            raise CommandError(f"{address} is no reviewer.")
        user.is_staff = False
        user.save(update_fields=["is_staff"])
        user.groups.clear()
        end_all_sessions(user)
        self.stdout.write(f"{address} is no reviewer any more; open sessions were ended.")
