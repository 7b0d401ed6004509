"""What this app does when something below it ends. Connected in apps.py."""

from typing import Any

from accounts.signals import organization_closed, person_erased
from supplychain.transitions import connections, invitations


def note_closed(organization: Any, by: Any, **kwargs: Any) -> None:
    connections.end_all(organization=organization, by=by)


def forget_person(user: Any, **kwargs: Any) -> None:
    invitations.forget_person(user=user)


def connect() -> None:
    person_erased.connect(forget_person, dispatch_uid="supplychain.forget_person")
    organization_closed.connect(note_closed, dispatch_uid="supplychain.note_closed")
