"""`manage.py seed_demo`: the demo's people and data, once; prints the sign-ins every time."""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import User
from partnerhub.demo import clock as demo_clock
from partnerhub.demo.people import PASSWORD, PEOPLE
from partnerhub.demo.seeds import journeys, providers, sellers
from partnerhub.demo.seeds.actors import lead_part
from partnerhub.demo.sweeps import run_sweeps


class Command(BaseCommand):
    help = "Create the demo's people and data, unless they are there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not User.objects.filter(email=PEOPLE[0].address).exists():
            with transaction.atomic():
                self._tell()
        self.stdout.write(f"Everybody's password is {PASSWORD}\n")
        for one in PEOPLE:
            self.stdout.write(f"  {one.address:<38} {one.who}")

    def _tell(self) -> None:
        reviewer, lead = lead_part("reviewer"), lead_part("lead")
        nowhere = StringIO()
        call_command("make_reviewer", reviewer.email, stdout=nowhere)
        for one in (lead, lead_part("lead-two")):
            call_command("make_reviewer", one.email, "--lead", stdout=nowhere)
        for key in ("auditor", "support"):
            call_command("make_reviewer", lead_part(key).email, f"--{key}", stdout=nowhere)
        desk = providers.Desk(User.objects.get(pk=reviewer.pk), User.objects.get(pk=lead.pk))
        harbor, employee = providers.harbor_desk(desk)
        copper, quiet = providers.other_providers(desk)
        providers.accounts_in_other_states(desk)
        lantern, kite = sellers.sellers()
        sellers.connections(lantern, kite, harbor, employee, copper, quiet)
        mill, dye = journeys.suppliers(lantern, kite)
        journeys.journeys(lantern, mill)
        journeys.other_shares(lantern, kite, dye)
        lead_part("newcomer")
        demo_clock.reset()
        run_sweeps()
