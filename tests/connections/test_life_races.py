"""What happens in the life of a connection at the same moment, on PostgreSQL (C3 to C6, N27).

Pausing, requests for more and later end dates: one of the two is first, the other hears what is
true then, and there is one event and one set of mails for what was done.
"""

import os
from datetime import timedelta
from typing import Any

import pytest

from connections.models import Connection
from connections.rights import access
from connections.tasks import sweep
from connections.transitions import endings, pauses, renewals, requests
from core import clock
from core.audit.models import Event
from core.errors import DomainError
from core.outbox.models import Message
from core.web.access import Level
from roles.transitions.approvals import revoke_approved_role
from supplychain.models import Shipment
from supplychain.plans import ItemPlan, ShipmentFacts
from supplychain.transitions.shipments import create_shipment
from tests.connections.conftest import Pair, grants_in
from tests.factories import connections as make
from tests.factories.accounts import administrator
from tests.factories.roles import reviewer
from tests.factories.supplychain import CENTER
from tests.racing import together

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.grows,
]
ROUNDS = range(20 if os.environ.get("SOAK") == "1" else 2)
rounds = pytest.mark.parametrize("round_", ROUNDS)


@pytest.fixture
def tied(transactional_db: Any) -> tuple[Pair, Connection]:
    """Shipments granted at view and approved at admin; it ends in fifty days."""
    pair = Pair(*make.pair())
    make.approved(pair.provider, make.FBA, "admin")
    row = make.connection(
        pair.seller,
        pair.provider,
        {make.FBA: "view"},
        ends_at=clock.now() + timedelta(days=50),
    )
    return pair, row


def refused(results: list[Any]) -> list[int]:
    return [result.status for result in results if isinstance(result, DomainError)]


def events(*verbs: str) -> list[int]:
    return [Event.objects.filter(verb=f"connection.{verb}").count() for verb in verbs]


def mails(*kinds: str) -> list[int]:
    return [Message.objects.filter(kind=f"connections.{kind}").count() for kind in kinds]


@rounds
def test_pausing_while_a_delegate_posts(round_: int, tied: tuple[Pair, Connection]) -> None:
    """What the delegate did came before the pause, or it was not done (N1, N9)."""
    pair, row = tied
    row.grants.update(level=Level.EDIT)
    ana = pair.employee()
    make.assigned(ana, row, "edit")
    facts, items = ShipmentFacts("Autumn", CENTER), [ItemPlan("SKU-1", 5)]
    results = together(
        lambda: pauses.pause(connection=row, by=pair.seller_admin),
        lambda: create_shipment(by=ana, seller=pair.seller, facts=facts, items=items),
    )
    assert not isinstance(results[0], DomainError)
    made = Shipment.objects.filter(seller=pair.seller).count()
    assert (refused(results), made) in [([404], 0), ([], 1)]
    last = Event.objects.filter(verb__in=["connection.paused", "shipment.created"]).order_by("pk")
    assert [event.verb for event in last] == ["shipment.created"] * made + ["connection.paused"]
    assert mails("connection_paused") == [2]
    assert access.effective_level(ana, pair.seller, make.FBA) == Level.NONE


@rounds
def test_two_administrators_pause_and_one_resumes_at_once(
    round_: int, tied: tuple[Pair, Connection]
) -> None:
    pair, row = tied
    two = administrator(pair.seller, identified=False)
    results = together(
        lambda: pauses.pause(connection=row, by=pair.seller_admin),
        lambda: pauses.pause(connection=row, by=two),
    )
    assert refused(results) == [409]
    assert events("paused") == [1]
    # The seller has two administrators.
    assert mails("connection_paused") == [3]
    later = clock.now() + timedelta(days=9)
    results = together(
        lambda: pauses.resume(connection=row, by=pair.seller_admin),
        lambda: pauses.set_day(connection=row, by=two, until=later),
    )
    moved = not isinstance(results[1], DomainError)
    assert refused(results) == ([] if moved else [409])
    assert events("pause_moved", "resumed") == [int(moved), 1]
    assert mails("connection_pause_moved", "connection_resumed") == [3 * moved, 3]
    row.refresh_from_db()
    assert (row.status, row.paused_until) == ("active", None)


@rounds
def test_the_day_is_moved_while_the_sweep_resumes(
    round_: int, tied: tuple[Pair, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause whose day has come is over: nobody is put back behind it."""
    pair, row = tied
    pauses.pause(connection=row, by=pair.seller_admin, until=clock.now() + timedelta(days=2))
    real = clock.real_now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=3))
    later = real() + timedelta(days=9)
    results = together(
        sweep, lambda: pauses.set_day(connection=row, by=pair.seller_admin, until=later)
    )
    assert refused(results) == [409]
    assert events("pause_moved", "resumed") == [0, 1]
    assert mails("connection_resumed") == [2]


@rounds
def test_consent_while_the_approval_is_withdrawn(
    round_: int, tied: tuple[Pair, Connection]
) -> None:
    """C4: consented first, the grant stands and counts for nothing; revoked first, it is told."""
    pair, row = tied
    standing = make.role_request(row, {make.FBA: "admin"})
    approved = make.approved(pair.provider, make.FBA, "admin")
    by = reviewer(lead=True)
    results = together(
        lambda: requests.consent(
            request=standing, by=pair.seller_admin, levels={make.FBA: Level.ADMIN}
        ),
        lambda: revoke_approved_role(
            approved_role=approved, reason="Complaints.", version=approved.version, by=by
        ),
    )
    assert not isinstance(results[1], DomainError)
    consented = not isinstance(results[0], DomainError)
    assert refused(results) == ([] if consented else [422])
    standing.refresh_from_db()
    assert standing.status == ("consented" if consented else "open")
    assert grants_in(row) == {make.FBA: Level.ADMIN if consented else Level.VIEW}
    assert events("request_consented") == [int(consented)]
    assert mails("role_request_answered") == [2 * consented]
    for user in (pair.provider_admin, pair.employee()):
        assert access.effective_level(user, pair.seller, make.FBA) == Level.NONE


@rounds
def test_two_answers_to_one_request(round_: int, tied: tuple[Pair, Connection]) -> None:
    """C1: one of them counts, and the other hears that it was answered."""
    pair, row = tied
    two = administrator(pair.seller, identified=False)
    standing = make.role_request(row, {make.FBA: "admin"})
    results = together(
        lambda: requests.consent(
            request=standing, by=pair.seller_admin, levels={make.FBA: Level.EDIT}
        ),
        lambda: requests.refuse(request=standing, by=two, reason="Not now."),
        lambda: requests.withdraw(request=standing, by=pair.provider_admin),
    )
    assert refused(results) == [410, 410]
    standing.refresh_from_db()
    ends = ("partly_consented", "refused", "withdrawn")
    assert standing.status in ends
    assert events(*(f"request_{end}" for end in ends)) == [int(standing.status == e) for e in ends]
    told = mails("role_request_answered", "role_request_withdrawn")
    assert (
        told
        == {"partly_consented": [3, 0], "refused": [1, 0], "withdrawn": [0, 2]}[standing.status]
    )
    granted = Level.EDIT if standing.status == "partly_consented" else Level.VIEW
    assert grants_in(row) == {make.FBA: granted}


@rounds
def test_the_same_consent_twice(round_: int, tied: tuple[Pair, Connection]) -> None:
    pair, row = tied
    standing = make.role_request(row, {make.FBA: "admin"})
    levels = {make.FBA: Level.ADMIN}
    results = together(
        *[lambda: requests.consent(request=standing, by=pair.seller_admin, levels=levels)] * 2
    )
    assert refused(results) == [410]
    assert events("request_consented") == [1]
    assert mails("role_request_answered") == [2]
    row.refresh_from_db()
    assert row.version == 2


@rounds
def test_consent_while_the_connection_ends(round_: int, tied: tuple[Pair, Connection]) -> None:
    """The request is granted and the grant ends with the connection, or it is void."""
    pair, row = tied
    standing = make.role_request(row, {make.FBA: "admin"})
    results = together(
        lambda: requests.consent(
            request=standing, by=pair.seller_admin, levels={make.FBA: Level.ADMIN}
        ),
        lambda: endings.terminate(
            connection=row, by=pair.provider_admin, organization=pair.provider
        ),
    )
    assert not isinstance(results[1], DomainError)
    consented = not isinstance(results[0], DomainError)
    assert refused(results) == ([] if consented else [410])
    standing.refresh_from_db()
    assert standing.status == ("consented" if consented else "void")
    assert events("request_consented", "request_void") == [int(consented), int(not consented)]
    assert mails("role_request_answered", "connection_ended") == [2 * consented, 2]
    assert grants_in(row) == {}
    assert access.effective_level(pair.provider_admin, pair.seller, make.FBA) == Level.NONE


@rounds
def test_agreeing_to_a_later_end_while_the_connection_ends(
    round_: int, tied: tuple[Pair, Connection]
) -> None:
    """Agreed and then ended, or void: never a connection that lives on against a side's will."""
    pair, row = tied
    renewal = make.renewal(row, "provider")
    results = together(
        lambda: renewals.agree(renewal=renewal, by=pair.seller_admin, organization=pair.seller),
        lambda: endings.terminate(
            connection=row, by=pair.provider_admin, organization=pair.provider
        ),
    )
    assert not isinstance(results[1], DomainError)
    agreed = not isinstance(results[0], DomainError)
    assert refused(results) == ([] if agreed else [410])
    renewal.refresh_from_db()
    row.refresh_from_db()
    assert (row.status, renewal.status) == ("terminated", "agreed" if agreed else "void")
    assert events("renewal_agreed", "renewal_void", "terminated") == [agreed, not agreed, 1]
    assert mails("connection_renewed", "connection_ended") == [2 * agreed, 2]


@rounds
def test_both_sides_propose_a_later_end_at_once(round_: int, tied: tuple[Pair, Connection]) -> None:
    """One proposal stands, and who came second is told that there is one."""
    pair, row = tied
    until = clock.now() + timedelta(days=300)
    sides = [(pair.seller_admin, pair.seller), (pair.provider_admin, pair.provider)]
    results = together(
        *[
            lambda by=by, organization=organization: renewals.propose(
                connection=row, by=by, organization=organization, ends_at=until
            )
            for by, organization in sides
        ]
    )
    assert refused(results) == [409]
    assert row.renewals.count() == 1
    assert events("renewal_proposed") == [1]
    assert mails("renewal_proposed") == [1]
