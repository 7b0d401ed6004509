"""Deactivate a person's account, or reactivate it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.transitions.people import deactivate_person, reactivate_person
from partnerhub.portals.management import people


class Command(BaseCommand):
    help = "Let nobody in with the account of ADDRESS any more, everywhere and at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        people.add_arguments(parser)
        parser.add_argument("--undo", action="store_true", help="reactivate the account")

    def handle(self, *args: Any, **options: Any) -> None:
        person = people.person_at(options["address"])
        if options["undo"]:
            people.run(reactivate_person, person=person)
            self.stdout.write(f"{options['address']} works again.")
            return
        chosen = people.successors_for(person, options["successor"])
        people.run(deactivate_person, person=person, successors=chosen)
        self.stdout.write(f"{options['address']} is deactivated; open sessions were ended.")
