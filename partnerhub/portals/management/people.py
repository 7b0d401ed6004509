"""What the operator's commands about one person share: whom it is about, and who follows."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from typing import Any

from django.core.management.base import CommandError

from accounts.addresses import AddressError, canonical
from accounts.models import Membership, User
from accounts.tenancy import needs_successor
from core.errors import DomainError


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("address")
    parser.add_argument(
        "--successor",
        action="append",
        default=[],
        metavar="HANDLE=ADDRESS",
        help="who administers that account from now on, where nobody else does",
    )


def person_at(address: str) -> User:
    """The person who signs in with this address; raises CommandError."""
    try:
        found = User.objects.filter(email=canonical(address)).first()
    except AddressError as error:
        raise CommandError(str(error)) from error
    if found is None:
        raise CommandError(f"Nobody signs in with {address}.")
    return found


def successors_for(person: User, words: Iterable[str]) -> dict[int, int]:
    """Organization id -> membership id for each HANDLE=ADDRESS; raises CommandError."""
    named = dict(word.lower().split("=", 1) for word in words if "=" in word)
    chosen = {}
    for organization in needs_successor(person):
        members = Membership.objects.active().filter(organization=organization)
        row = members.filter(user__email=named.get(organization.handle, "")).first()
        if row is not None:
            chosen[organization.pk] = row.pk
    return chosen


def run(transition: Callable[..., Any], **arguments: Any) -> None:
    """Call the transition as the operator at the machine; raises CommandError with its refusal."""
    try:
        transition(by=None, **arguments)
    except DomainError as error:
        raise CommandError(error.message) from error
