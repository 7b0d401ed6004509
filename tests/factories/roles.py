"""Applications in every state, approved roles, and the people who decide."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import Group, Permission

from accounts.models import Organization, User
from core.object_permissions import grant_to_group
from partnerhub.samples.rows import USE_CASE as USE_CASE
from roles.models import ApprovedRole, CategoryRight, Role, RoleApplication, ServiceCategory
from roles.permissions import grant_categories
from roles.transitions import approvals
from tests.factories.accounts import make, person

LINES = {"inventory.upload": "edit", "inventory.fba_shipments": "edit", "inventory.costs": "edit"}

decided = make.decided
decide = make.decide
approved_role = make.approved_role


def role(code: str) -> Role:
    """A role of the catalogue."""
    return Role.objects.get(code=code)


def application(
    provider: Organization,
    lines: Mapping[str, str] | None = None,
    status: str = "draft",
    **fields: Any,
) -> RoleApplication:
    """An application with complete lines in this state, of some roles unless said otherwise."""
    return make.application(provider, LINES if lines is None else lines, status, **fields)


draft = partial(application, status="draft")
submitted = partial(application, status="submitted")
in_review = partial(application, status="in_review")


def restore(approved_role: ApprovedRole, *, by: User, reason: str = "Checked again.") -> None:
    """What was revoked or lowered comes back: `by` asks, another lead reviewer confirms."""
    row = approvals.ask_to_restore(
        approved_role=approved_role, reason=reason, version=approved_role.version, by=by
    )
    approvals.restore_approved_role(
        approved_role=row, version=row.version, by=reviewer("Lou Lead", lead=True)
    )


def reviewer(
    name: str = "", *, categories: tuple[str, ...] | None = None, lead: bool = False
) -> User:
    """A member of staff who decides these categories (slugs), or all of them; a lead supervises."""
    user = person(name, is_staff=True)
    group = Group.objects.create(name=f"Reviewers {user.pk}")
    rights = ["decide_roleapplication", *(["supervise_approvedrole"] if lead else [])]
    group.permissions.set(Permission.objects.filter(codename__in=rights))
    user.groups.add(group)
    if categories is None:
        grant_categories(group)
    for category in ServiceCategory.objects.filter(slug__in=categories or ()):
        grant_to_group(CategoryRight, group=group, codename="decide_category", obj=category)
    return user
