"""Which groups of reviewers decide which service category, assigned by a lead reviewer."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from core.audit.presenters import Value
from core.audit.services import record
from core.db import lock_all
from core.errors import Conflict, Invalid, NotPermitted
from core.object_permissions import clear_grants, grant_to_group
from roles.models import CategoryRight, ServiceCategory
from roles.permissions import DECIDE_CATEGORY, category_ids, may_assign, reviewer_groups

# Group id -> ids of the categories that it decides.
Choice = Mapping[int, frozenset[int]]


def state_of(choice: Choice) -> str:
    """What a page showed, in one line: a form made from an older one is refused (C9)."""
    return ";".join(f"{pk}:{','.join(map(str, sorted(ids)))}" for pk, ids in sorted(choice.items()))


@transaction.atomic
def assign_categories(*, by: User, choice: Choice, seen: str) -> int:
    """Returns how many changed. Raises NotPermitted, Invalid, and Conflict when `seen` is old."""
    if not may_assign(User.objects.get(pk=by.pk)):
        raise NotPermitted("Only lead reviewers can do this.")
    groups = {group.pk: group for group in lock_all(reviewer_groups())}
    before = category_ids()
    if seen != state_of(before) or set(choice) != set(groups):
        raise Conflict("Somebody else has changed this meanwhile. Look at it again.")
    categories = {row.pk: row for row in ServiceCategory.objects.all()}
    for pk, category in categories.items():
        if not any(pk in ids for ids in choice.values()):
            raise Invalid(f"Nobody would decide {category.title}: choose a group for it.")
    changed = [pk for pk, ids in choice.items() if ids != before[pk]]
    for pk in changed:
        clear_grants(CategoryRight, group=pk, content_object__in=before[pk] - choice[pk])
        for added in choice[pk] - before[pk]:
            row = categories[added]
            grant_to_group(CategoryRight, group=groups[pk], codename=DECIDE_CATEGORY, obj=row)
        _note(groups[pk], before[pk], choice[pk], categories, by=by)
    return len(changed)


def _note(
    group: Any,
    before: frozenset[int],
    after: frozenset[int],
    categories: Mapping[int, ServiceCategory],
    *,
    by: User,
) -> None:
    def values(ids: frozenset[int]) -> dict[str, Value]:
        names = [row.title for pk, row in categories.items() if pk in ids]
        return {"group": group.name, "categories": names}

    record(
        "reviewer_group.categories_changed",
        by=by,
        subject=group,
        before=values(before),
        after=values(after),
    )
