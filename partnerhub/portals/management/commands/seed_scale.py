"""manage.py seed_scale: data of a size that the product must bear."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organization
from partnerhub.portals import volumes


class Command(BaseCommand):
    help = "Make many valid rows at once, for load and measurements."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sellers", type=int, default=1000)
        parser.add_argument("--providers", type=int, default=10)
        parser.add_argument("--connections", type=int, default=2000)
        parser.add_argument("--shipments", type=int, default=10_000)
        parser.add_argument(
            "--yes", action="store_true", help="also into a database that is in use"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        foreign = Organization.objects.exclude(handle__startswith=volumes.PREFIX)
        if not settings.DEMO and not options["yes"] and foreign.exists():
            raise CommandError(
                "This database holds organizations that seed_scale did not make. "
                "Take another one, or say --yes."
            )
        names = ("sellers", "providers", "connections", "shipments")
        sizes = volumes.Sizes(**{name: options[name] for name in names})
        if problem := sizes.problem():
            raise CommandError(problem)
        started = time.monotonic()
        volumes.build(sizes)
        seconds = time.monotonic() - started
        made = ", ".join(f"{getattr(sizes, name):,} {name}" for name in names)
        self.stdout.write(f"Made {made} in {seconds:.1f} s.")
