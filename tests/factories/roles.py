"""Applications in every state, approved roles, and the people who decide."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission

from accounts.models import Organization, User
from core import clock
from core.object_permissions import grant_to_group
from core.web.access import Level
from roles.catalogue import questions_for
from roles.models import (
    ApplicationLine,
    ApplicationMessage,
    ApprovedRole,
    CategoryRight,
    Role,
    RoleApplication,
    ServiceCategory,
)
from roles.permissions import grant_categories
from tests.factories.accounts import person

LINES = {"inventory.upload": "edit", "inventory.fba_shipments": "edit", "inventory.costs": "edit"}
USE_CASE = "We prepare shipments every day for the sellers who hired us."


def role(code: str) -> Role:
    """A role of the catalogue."""
    return Role.objects.get(code=code)


def answers_for(code: str) -> dict[str, str]:
    """An answer to each question that a restricted role asks."""
    return {q.slug: f"About {q.reason}." for q in questions_for(role(code).restricted_because)}


def application(
    provider: Organization,
    lines: Mapping[str, str] | None = None,
    status: str = "draft",
    *,
    by: User | None = None,
    age: timedelta = timedelta(0),
    **fields: Any,
) -> RoleApplication:
    """An application with complete lines {code: level} in this state, submitted `age` ago."""
    lines = LINES if lines is None else lines
    category = Role.objects.get(code=next(iter(lines), "inventory.upload")).category
    submitted = clock.now() - age
    values: dict[str, Any] = {"status": status, "created_by": by, "created_at": submitted}
    if status != "draft":
        due = submitted + timedelta(days=14)
        values |= {"submitted_at": submitted, "review_due_at": due}
    if status == "information_requested":
        values |= {"asked_at": submitted, "answer_due_at": submitted + timedelta(days=30)}
    if status in ("approved", "partly_approved", "rejected"):
        values |= {"decided_at": clock.now()}
    row = RoleApplication.objects.create(provider=provider, category=category, **(values | fields))
    for code, level in lines.items():
        ApplicationLine.objects.create(
            application=row,
            role=role(code),
            level=Level.of(level),
            use_case=USE_CASE,
            answers=answers_for(code),
        )
    if status == "information_requested":
        ApplicationMessage.objects.create(
            application=row, from_reviewer=True, text="Which sellers do you work for?"
        )
    return row


def draft(provider: Organization, lines: Mapping[str, str] | None = None, **fields: Any) -> Any:
    """A complete draft."""
    return application(provider, lines, "draft", **fields)


def submitted(provider: Organization, lines: Mapping[str, str] | None = None, **fields: Any) -> Any:
    """Handed in, not yet taken up."""
    return application(provider, lines, "submitted", **fields)


def in_review(provider: Organization, lines: Mapping[str, str] | None = None, **fields: Any) -> Any:
    """Taken up by a reviewer, nothing decided."""
    return application(provider, lines, "in_review", **fields)


def decided(
    provider: Organization,
    approved: Mapping[str, str] | None = None,
    refused: Mapping[str, str] | None = None,
    **fields: Any,
) -> RoleApplication:
    """Decided with these lines, and the approved roles that follow from it."""
    approved, refused = approved or {}, refused or {}
    status = "partly_approved" if approved and refused else "approved" if approved else "rejected"
    row = application(provider, {**approved, **refused}, status, **fields)
    for line in row.lines.select_related("role"):
        decide(line, refuse=line.role.code in refused)
        if line.role.code in approved:
            approved_role(provider, line.role.code, approved[line.role.code], line=line)
    return row


def decide(line: ApplicationLine, *, refuse: bool = False) -> None:
    """Write a decision on the line, the way it stands after two reviewers."""
    now = clock.now()
    values: dict[str, Any] = {"decided_at": now, "decided_by": person()}
    if refuse:
        values |= {"decision": "refused", "reason": "use_case_unclear", "note": "Name the steps."}
    else:
        values |= {"decision": "approved", "decided_level": line.level}
        if line.role.restricted:
            values |= {"needs_second": True, "seconded_at": now, "seconded_by": person()}
    ApplicationLine.objects.filter(pk=line.pk).update(**values)
    line.refresh_from_db()


def approved_role(
    provider: Organization, code: str, level: str = "edit", status: str = "active", **fields: Any
) -> ApprovedRole:
    """An approved role of this provider, in force for a year unless said otherwise."""
    now = clock.now()
    values: dict[str, Any] = {
        "level": Level.of(level),
        "status": status,
        "approved_at": now,
        "expires_at": now + timedelta(days=365),
    }
    if status != "active":
        values |= {"ended_at": now, "reason": "Complaints of sellers."}
    return ApprovedRole.objects.create(provider=provider, role=role(code), **(values | fields))


def reviewer(name: str = "", *, categories: tuple[str, ...] | None = None) -> User:
    """A member of staff who decides these categories (slugs), or all of them."""
    user = person(name, is_staff=True)
    group = Group.objects.create(name=f"Reviewers {user.pk}")
    group.permissions.add(Permission.objects.get(codename="decide_roleapplication"))
    user.groups.add(group)
    if categories is None:
        grant_categories(group)
    for category in ServiceCategory.objects.filter(slug__in=categories or ()):
        grant_to_group(CategoryRight, group=group, codename="decide_category", obj=category)
    return user
