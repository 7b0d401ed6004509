"""Two people at the same moment, (C3, C8).

Both meet after reading and before writing, as far as locks let them. Each race is first run without
any guard, to show that the meeting finds the fault; then with the conditional UPDATE alone; then
as the transitions are.
"""

from typing import Any

import pytest

from core.audit.models import Event
from core.errors import Conflict
from core.outbox.models import Message
from core.web.access import Level
from roles.models import ApprovedRole, RoleApplication
from roles.transitions import applications, approvals, decisions
from tests.factories import accounts, roles
from tests.racing import GUARDS, together

pytestmark = pytest.mark.django_db(transaction=True)


def conflicts(results: list[Any]) -> list[Conflict]:
    return [result for result in results if isinstance(result, Conflict)]


def decided_application(provider: Any, reviewer: Any) -> RoleApplication:
    application = roles.in_review(provider, {"pricing.pricing": "edit"})
    line = application.lines.get()
    line.application = application
    decisions.decide_line(line=line, level=Level.EDIT, by=reviewer)
    return application


@pytest.mark.parametrize("guards", GUARDS)
def test_approving_and_withdrawing_leave_one_truth(
    guards: str, provider: Any, administrator: Any, reviewer: Any, meeting: Any
) -> None:
    application = decided_application(provider, reviewer)
    meeting(guards)
    results = together(
        lambda: decisions.finish_application(application=application, by=reviewer),
        lambda: applications.withdraw_application(application=application, by=administrator),
    )
    application.refresh_from_db()
    ends = Event.objects.filter(verb__in=["role_application.decided", "role_application.withdrawn"])
    mails = Message.objects.filter(kind="roles.application_decided")
    if guards == "none":
        assert not conflicts(results)
        assert ends.count() == 2
        return
    assert len(conflicts(results)) == 1
    approved = application.status == "approved"
    assert approved or application.status == "withdrawn"
    assert ends.get().verb.endswith("decided" if approved else "withdrawn")
    assert mails.count() == approved
    assert ApprovedRole.objects.count() == approved


@pytest.mark.parametrize("guards", GUARDS)
def test_two_reviewers_deciding_differently(
    guards: str, provider: Any, reviewer: Any, second_reviewer: Any, meeting: Any
) -> None:
    application = roles.in_review(provider, {"pricing.pricing": "edit"})
    line = application.lines.select_related("role").get()
    line.application = application
    meeting(guards)
    results = together(
        lambda: decisions.decide_line(line=line, level=Level.EDIT, by=reviewer),
        lambda: decisions.decide_line(
            line=line, level=Level.NONE, reason="policy", by=second_reviewer
        ),
    )
    written = Event.objects.filter(verb="role_application.line_decided")
    if guards == "none":
        assert not conflicts(results)
        assert written.count() == 2
        return
    (conflict,) = conflicts(results)
    assert written.count() == 1
    if guards == "all":
        winner = application.lines.get().decided_by
        assert conflict.message.startswith(f"{winner.name} decided on Pricing on ")


def test_finishing_twice_mails_once(provider: Any, administrator: Any, reviewer: Any) -> None:
    application = decided_application(provider, reviewer)
    results = together(
        *[lambda: decisions.finish_application(application=application, by=reviewer)] * 4
    )
    assert len(conflicts(results)) == 3
    assert Event.objects.filter(verb="role_application.decided").count() == 1
    assert Message.objects.filter(kind="roles.application_decided").count() == 1


def test_submitting_twice_submits_once(provider: Any, administrator: Any) -> None:
    application = roles.draft(provider, {"pricing.pricing": "edit"})
    results = together(
        *[lambda: applications.submit_application(application=application, by=administrator)] * 4
    )
    assert len(conflicts(results)) == 3
    assert Message.objects.filter(kind="roles.application_submitted").count() == 1


def test_two_administrators_begin_one_application(provider: Any, administrator: Any) -> None:
    colleague = accounts.administrator(provider)
    category = roles.role("pricing.pricing").category
    results = together(
        *[
            lambda by=by: applications.create_draft(provider=provider, category=category, by=by)
            for by in (administrator, colleague, administrator, colleague)
        ]
    )
    assert len(conflicts(results)) == 3
    assert RoleApplication.objects.count() == 1


def test_two_leads_change_one_approval(provider: Any) -> None:
    first, second = (roles.reviewer(name, lead=True) for name in ("Lea Lead", "Lou Lead"))
    held = roles.approved_role(provider, "inventory.fba_shipments", "admin")
    results = together(
        lambda: approvals.lower_approved_role(
            approved_role=held, level=Level.VIEW, reason="Lower", version=1, by=first
        ),
        lambda: approvals.revoke_approved_role(
            approved_role=held, reason="Revoke", version=1, by=second
        ),
    )
    (conflict,) = conflicts(results)
    held.refresh_from_db()
    assert held.version == 2
    assert str(held.changed_by) in conflict.message
