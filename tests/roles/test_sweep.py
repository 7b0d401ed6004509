"""What time does: unanswered questions lapse, approvals are reminded of and lapse."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.audit.models import Event
from core.notifications.models import Notification
from core.outbox.models import FanOut
from roles.models import ApprovedRole
from roles.tasks import sweep, tell_reviewers
from tests.factories import accounts, roles
from tests.factories.reviewers import desk_reviewer
from tests.support import drain, nothing_changes

pytestmark = pytest.mark.django_db


def at(monkeypatch: pytest.MonkeyPatch, moment: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def told() -> list[str]:
    return [mail.subject for mail in drain()]


def test_unanswered_question_lapses_after_thirty_days(
    provider: Any, administrator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = roles.application(provider, status="information_requested")
    with nothing_changes():
        sweep()
    at(monkeypatch, application.answer_due_at)
    sweep()
    application.refresh_from_db()
    assert application.status == "lapsed"
    assert told() == ["[Blue Harbor] Role application Inventory: lapsed"]
    assert Event.objects.get(verb="role_application.lapsed").actor_ref is None
    with nothing_changes():
        sweep()


def test_approvals_lapse_together_in_one_mail(
    provider: Any, administrator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = roles.approved_role(provider, "pricing.pricing")
    roles.approved_role(provider, "pricing.health", "view", expires_at=first.expires_at)
    stays = roles.approved_role(
        provider, "brand.store", expires_at=first.expires_at + timedelta(days=300)
    )
    at(monkeypatch, first.expires_at + timedelta(days=1))
    sweep()
    assert told() == ["[Blue Harbor] Approved roles: 2 have lapsed"]
    states = ApprovedRole.objects.order_by("pk").values_list("status", flat=True)
    assert list(states) == ["lapsed", "lapsed", "active"]
    first.refresh_from_db()
    # It ended when its year was over, not when the sweep came.
    assert first.ended_at == first.expires_at
    assert FanOut.objects.filter(arguments__change="lapsed").count() == 2
    with nothing_changes():
        sweep()
    stays.refresh_from_db()
    assert stays.version == 1


def test_reminders_go_out_once_for_each_stage(
    provider: Any, administrator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = roles.approved_role(provider, "pricing.pricing")
    ends = row.expires_at
    stages = []
    for days in (61, 60, 59, 30, 29, 7, 6, 1):
        at(monkeypatch, ends - timedelta(days=days))
        sweep()
        sweep()
        stages.append((days, len(told())))
    assert stages == [(61, 0), (60, 1), (59, 0), (30, 1), (29, 0), (7, 1), (6, 0), (1, 0)]
    assert FanOut.objects.filter(arguments__change="lapsing").count() == 3
    assert Notification.objects.filter(user=administrator).count() == 3


def test_late_comer_gets_one_reminder_not_three(
    provider: Any, administrator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = roles.approved_role(provider, "pricing.pricing")
    at(monkeypatch, row.expires_at - timedelta(days=5))
    sweep()
    assert len(told()) == 1
    assert FanOut.objects.count() == 1


def test_every_administrator_of_every_provider_is_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = set()
    for _ in range(3):
        firm = accounts.organization("provider")
        people |= {accounts.administrator(firm).email, accounts.administrator(firm).email}
        accounts.member(firm)
        row = roles.approved_role(firm, "pricing.pricing")
        roles.approved_role(firm, "pricing.automated")
    at(monkeypatch, row.expires_at + timedelta(days=1))
    sweep()
    mails = drain()
    assert sorted(mail.to[0] for mail in mails) == sorted(people)


def test_sweep_does_not_touch_what_was_renewed_meanwhile(
    provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = roles.approved_role(provider, "pricing.pricing")
    ApprovedRole.objects.filter(pk=row.pk).update(expires_at=row.expires_at + timedelta(days=365))
    at(monkeypatch, row.expires_at + timedelta(days=1))
    sweep()
    row.refresh_from_db()
    assert row.status == "active"


def test_reviewers_are_told_once_a_day_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    morning = clock.now().replace(hour=8)
    at(monkeypatch, morning)
    reviewer, lead = desk_reviewer(), desk_reviewer(lead=True)
    accounts.person(is_staff=True)
    tell_reviewers()
    assert drain() == [], "nothing waits"
    roles.submitted(accounts.organization("provider"))
    accounts.identity(accounts.person(), "submitted")
    for _ in range(2):
        tell_reviewers()
    mails = drain()
    assert sorted(mail.to[0] for mail in mails) == sorted([reviewer.email, lead.email])
    for part in (mails[0].body, mails[0].alternatives[0].content):
        assert "Role applications" in part
        assert "Identity checks" in part
    at(monkeypatch, morning + timedelta(days=1))
    tell_reviewers()
    assert len(drain()) == 2
