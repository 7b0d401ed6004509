"""Check the chains of the history: a zero exit status means that every one of them holds."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization
from core.audit import seals, triggers
from core.audit.models import Seal


class Command(BaseCommand):
    help = "Compute the history's hash chains again and say where the first one breaks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="HANDLE", help="only this account's chain")

    def handle(self, *args: Any, **options: Any) -> None:
        """A line for each chain. Raises CommandError when one is broken or nothing guards them."""
        broken = 0
        for name, pk in _chains(options["organization"]):
            verdict = seals.verify(pk)
            broken += verdict.broken is not None
            self.stdout.write(f"{name}: {_words(verdict)}")
        if broken:
            raise CommandError("1 chain is broken." if broken == 1 else f"{broken} are broken.")
        if missing := triggers.missing():
            raise CommandError(f"The database lacks the triggers {', '.join(missing)}.")


def _chains(handle: str | None) -> Iterator[tuple[str, int]]:
    if handle:
        row = Organization.objects.filter(handle=handle).first()
        if row is None:
            raise CommandError(f"There is no account with the handle {handle}.")
        yield row.handle, row.pk
        return
    handles = dict(Organization.objects.values_list("pk", "handle"))
    rows = Seal.objects.order_by("organization_id").values_list("organization_id", flat=True)
    for pk in rows.distinct():
        yield handles.get(pk, f"account number {pk}"), pk


def _words(verdict: seals.Verdict) -> str:
    if verdict.broken is not None:
        return f"broken at entry {verdict.broken}; intact before it"
    if not verdict.last:
        return "nothing sealed yet"
    return f"{verdict.last} entries intact, head {verdict.head}"
