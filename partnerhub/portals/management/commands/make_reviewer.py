"""Put somebody into a group of the desk, or end it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.addresses import AddressError, canonical
from accounts.models import User
from accounts.sessions import end_all_sessions
from partnerhub.portals.groups import AUDITORS, LEADS, PERMISSIONS, REVIEWERS, SUPPORT, made
from roles.permissions import grant_categories
from roles.transitions.catalogue import load_catalogue

FLAGS = {"lead": LEADS, "auditor": AUDITORS, "support": SUPPORT}
WORDS = {LEADS: "a lead reviewer", AUDITORS: "an auditor", SUPPORT: "in the support group"}


class Command(BaseCommand):
    help = "Make the person at ADDRESS a reviewer. An account is made when there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address")
        part = parser.add_mutually_exclusive_group()
        for flag, name in FLAGS.items():
            part.add_argument(f"--{flag}", action="store_true", help=WORDS[name])
        parser.add_argument(
            "--group",
            default=REVIEWERS,
            help="the group of reviewers to be in; lead reviewers choose what each group decides",
        )
        parser.add_argument("--remove", action="store_true", help="no longer at the desk")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            address = canonical(options["address"])
        except AddressError as error:
            raise CommandError(str(error)) from error
        if options["remove"]:
            self._remove(address)
        else:
            part = next((name for flag, name in FLAGS.items() if options[flag]), None)
            self._make(address, part=part, name=options["group"])

    @transaction.atomic
    def _make(self, address: str, *, part: str | None, name: str) -> None:
        if name in WORDS:
            raise CommandError("Say --lead, --auditor or --support for a group of that kind.")
        load_catalogue()
        names = [part] if part else [name]
        if part == LEADS:
            names.append(name)
        user = User.objects.filter(email=address).first()
        new = user is None
        if user is None:
            user = User.objects.create_user(address, None, name=address.partition("@")[0])
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        # Of the desk's own groups those asked for; a group that was given by hand stays.
        user.groups.remove(*user.groups.filter(name__in=set(PERMISSIONS) - set(names)))
        user.groups.add(*map(_group, names))
        self.stdout.write(f"{address} is {WORDS.get(part or '', 'a reviewer')} now.")
        if new:
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


def _group(name: str) -> Any:
    """A new group that reviews decides every service category, until a lead says otherwise."""
    group, new = made(name)
    if new and name not in (AUDITORS, SUPPORT):
        grant_categories(group)
    return group
