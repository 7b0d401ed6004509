"""Two at once over invitations of every kind, on PostgreSQL with real threads (C1, C2, C11)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.invitations import kinds
from accounts.invitations.transitions import revoke
from accounts.transitions import employees
from connections.transitions import invitations as provider_invitations
from core.audit.models import Event
from core.errors import DomainError
from core.outbox.models import Message
from core.web.access import Level
from supplychain.plans import NewAccount
from supplychain.transitions import guests, invitations
from tests.factories.connections import FBA
from tests.factories.invitations import KINDS, Scene
from tests.invitations.acting import DEEDS, scene_of
from tests.racing import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 4
NEW = NewAccount("Fresh Works", "US", "manufacturer")
ACCEPT: dict[str, Callable[[Scene], Any]] = {
    "employee": lambda s: employees.accept(by=s.invited, public_id=s.row.public_id),
    "partner-link": lambda s: provider_invitations.send(
        link=s.row, provider=s.row.provider, by=s.invited
    ),
    "connection": lambda s: provider_invitations.accept(
        invitation=s.row, by=s.invited, levels={FBA: Level.EDIT}
    ),
    "supplier": lambda s: invitations.accept(by=s.invited, public_id=s.row.public_id, new=NEW),
    "seller": lambda s: invitations.accept(by=s.invited, public_id=s.row.public_id, new=NEW),
    "guest": lambda s: guests.join(by=s.invited, link=s.row, new=NEW),
}


def refused(results: list[Any]) -> list[DomainError]:
    """Which of the results are refusals."""
    return [result for result in results if isinstance(result, DomainError)]


@pytest.mark.parametrize("name", KINDS)
def test_accepted_twice_at_once(name: str) -> None:
    """C1: two tabs: one success, the other is told; one row, one event, one mail each."""
    for _ in range(ROUNDS):
        Message.objects.all().delete()
        scene = scene_of(name)
        results = together(*[partial(ACCEPT[name], scene)] * 2)
        [lost] = refused(results)
        assert lost.status in (404, 409, 410)
        assert DEEDS[name].made(scene) == 1
        verb = f"{kinds.get(scene.row.purpose).verb}.{DEEDS[name].accepted}"
        assert Event.objects.filter(verb=verb, object_id=str(scene.row.public_id)).count() == 1
        keys = list(Message.objects.values_list("key", flat=True))
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", KINDS)
def test_revoked_while_accepted(name: str) -> None:
    """C2: one wins; never taken back and in force at once, and the loser is told the truth."""
    for _ in range(ROUNDS):
        scene = scene_of(name)
        taking_back = partial(revoke, by=scene.inviter, row=scene.row)
        accepted, revoked = together(partial(ACCEPT[name], scene), taking_back)
        scene.row.refresh_from_db()
        lost = refused([accepted, revoked])
        assert len(lost) == 1
        if lost[0] is accepted:
            assert scene.row.status == kinds.get(scene.row.purpose).revoked
            assert DEEDS[name].made(scene) == 0
        else:
            assert scene.row.status == DEEDS[name].accepted
            assert DEEDS[name].made(scene) == 1
