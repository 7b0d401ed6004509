"""Two people at the same moment, on PostgreSQL (C1, C2, C4, C6, C9).

Both threads start together and meet at the locks; whoever comes second hears the truth, and what
stands afterwards could have come about one after the other (N27).
"""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database

from accounts.models import Membership
from connections import access
from connections.models import Assignment, Connection, ConnectionInvitation, PartnerLink, RoleGrant
from connections.tasks import sweep
from connections.transitions import assignments, endings, grants, invitations, links
from partnerhub.audit.models import Event
from partnerhub.errors import DomainError
from partnerhub.outbox.models import Message
from partnerhub.web.access import Level
from roles.models import ApprovedRole
from roles.transitions.approvals import revoke_approved_role
from tests.connections.conftest import grants_in
from tests.factories import connections as make
from tests.factories.accounts import administrator, identity, member
from tests.factories.roles import reviewer

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = range(20 if os.environ.get("SOAK") == "1" else 2)


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Run all at once; each result is what it returned, or the refusal it raised."""
    results: list[Any] = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def run(place: int) -> None:
        try:
            start.wait()
            results[place] = actions[place]()
        except DomainError as error:
            results[place] = error
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def refusals(results: list[Any]) -> list[int]:
    return [result.status for result in results if isinstance(result, DomainError)]


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_administrators_accept_at_once(round_: int) -> None:
    """C1: one success, one event, one set of mails."""
    seller, one, provider, _ = make.pair()
    two = administrator(seller, identified=False)
    make.approved(provider)
    row = make.invitation(seller, provider)

    def accept(by: Any) -> Any:
        return invitations.accept(invitation=row, by=by, levels={make.FBA: Level.VIEW})

    results = together(lambda: accept(one), lambda: accept(two))
    assert refusals(results) == [410]
    assert Connection.objects.count() == RoleGrant.objects.count() == 1
    assert Event.objects.filter(verb="connection.started").count() == 1
    assert Message.objects.filter(kind="connections.connection_started").count() == 3


@pytest.mark.parametrize("round_", ROUNDS)
def test_withdrawing_and_accepting_at_once(round_: int) -> None:
    """C2: never withdrawn and connected."""
    seller, one, provider, two = make.pair()
    make.approved(provider)
    row = make.invitation(seller, provider)
    levels = {make.FBA: Level.VIEW}
    results = together(
        lambda: invitations.accept(invitation=row, by=one, levels=levels),
        lambda: invitations.withdraw(invitation=row, by=two),
    )
    assert len(refusals(results)) == 1
    row.refresh_from_db()
    assert (row.status, Connection.objects.count()) in {("accepted", 1), ("revoked", 0)}


@pytest.mark.parametrize("round_", ROUNDS)
def test_granting_while_the_approval_is_revoked(round_: int) -> None:
    """C4: whatever comes first, the role cannot be used afterwards (N1)."""
    seller, one, provider, _ = make.pair()
    approved: ApprovedRole = make.approved(provider)
    row = make.invitation(seller, provider)
    employee = member(provider)
    identity(employee)
    by = reviewer()
    levels = {make.FBA: Level.VIEW}
    results = together(
        lambda: invitations.accept(invitation=row, by=one, levels=levels),
        lambda: revoke_approved_role(
            approved_role=approved, reason="Complaints.", version=approved.version, by=by
        ),
    )
    # Revoked first: nothing is granted. Granted first: the grant stands, and counts for nothing.
    assert refusals(results) in ([], [422])
    approved.refresh_from_db()
    assert approved.status == "revoked"
    for user in (employee, provider.memberships.get(role="administrator").user):
        assert access.effective_level(user, seller, make.FBA) == Level.NONE


@pytest.mark.parametrize("round_", ROUNDS)
def test_adding_the_same_provider_twice_at_once(round_: int) -> None:
    seller, one, provider, _ = make.pair()
    two = administrator(seller, identified=False)
    results = together(
        lambda: links.issue(seller=seller, by=one, provider=provider),
        lambda: links.issue(seller=seller, by=two, provider=provider),
    )
    assert refusals(results) == [409]
    assert PartnerLink.objects.count() == 1


@pytest.mark.parametrize("round_", ROUNDS)
def test_adding_while_the_provider_answers_another_link(round_: int) -> None:
    """C6: the second finds the first, and there is one connection in the end."""
    seller, one, provider, two = make.pair()
    make.approved(provider)
    by_handle = make.partner_link(seller, provider)
    by_address = make.partner_link(seller, address=two.email)
    results = together(
        lambda: invitations.send(link=by_handle, provider=provider, by=two),
        lambda: invitations.send(link=by_address, provider=provider, by=two),
    )
    assert refusals(results) == [409]
    assert ConnectionInvitation.objects.count() == 1
    row = ConnectionInvitation.objects.get()
    levels = {make.FBA: Level.VIEW}
    results = together(
        lambda: invitations.accept(invitation=row, by=one, levels=levels),
        lambda: links.issue(seller=seller, by=one, provider=provider),
    )
    assert refusals(results) == [409]
    assert Connection.objects.count() == 1
    assert not PartnerLink.objects.filter(status="issued", provider=provider).exists()


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_administrators_change_the_same_roles(round_: int) -> None:
    """C9: the second gets the conflict, nothing is lost silently."""
    seller, one, provider, _ = make.pair()
    two = administrator(seller, identified=False)
    row = make.connection(seller, provider, {make.FBA: "edit", make.LISTINGS: "edit"})

    def change(by: Any, code: str) -> Any:
        return grants.change(connection=row, by=by, levels={code: Level.VIEW}, version=1)

    results = together(lambda: change(one, make.FBA), lambda: change(two, make.LISTINGS))
    assert refusals(results) == [409]
    assert sorted(grants_in(row).values()) == [1, 2]
    row.refresh_from_db()
    assert row.version == 2


@pytest.mark.parametrize("round_", ROUNDS)
def test_ending_while_roles_are_raised_and_people_assigned(round_: int) -> None:
    seller, one, provider, two = make.pair()
    row = make.connection(seller, provider, {make.FBA: "edit"})
    make.approved(provider)
    employee = member(provider)
    mine = Membership.objects.get(user=employee)
    changes = {mine.pk: {row.grants.get().pk: Level.EDIT}}
    results = together(
        lambda: endings.terminate(connection=row, by=two, organization=provider),
        lambda: grants.change(
            connection=row,
            by=one,
            levels={make.LISTINGS: Level.NONE, make.FBA: Level.ADMIN},
            version=1,
        ),
        lambda: assignments.assign(connection=row, by=two, changes=changes),
    )
    assert set(refusals(results)) <= {410, 404}
    row.refresh_from_db()
    assert row.status == "terminated"
    assert not RoleGrant.objects.active().exists()
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("round_", ROUNDS)
def test_both_sides_end_it_at_once(round_: int) -> None:
    seller, one, provider, two = make.pair()
    row = make.connection(seller, provider)
    results = together(
        lambda: endings.terminate(connection=row, by=one, organization=seller),
        lambda: endings.terminate(connection=row, by=two, organization=provider),
    )
    assert refusals(results) == [410]
    assert Event.objects.filter(verb="connection.terminated").count() == 1
    assert Message.objects.filter(kind="connections.connection_ended").count() == 2


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_workers_sweep_at_once(round_: int) -> None:
    """C14: one effect."""
    seller, _, provider, _ = make.pair()
    row = make.connection(seller, provider)
    Connection.objects.filter(pk=row.pk).update(ends_at=row.started_at)
    assert together(sweep, sweep) == [None, None]
    assert Event.objects.filter(verb="connection.ended").count() == 1
    assert Message.objects.filter(kind="connections.connection_ended").count() == 2
