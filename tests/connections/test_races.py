"""Two people at the same moment (C1, C2, C4, C6, C9).

They meet after reading and before writing, as far as locks let them; whoever comes second hears the
truth, and what stands afterwards could have come about one after the other (N27). Each race is
first run without guards, where the same check must fail.
"""

import threading
from contextlib import suppress
from typing import Any

import pytest

from accounts.invitations import transitions as mechanism
from accounts.models import Membership
from connections.models import Assignment, Connection, ConnectionInvitation, PartnerLink, RoleGrant
from connections.rights import access, effective_rights
from connections.tasks import sweep
from connections.transitions import assignments, endings, grants, invitations, links
from core.audit.models import Event
from core.outbox.models import Message
from core.web.access import Level
from roles.models import ApprovedRole
from roles.transitions.approvals import revoke_approved_role
from tests.connections.conftest import grants_in
from tests.factories import connections as make
from tests.factories.accounts import administrator, identity, member
from tests.factories.roles import reviewer
from tests.racing import CERTAINLY, GUARDS, LOCKS, PATIENCE, holds, refusals, together, unlock

pytestmark = pytest.mark.django_db(transaction=True)
ONE_LIVE = "connections_connection_one_live"
ONE_PENDING = "connections_connectioninvitation_one_pending"
ONE_LINK = "connections_partnerlink_one_open"
LEVELS = {make.FBA: Level.VIEW}


@pytest.mark.parametrize("guards", GUARDS)
def test_two_administrators_accept_at_once(guards: str, meeting: Any) -> None:
    """C1: one success, one event, one set of mails."""
    seller, one, provider, _ = make.pair()
    two = administrator(seller, identified=False)
    make.approved(provider)
    row = make.invitation(seller, provider)
    meeting(guards, ONE_LIVE)

    def promise() -> None:
        results = together(
            lambda: invitations.accept(invitation=row, by=one, levels=LEVELS),
            lambda: invitations.accept(invitation=row, by=two, levels=LEVELS),
        )
        assert refusals(results) in ([410], [409])
        assert Connection.objects.count() == RoleGrant.objects.count() == 1
        assert Event.objects.filter(verb="connection.started").count() == 1
        assert Message.objects.filter(kind="connections.connection_started").count() == 3

    holds(guards, promise)


@pytest.mark.parametrize("guards", GUARDS)
def test_withdrawing_and_accepting_at_once(guards: str, meeting: Any) -> None:
    """C2: never withdrawn and connected; the loser is told."""
    seller, one, provider, two = make.pair()
    make.approved(provider)
    row = make.invitation(seller, provider)
    meeting(guards, ONE_LIVE)
    results = together(
        lambda: invitations.accept(invitation=row, by=one, levels=LEVELS),
        lambda: mechanism.revoke(row=row, by=two),
    )

    def promise() -> None:
        assert len(refusals(results)) == 1
        row.refresh_from_db()
        assert (row.status, Connection.objects.count()) in {("accepted", 1), ("revoked", 0)}

    holds(guards, promise)


@pytest.mark.parametrize("rule", ["naive", "ours"])
@pytest.mark.postgres
def test_granting_while_the_approval_is_revoked(
    rule: str, meeting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C4: whatever comes first, the role cannot be used afterwards (N1).

    A rule that trusts what was checked when the role was granted fails here.
    """
    seller, one, provider, _ = make.pair()
    approved: ApprovedRole = make.approved(provider)
    row = make.invitation(seller, provider)
    employee = member(provider)
    identity(employee)
    by = reviewer(lead=True)
    meeting("all" if rule == "ours" else "none")
    results = together(
        lambda: invitations.accept(invitation=row, by=one, levels=LEVELS),
        lambda: revoke_approved_role(
            approved_role=approved, reason="Complaints.", version=approved.version, by=by
        ),
    )

    def promise() -> None:
        # Revoked first: nothing is granted. Granted first: the grant stands, and does nothing.
        assert refusals(results) in ([], [422])
        approved.refresh_from_db()
        assert approved.status == "revoked"
        for user in (employee, provider.memberships.get(role="administrator").user):
            assert access.effective_level(user, seller, make.FBA) == Level.NONE

    if rule == "ours":
        promise()
        return
    trusting = effective_rights.SELECT.replace("AND a.status = 'active'", "")
    with monkeypatch.context() as patch:
        patch.setattr(effective_rights, "SELECT", trusting)
        effective_rights.create()
        try:
            holds("none", promise)
        finally:
            patch.undo()
            effective_rights.create()


@pytest.mark.parametrize("guards", GUARDS)
def test_adding_the_same_provider_twice_at_once(guards: str, meeting: Any) -> None:
    """C6: one link; the second is led to it."""
    seller, one, provider, _ = make.pair()
    two = administrator(seller, identified=False)
    meeting(guards, f"{ONE_LINK}_per_provider")
    results = together(
        lambda: links.issue(seller=seller, by=one, provider=provider),
        lambda: links.issue(seller=seller, by=two, provider=provider),
    )

    def promise() -> None:
        assert refusals(results) == [409]
        assert PartnerLink.objects.count() == 1

    holds(guards, promise)


@pytest.mark.parametrize("guards", GUARDS)
def test_two_links_are_answered_at_once(guards: str, meeting: Any) -> None:
    """C6: one invitation, whichever link it answers."""
    seller, _, provider, two = make.pair()
    make.approved(provider)
    by_handle = make.partner_link(seller, provider)
    by_address = make.partner_link(seller, address=two.email)
    meeting(guards, ONE_PENDING)
    results = together(
        lambda: invitations.send(link=by_handle, provider=provider, by=two),
        lambda: invitations.send(link=by_address, provider=provider, by=two),
    )

    def promise() -> None:
        assert refusals(results) == [409]
        assert ConnectionInvitation.objects.count() == 1

    holds(guards, promise)


@pytest.mark.parametrize("guards", LOCKS)
def test_adding_a_provider_while_its_invitation_is_accepted(
    guards: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C6: the seller who adds finds what is there, or the connection closes the new link.

    Who adds looks for a connection, then for an open invitation: without locks, both looks miss
    what is accepted between them.
    """
    seller, one, provider, _ = make.pair()
    make.approved(provider)
    row = make.invitation(seller, provider)
    looked, accepted = threading.Event(), threading.Event()
    look, patience = links.live_connection, PATIENCE if guards == "all" else CERTAINLY

    def look_and_wait(*parties: Any) -> Any:
        found = look(*parties)
        looked.set()
        accepted.wait(patience)
        return found

    def accept() -> None:
        looked.wait(CERTAINLY)
        invitations.accept(invitation=row, by=one, levels=LEVELS)
        accepted.set()

    monkeypatch.setattr(links, "live_connection", look_and_wait)
    if guards == "none":
        unlock(monkeypatch)
    together(accept, lambda: links.issue(seller=seller, by=one, provider=provider))

    def promise() -> None:
        assert Connection.objects.count() == 1
        assert not PartnerLink.objects.filter(status="issued", provider=provider).exists()

    holds(guards, promise)


@pytest.mark.parametrize("guards", GUARDS)
def test_two_administrators_change_the_same_roles(guards: str, meeting: Any) -> None:
    """C9: the second gets the conflict, nothing is lost silently."""
    seller, one, provider, _ = make.pair()
    two = administrator(seller, identified=False)
    row = make.connection(seller, provider, {make.FBA: "edit", make.LISTINGS: "edit"})

    def change(by: Any, code: str) -> Any:
        return grants.change(connection=row, by=by, levels={code: Level.VIEW}, version=1)

    meeting(guards)
    results = together(lambda: change(one, make.FBA), lambda: change(two, make.LISTINGS))

    def promise() -> None:
        assert refusals(results) == [409]
        assert sorted(grants_in(row).values()) == [1, 2]
        row.refresh_from_db()
        assert row.version == 2

    holds(guards, promise)


@pytest.mark.parametrize("guards", LOCKS)
def test_two_administrators_assign_from_the_same_page(
    guards: str, meeting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C9: the second page is an old one, whatever it would have changed."""
    seller, _, provider, one = make.pair()
    two = administrator(provider)
    row = make.connection(seller, provider, {make.FBA: "edit"})
    pages = []
    for _ in range(2):
        worker = Membership.objects.get(user=member(provider))
        pages.append({worker.pk: {row.grants.get().pk: Level.VIEW}})
    state, both, read = assignments.state_of(row), threading.Barrier(2), assignments.state_of
    patience = PATIENCE if guards == "all" else CERTAINLY

    def read_and_meet(connection: Any) -> str:
        found = read(connection)
        with suppress(threading.BrokenBarrierError):
            both.wait(patience)
        return found

    monkeypatch.setattr(assignments, "state_of", read_and_meet)
    meeting(guards)
    results = together(
        lambda: assignments.assign(connection=row, by=one, changes=pages[0], state=state),
        lambda: assignments.assign(connection=row, by=two, changes=pages[1], state=state),
    )

    def promise() -> None:
        assert refusals(results) == [409]
        assert Assignment.objects.count() == 1

    holds(guards, promise)


def test_ending_while_roles_are_raised_and_somebody_is_assigned(meeting: Any) -> None:
    """A11: what ends takes along what is being granted and assigned at the same moment."""
    seller, one, provider, two = make.pair()
    row = make.connection(seller, provider, {make.FBA: "edit"})
    make.approved(provider)
    make.approved(provider, make.LISTINGS)
    mine = Membership.objects.get(user=member(provider))
    changes = {mine.pk: {row.grants.get().pk: Level.EDIT}}
    levels = {make.LISTINGS: Level.VIEW, make.FBA: Level.ADMIN}
    meeting("all")
    results = together(
        lambda: endings.terminate(connection=row, by=two, organization=provider),
        lambda: grants.change(connection=row, by=one, levels=levels, version=1),
        lambda: assignments.assign(connection=row, by=two, changes=changes),
    )
    assert set(refusals(results)) <= {410, 404}
    row.refresh_from_db()
    assert row.status == "terminated"
    assert not RoleGrant.objects.active().exists()
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("guards", GUARDS)
def test_both_sides_end_it_at_once(guards: str, meeting: Any) -> None:
    """N29: ended once, told once."""
    seller, one, provider, two = make.pair()
    row = make.connection(seller, provider)
    meeting(guards)
    results = together(
        lambda: endings.terminate(connection=row, by=one, organization=seller),
        lambda: endings.terminate(connection=row, by=two, organization=provider),
    )

    def promise() -> None:
        assert refusals(results) in ([410], [409])
        assert Event.objects.filter(verb="connection.terminated").count() == 1
        assert Message.objects.filter(kind="connections.connection_ended").count() == 2

    holds(guards, promise)


def test_two_workers_sweep_at_once() -> None:
    """C14: one effect."""
    seller, _, provider, _ = make.pair()
    row = make.connection(seller, provider)
    Connection.objects.filter(pk=row.pk).update(ends_at=row.started_at)
    assert together(sweep, sweep) == [None, None]
    assert Event.objects.filter(verb="connection.ended").count() == 1
    assert Message.objects.filter(kind="connections.connection_ended").count() == 2
