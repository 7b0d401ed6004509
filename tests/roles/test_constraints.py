"""The database repeats the rules: what no transition does, no row can say."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core import clock
from roles import states
from roles.models import ApplicationLine, ApprovedRole, CategoryRight, RoleApplication
from roles.permissions import grant_categories
from tests.factories import accounts, roles

pytestmark = [pytest.mark.django_db, pytest.mark.both]
PRICING = {"pricing.pricing": "edit"}


def refused(action: Any) -> bool:
    try:
        with transaction.atomic():
            action()
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize("first", states.OPEN_APPLICATION)
@pytest.mark.parametrize("second", ["draft", "in_review"])
def test_one_open_application_per_category(provider: Any, first: str, second: str) -> None:
    roles.application(provider, PRICING, first)
    assert refused(lambda: roles.application(provider, PRICING, second))
    assert not refused(lambda: roles.application(provider, {"brand.store": "edit"}, second))
    other = accounts.organization("provider")
    assert not refused(lambda: roles.application(other, PRICING, second))


def test_ended_applications_block_nothing(provider: Any) -> None:
    for status in ("approved", "partly_approved", "rejected", "withdrawn", "lapsed"):
        roles.application(provider, PRICING, status)
    roles.draft(provider, PRICING)


@pytest.mark.parametrize(
    ("status", "values"),
    [
        ("submitted", {"submitted_at": None}),
        ("in_review", {"review_due_at": None}),
        ("information_requested", {"answer_due_at": None}),
        ("information_requested", {"asked_at": None}),
        ("approved", {"decided_at": None}),
        ("rejected", {"decided_at": None}),
        ("submitted", {"status": "draft"}),
        ("draft", {"status": "submitted"}),
    ],
)
def test_state_and_its_times_go_together(
    provider: Any, status: str, values: dict[str, Any]
) -> None:
    row = roles.application(provider, PRICING, status)
    rows = RoleApplication.objects.filter(pk=row.pk)
    assert refused(lambda: rows.update(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"decision": "approved", "decided_level": 2},
        {"decision": "approved", "decided_at": "now"},
        {"decision": "approved", "decided_at": "now", "decided_level": 3},
        {"decision": "refused", "decided_at": "now"},
        {"decision": "approved", "decided_at": "now", "decided_level": 2, "needs_second": True},
        {"decided_at": "now"},
    ],
)
def test_line_says_only_what_can_be(provider: Any, values: dict[str, Any]) -> None:
    line = roles.in_review(provider, PRICING).lines.get()
    values = {name: clock.now() if value == "now" else value for name, value in values.items()}
    assert refused(lambda: ApplicationLine.objects.filter(pk=line.pk).update(**values))


def test_second_reviewer_is_another_person(provider: Any, reviewer: Any) -> None:
    line = roles.in_review(provider, {"orders.manage": "edit"}).lines.get()
    values = {"decision": "approved", "decided_level": 2, "needs_second": True}
    values |= {"decided_by": reviewer, "decided_at": clock.now(), "seconded_at": clock.now()}
    rows = ApplicationLine.objects.filter(pk=line.pk)
    assert refused(lambda: rows.update(**values, seconded_by=reviewer))
    assert not refused(lambda: rows.update(**values, seconded_by=accounts.person()))


def test_role_stands_once(provider: Any) -> None:
    row = roles.in_review(provider, PRICING)
    line = row.lines.get()
    again = ApplicationLine(application=row, role=line.role, level=1, use_case="x")
    assert refused(again.save)
    roles.approved_role(provider, "pricing.pricing")
    assert refused(lambda: roles.approved_role(provider, "pricing.pricing"))


@pytest.mark.parametrize(
    "values", [{"status": "revoked"}, {"status": "lapsed"}, {"ended_at": "now"}]
)
def test_approval_ends_with_a_time(provider: Any, values: dict[str, Any]) -> None:
    row = roles.approved_role(provider, "pricing.pricing")
    values = {name: clock.now() if value == "now" else value for name, value in values.items()}
    assert refused(lambda: ApprovedRole.objects.filter(pk=row.pk).update(**values))


def test_final_states_have_no_arrow() -> None:
    final = set(states.ApplicationStatus) - set(states.OPEN_APPLICATION)
    for state in final:
        assert not any(states.APPLICATION.allows(state, new) for new in states.ApplicationStatus)
    assert all(states.APPLICATION.sources(state) for state in final)


def test_every_reason_says_what_to_fix_or_that_nothing_can_be() -> None:
    final = {states.RefusalReason.POLICY, states.RefusalReason.DATA_PROTECTION}
    for reason in set(states.RefusalReason) - final:
        assert str(reason.label).partition(": ")[2], reason


def test_categories_are_granted_once_to_groups(db: Any) -> None:
    group = Group.objects.create(name="Reviewers")
    grant_categories(group)
    grant_categories(group)
    assert CategoryRight.objects.filter(group=group).count() == 10


def test_category_right_takes_no_other_permission(reviewer: Any) -> None:
    category = roles.role("pricing.pricing").category
    other = Permission.objects.get(codename="delete_servicecategory")
    with pytest.raises(ValidationError):
        CategoryRight.objects.create(
            group=reviewer.groups.get(), permission=other, content_object=category
        )
