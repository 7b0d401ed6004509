"""Who may review: a Django permission, the category through a group, and no stake of one's own."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from accounts.models import Membership, User
from accounts.reviewers import LAST_YEAR
from core.errors import NotPermitted
from core.object_permissions import grant_to_group
from roles.models import CategoryRight, ServiceCategory

DECIDE = "roles.decide_roleapplication"
LOOK = "roles.view_roleapplication"
SUPERVISE_APPROVALS = "roles.supervise_approvedrole"
ASSIGN = "roles.assign_category"
DECIDE_CATEGORY = "decide_category"


def may_look(user: Any) -> bool:
    """Whether the person sees applications and approvals: reviewers and auditors."""
    rights = (DECIDE, LOOK)
    return bool(user.is_active and user.is_staff and any(map(user.has_perm, rights)))


def is_lead(user: Any) -> bool:
    """Whether the person lowers and revokes approvals, and confirms that they come back."""
    return bool(user.is_active and user.is_staff and user.has_perm(SUPERVISE_APPROVALS))


def require_lead(user: Any) -> None:
    """Call it after `require_reviewer`; nothing that `user` remembers counts."""
    if not is_lead(User.objects.get(pk=user.pk)):
        raise NotPermitted("Only lead reviewers can do this.")


def decidable_categories(user: Any) -> frozenset[int]:
    rows = CategoryRight.objects.filter(
        group__user=user, permission__codename=DECIDE_CATEGORY
    ).values_list("content_object_id", flat=True)
    return frozenset(rows)


def own_organizations(user: Any) -> frozenset[int]:
    """Ids of the organizations in which the person has a stake, a suspended one included."""
    rows = Membership.objects.recent().filter(user=user).values_list("organization_id", flat=True)
    return frozenset(rows)


def why_not_decide(user: Any, *, provider_id: int, category_id: int) -> str:
    """Why this person may not decide for this provider in this category; empty when they may.

    Superusers are no exception: who decides is what a group was given, in writing. One
    statement; nothing that `user` remembers counts.
    """
    permission = Permission.objects.filter(
        Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk")),
        content_type__app_label="roles",
        codename="decide_roleapplication",
    )
    stake = Membership.objects.recent().filter(user=OuterRef("pk"), organization_id=provider_id)
    category = CategoryRight.objects.filter(
        group__user=OuterRef("pk"),
        permission__codename=DECIDE_CATEGORY,
        content_object_id=category_id,
    )
    person = User.objects.annotate(
        is_reviewer=ExpressionWrapper(
            Q(is_active=True, is_staff=True) & (Q(is_superuser=True) | Exists(permission)),
            output_field=BooleanField(),
        ),
        belongs=Exists(stake),
        decides=Exists(category),
    ).get(pk=user.pk)
    if not person.is_reviewer:
        return "Only reviewers of role applications can do this."
    if person.belongs:
        return f"You belong to this company{LAST_YEAR}: another reviewer has to decide."
    if not person.decides:
        return "Your group does not decide this service category."
    return ""


def require_reviewer(user: Any, *, provider_id: int, category_id: int) -> None:
    if reason := why_not_decide(user, provider_id=provider_id, category_id=category_id):
        raise NotPermitted(reason)


def grant_categories(group: Any) -> None:
    for category in ServiceCategory.objects.all():
        grant_to_group(CategoryRight, group=group, codename=DECIDE_CATEGORY, obj=category)


def may_assign(user: Any) -> bool:
    """Whether the person says which group decides which category: lead reviewers."""
    return bool(user.is_active and user.is_staff and user.has_perm(ASSIGN))


def reviewer_groups() -> Any:
    decides = Permission.objects.filter(
        content_type__app_label="roles", codename="decide_roleapplication"
    )
    return Group.objects.filter(permissions__in=decides).order_by("name")


def category_ids() -> dict[int, frozenset[int]]:
    """Group id -> ids of the categories that it decides, of every group of reviewers (guardian)."""
    found: dict[int, set[int]] = {
        pk: set() for pk in reviewer_groups().values_list("pk", flat=True)
    }
    rows = CategoryRight.objects.filter(group__in=found, permission__codename=DECIDE_CATEGORY)
    for group, category in rows.values_list("group_id", "content_object_id"):
        found[group].add(category)
    return {group: frozenset(ids) for group, ids in found.items()}
