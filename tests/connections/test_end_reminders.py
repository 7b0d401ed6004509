"""Every date that ends a right or an offer is told before, once, and anew when it moves (U15)."""

from datetime import UTC, timedelta

import pytest

from accounts.models import Invitation
from accounts.tasks import sweep as sweep_accounts
from connections.models import Connection, PartnerLink, RightUse, RoleGrant, RoleRequest
from connections.reads.unused_rights import unused_assignments, unused_grants
from connections.tasks import sweep
from connections.transitions import grants, pauses, renewals
from core import clock
from roles.models import RoleApplication
from roles.tasks import sweep as sweep_roles
from tests.connections.conftest import Pair
from tests.factories import connections as make
from tests.factories import roles as role_factory
from tests.factories.accounts import administrator, organization
from tests.factories.invitations import KINDS
from tests.support import drain, nothing_changes


@pytest.fixture
def at(monkeypatch):
    """Move the product's clock to a moment."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def sweeps():
    sweep_accounts()
    sweep()
    sweep_roles()


def told():
    """Who was told of what, and nothing by a second sweep."""
    sweeps()
    mails = sorted((mail.to[0], mail.subject) for mail in drain())
    with nothing_changes():
        sweeps()
    return mails


# Offers -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", KINDS)
def test_an_open_invitation_of_every_kind_is_told_to_both_sides(db, at, name):
    scene = KINDS[name]()
    if isinstance(scene.row, PartnerLink):
        PartnerLink.objects.update(mailed_at=clock.now())
    end = scene.row.expires_at
    at(end - timedelta(days=2, seconds=1))
    assert told() == []
    at(end - timedelta(days=2))
    mails = told()
    assert {address for address, _ in mails} == {scene.inviter.email, scene.invited.email}
    assert all("about to e" in subject for _, subject in mails)


@pytest.mark.parametrize("name", KINDS)
def test_an_answered_or_renewed_one_is_told_of_anew_or_not_at_all(db, at, name):
    row = KINDS[name]().row
    rows = type(row).objects.filter(pk=row.pk)
    end = row.expires_at
    at(end - timedelta(days=1))
    told()
    # Sent again: another end, another reminder.
    rows.update(generation=2, expires_at=end + timedelta(days=9), reminded_at=None)
    assert told() == []
    at(end + timedelta(days=8))
    assert told()
    taken_back = "revoked" if isinstance(row, Invitation) else "cancelled"
    rows.update(reminded_at=None, status=taken_back, decided_at=clock.now())
    assert told() == []


def test_who_wants_no_mail_is_not_reminded(db, at):
    from accounts.models import Refusal  # noqa: PLC0415

    scene = KINDS["employee"]()
    Refusal.objects.create(organization=scene.organization, address=scene.row.address)
    at(scene.row.expires_at - timedelta(days=1))
    assert [address for address, _ in told()] == [scene.inviter.email]


def test_a_request_that_waits_is_told_to_the_seller(pair: Pair, at) -> None:
    row = pair.connect(fba="view")
    request = make.role_request(row, {make.FBA: "edit"})
    at(request.expires_at - timedelta(days=1))
    assert [address for address, _ in told()] == [pair.seller_admin.email]
    RoleRequest.objects.update(reminded_at=None, status="refused", decided_at=clock.now())
    assert told() == []


def test_a_reviewers_question_is_told_a_week_before_the_lapse(db, at):
    provider = organization("provider")
    boss = administrator(provider)
    row = role_factory.application(provider, {"orders.returns": "edit"}, "information_requested")
    at(row.answer_due_at - timedelta(days=8))
    assert told() == []
    at(row.answer_due_at - timedelta(days=7))
    assert [address for address, _ in told()] == [boss.email]
    # Asked again later: another date.
    RoleApplication.objects.update(
        reminded_at=None, asked_at=clock.now(), answer_due_at=clock.now() + timedelta(days=30)
    )
    assert told() == []
    at(clock.now() + timedelta(days=24))
    assert [address for address, _ in told()] == [boss.email]


# Rights -------------------------------------------------------------------------------------------
def own_end(pair: Pair, row: Connection, days: int) -> None:
    end = clock.end_after(days, pair.seller.zone)
    row.refresh_from_db()
    level = {make.FBA: 2}
    grants.change(
        connection=row, by=pair.seller_admin, levels=level, version=row.version,
        until={make.FBA: end},
    )  # fmt: skip
    drain()


def test_a_roles_own_end_is_told_and_a_moved_one_anew(pair: Pair, at) -> None:
    """Both sides, and who uses it, at 30, 7 and 1 days."""
    now = clock.now()
    row = pair.connect(fba="edit", listings="edit")
    ana = pair.employee()
    make.assigned(ana, row.grants.get(role__code=make.FBA), "view")
    own_end(pair, row, 40)
    everybody = sorted([pair.seller_admin.email, pair.provider_admin.email, ana.email])
    assert told() == []
    for days in (11, 34, 40):
        at(now + timedelta(days=days))
        mails = told()
        assert [address for address, _ in mails] == everybody
        assert all("end soon" in subject for _, subject in mails)
    own_end(pair, row, 20)
    at(now + timedelta(days=54))
    assert [address for address, _ in told()] == everybody


def test_a_short_role_is_not_reminded_of_at_its_start(pair: Pair, at) -> None:
    row = pair.connect(fba="edit")
    own_end(pair, row, 5)
    assert RoleGrant.objects.get().reminded == 7
    assert told() == []


def test_a_role_that_ends_with_its_connection_is_told_with_it(pair: Pair, at) -> None:
    row = pair.connect(fba="edit")
    RoleGrant.objects.update(ends_at=row.ends_at)
    at(row.ends_at - timedelta(days=6))
    subjects = [subject for _, subject in told()]
    assert any("Connection: ends" in subject for subject in subjects)
    assert not any("Roles: end soon" in subject for subject in subjects)


@pytest.mark.parametrize("way", ["roles", "agreement"])
def test_a_connections_moved_end_is_told_anew(pair: Pair, at, way: str) -> None:
    now = clock.now()
    row = pair.connect(fba="edit")
    Connection.objects.update(ends_at=now + timedelta(days=6))
    assert len(told()) == 2
    later = clock.end_of(clock.day_of(now + timedelta(days=90), UTC), UTC)
    row.refresh_from_db()
    if way == "roles":
        grants.change(
            connection=row, by=pair.seller_admin, levels={make.FBA: 2}, version=row.version,
            ends_at=later,
        )  # fmt: skip
    else:
        sides = {"by": pair.provider_admin, "organization": pair.provider}
        renewal = renewals.propose(connection=row, ends_at=later, **sides)
        renewals.agree(renewal=renewal, by=pair.seller_admin, organization=pair.seller)
    drain()
    assert told() == []
    at(later - timedelta(days=30))
    assert len(told()) == 2


def test_a_pause_is_told_a_day_before_it_ends_and_a_moved_one_anew(pair: Pair, at) -> None:
    row = pair.connect(fba="edit")
    first = clock.end_after(5, pair.seller.zone)
    pauses.pause(connection=row, by=pair.seller_admin, until=first)
    drain()
    at(first - timedelta(hours=25))
    assert told() == []
    at(first - timedelta(hours=23))
    both = sorted([pair.seller_admin.email, pair.provider_admin.email])
    assert [address for address, _ in told()] == both
    second = first + timedelta(days=4)
    pauses.set_day(connection=row, by=pair.seller_admin, until=second)
    drain()
    assert told() == []
    at(second - timedelta(hours=2))
    assert [address for address, _ in told()] == both


def test_a_pause_that_was_prolonged_in_that_moment_goes_on(pair: Pair, at) -> None:
    """The sweep asked, the seller moved the day, then the sweep comes to this row."""
    row = pair.connect(fba="edit")
    end = clock.end_after(2, pair.seller.zone)
    pauses.pause(connection=row, by=pair.seller_admin, until=end)
    at(end + timedelta(minutes=1))
    [due] = Connection.objects.pause_over(clock.now())
    Connection.objects.update(paused_until=end + timedelta(days=9))
    assert pauses.resume_overdue(connection=due) is False
    assert Connection.objects.get().is_paused


# Thirty days --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "listed"), [(29, False), (30, True)])
def test_unused_for_thirty_days_is_thirty_days(pair: Pair, days: int, listed: bool) -> None:
    row = pair.connect(fba="edit")
    ana = pair.employee()
    [assigned] = make.assigned(ana, row)
    long_ago = clock.now() - timedelta(days=400)
    RoleGrant.objects.update(granted_at=long_ago)
    type(assigned).objects.update(assigned_at=long_ago)
    used = clock.today(pair.seller.zone) - timedelta(days=days)
    RightUse.objects.create(connection=row, user=ana, role=row.grants.get().role, last_used_on=used)
    assert unused_grants(30, seller=pair.seller).exists() is listed
    assert unused_assignments(30, provider=pair.provider).exists() is listed
