"""Erase a person: name, address and documents go, history keeps an alias (D6)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.transitions.people import erase_person
from partnerhub.portals.management import people


class Command(BaseCommand):
    help = "Forget who signs in with ADDRESS. This cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        people.add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="it is meant")

    def handle(self, *args: Any, **options: Any) -> None:
        person = people.person_at(options["address"])
        if not options["yes"]:
            raise CommandError(f"Say --yes to erase {person.name} for good.")
        chosen = people.successors_for(person, options["successor"])
        people.run(erase_person, person=person, successors=chosen)
        self.stdout.write(f"{options['address']} is erased.")
