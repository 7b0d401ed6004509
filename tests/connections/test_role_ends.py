"""A role ends on a day of its own, and an approval's lapse takes nothing for good (X3)."""

from datetime import UTC, date, timedelta

import pytest

from connections.models import Assignment, Connection, RoleGrant
from connections.rights import access
from connections.tasks import sweep
from core import clock
from core.audit.models import Event
from core.web.access import Level
from tests.connections.conftest import Pair, grants_in
from tests.factories import connections as make
from tests.support import drain, nothing_changes, signed_in

FBA, LISTINGS = f"grant-{make.FBA}", f"grant-{make.LISTINGS}"
UNTIL = f"until-{make.FBA}"


def in_days(days: int) -> date:
    return clock.today(UTC) + timedelta(days=days)


def roles_url(pair: Pair, row: Connection) -> str:
    return pair.seller_url(f"partners/{row.public_id}/roles/")


def pass_days(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    real = clock.real_now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=days))


def end_of(row: Connection) -> date | None:
    grant = row.grants.active().get(role__code=make.FBA)
    return grant.ends_at.date() if grant.ends_at else None


def test_the_seller_sets_and_clears_it(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    until = in_days(40)
    form = {FBA: "2", UNTIL: until.isoformat(), "version": "1"}
    assert pair.at_seller().post(roles_url(pair, row), form).status_code == 302
    assert (end_of(row), grants_in(row)[make.FBA]) == (until, 2)
    event = Event.objects.get(verb="connection.roles_changed")
    assert event.before == {make.FBA: "edit"}
    end = clock.end_of(until, UTC).isoformat()
    assert event.after == {make.FBA: {"level": "edit", "until": end}}
    said = f"{until.day} {until:%B %Y}"
    assert all(f"edit → edit until {said}" in mail.body for mail in drain())
    for client, path in (
        (pair.at_seller(), pair.seller_url(f"partners/{row.public_id}/")),
        (pair.at_provider(), pair.provider_url(f"clients/{row.public_id}/")),
    ):
        text = client.get(path).text
        assert f">{said}</time></small>" in text
        assert f"edit → edit until {said}" in text
    page = pair.at_seller().get(roles_url(pair, row)).text
    assert f'value="{until.isoformat()}"' in page
    # Raising keeps it, an empty day clears it.
    make.approved(pair.provider, make.FBA, "admin")
    pair.at_seller().post(roles_url(pair, row), {FBA: "3", "version": "2"})
    assert end_of(row) == until
    pair.at_seller().post(roles_url(pair, row), {FBA: "3", UNTIL: "", "version": "3"})
    assert end_of(row) is None


def test_it_can_be_set_at_acceptance(pair: Pair) -> None:
    make.approved(pair.provider)
    invitation = make.invitation(pair.seller, pair.provider)
    path = pair.seller_url(f"partners/invitations/{invitation.public_id}/")
    until = in_days(9)
    assert pair.at_seller().post(path, {FBA: "1", UNTIL: until.isoformat()}).status_code == 302
    assert end_of(Connection.objects.get()) == until


@pytest.mark.parametrize("days", [-2, 400])
def test_a_day_that_cannot_be_is_told_at_its_row(pair: Pair, days: int) -> None:
    row = pair.connect(fba="edit")
    form = {FBA: "1", UNTIL: in_days(days).isoformat(), "version": "1", "confirmed": "1"}
    with nothing_changes():
        answer = pair.at_seller().post(roles_url(pair, row), form)
    assert answer.status_code == 422
    assert f'id="id_{UNTIL}_error"' in answer.text
    assert f'value="{in_days(days).isoformat()}"' in answer.text


def test_on_its_day_it_counts_no_more_and_the_sweep_tells_all(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = pair.connect(fba="edit", listings="edit")
    ana = pair.employee()
    make.assigned(ana, row)
    client = signed_in(ana)
    form = {UNTIL: in_days(3).isoformat(), FBA: "2", "version": "1"}
    pair.at_seller().post(roles_url(pair, row), form)
    drain()
    sweep()
    assert drain() == []
    assert client.get(pair.seller_url("shipments/")).status_code == 200
    pass_days(monkeypatch, 4)
    # Reading notices before the sweep does: pages, rights, what can be lowered and assigned.
    assert client.get(pair.seller_url("shipments/")).status_code == 403
    assert access.effective_level(ana, pair.seller, make.FBA) == Level.NONE
    role = "Manage FBA Inventory/Shipments"
    for rest in (f"clients/{row.public_id}/", f"clients/{row.public_id}/roles/"):
        shown = pair.at_provider().get(pair.provider_url(rest)).text
        assert role not in shown.partition("What happened")[0]
    sweep()
    assert grants_in(row) == {make.LISTINGS: 2}
    assert Assignment.objects.get().content_object.role.code == make.LISTINGS
    event = Event.objects.get(verb="connection.roles_ended")
    assert (event.before, event.after, event.actor_ref) == (
        {make.FBA: "edit"},
        {make.FBA: "none"},
        None,
    )
    told = {mail.to[0]: mail.body for mail in drain()}
    assert set(told) == {ana.email, pair.seller_admin.email, pair.provider_admin.email}
    assert all("edit → none" in body for body in told.values())
    with nothing_changes():
        sweep()


def test_granted_again_after_its_day_it_is_a_new_grant(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when no sweep ran: old assignments do not come back."""
    row = pair.connect(fba="edit", listings="edit")
    make.assigned(pair.employee(), row)
    RoleGrant.objects.filter(role__code=make.FBA).update(ends_at=clock.now() + timedelta(days=1))
    pass_days(monkeypatch, 2)
    form = {FBA: "1", "version": "1"}
    assert pair.at_seller().post(roles_url(pair, row), form).status_code == 302
    assert grants_in(row) == {make.FBA: 1, make.LISTINGS: 2}
    assert end_of(row) is None
    assert RoleGrant.objects.filter(role__code=make.FBA).count() == 2
    assert Assignment.objects.count() == 1


def test_a_lapsed_approval_leaves_grant_and_day(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X3."""
    row = pair.connect(fba="edit")
    until = clock.now() + timedelta(days=90)
    RoleGrant.objects.update(ends_at=until)
    approval = make.approved(pair.provider, expires_at=clock.now() + timedelta(days=10))
    pass_days(monkeypatch, 20)
    sweep()
    assert access.effective_level(pair.provider_admin, pair.seller, make.FBA) == Level.NONE
    assert row.grants.active().get().ends_at == until
    approval.expires_at = clock.now() + timedelta(days=300)
    approval.save(update_fields=["expires_at"])
    assert access.effective_level(pair.provider_admin, pair.seller, make.FBA) == Level.EDIT
