"""What the scheduler moves, and that one bad row stops nothing."""

from datetime import timedelta

import pytest

from accounts import tasks
from accounts.invitations import kinds
from accounts.transitions import identity as identity_transitions
from core import clock
from core.audit.models import Event
from core.failures.models import Failure
from tests.factories.accounts import employee_invitation, identity, organization, person
from tests.support import nothing_changes

pytestmark = pytest.mark.django_db


def invitation(**fields):
    overdue = {"expires_at": clock.now() - timedelta(minutes=1)} | fields
    return employee_invitation(organization("provider"), "new@mail.example", **overdue)


@pytest.mark.parametrize("status", ["pending", "undeliverable"])
def test_overdue_invitations_expire_once(status):
    row = invitation(status=status)
    tasks.sweep()
    row.refresh_from_db()
    assert row.status == "expired"
    assert Event.objects.get().verb == "employee_invitation.expired"
    with nothing_changes():
        tasks.sweep()


def test_what_is_not_over_stays():
    # So far off that no reminder of its end is due either.
    invitation(expires_at=clock.now() + timedelta(days=10))
    invitation(status="revoked", decided_at=clock.now())
    identity(person())
    identity(person(), "submitted")
    with nothing_changes():
        tasks.sweep()


def test_the_kind_is_told_in_the_same_transaction(monkeypatch):
    """What the kind writes stands or falls with the expiry."""
    row = invitation()

    def fail(invitation):
        raise RuntimeError("no mail today")

    monkeypatch.setattr(kinds.get("employee"), "on_expired", fail)
    with nothing_changes():
        tasks.sweep()
    monkeypatch.undo()
    Failure.objects.update(due_at=clock.real_now())  # what failed rests for a minute
    tasks.sweep()
    row.refresh_from_db()
    assert row.status == "expired"
    assert not Failure.objects.exists()


def test_one_bad_row_stops_no_other(monkeypatch):
    now = clock.now()
    bad = identity(person(), expires_at=now - timedelta(days=2))
    good = identity(person(), expires_at=now - timedelta(days=1))
    expire = identity_transitions.expire_identity

    def flaky(*, check):
        if check.pk == bad.pk:
            raise RuntimeError("broken row")
        return expire(check=check)

    monkeypatch.setattr(identity_transitions, "expire_identity", flaky)
    tasks.sweep()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("verified", "expired")
