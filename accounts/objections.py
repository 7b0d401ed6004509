"""What this app knows about mail that waits: who is no longer a member, which link has ended."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.invitations import kinds
from accounts.models import Membership, MembershipRight
from accounts.states import MembershipRole
from core.outbox.objections import ADMINISTRATOR, DELEGATE, Item


def former_members(items: Sequence[Item]) -> Mapping[int, str]:
    """Who got it as a member, and is none any more, or no longer holds the right; two statements.
    A membership that is suspended does not count."""
    asked = [
        item
        for item in items
        if item.account_id and item.person_id and item.account_right != DELEGATE
    ]
    if not asked:
        return {}
    people = {item.person_id for item in asked}
    accounts = {item.account_id for item in asked}
    rows = Membership.objects.active().filter(user__in=people, organization__in=accounts)
    roles: dict[Any, str] = {
        (user, account): role
        for user, account, role in rows.values_list("user_id", "organization_id", "role")
    }
    rights: set[Any] = set()
    if wanted := {item.account_right for item in asked} - {"", ADMINISTRATOR}:
        held = MembershipRight.objects.filter(
            user__in=people, content_object__in=accounts, permission__codename__in=wanted
        )
        rights = set(held.values_list("user_id", "content_object_id", "permission__codename"))
    reasons = {}
    for item in asked:
        role = roles.get((item.person_id, item.account_id))
        if role is None:
            reasons[item.number] = "its reader is no longer a member"
        elif (
            item.account_right
            and role != MembershipRole.ADMINISTRATOR
            and (item.person_id, item.account_id, item.account_right) not in rights
        ):
            reasons[item.number] = "its reader no longer has the right to it"
    return reasons


def dead_links(items: Sequence[Item]) -> Mapping[int, str]:
    """Whose button would open nothing: the link was taken back, answered, renewed or has run out;
    one statement for each kind of link."""
    asked: dict[str, list[Item]] = {}
    for item in items:
        if item.claim:
            asked.setdefault(item.claim.purpose, []).append(item)
    reasons = {}
    for purpose, found in asked.items():
        kind = kinds.get(purpose)
        if kind is None:
            continue
        claims = {item.number: item.claim for item in found if item.claim}
        known = kind.model._default_manager.filter(public_id__in={c.id for c in claims.values()})
        rows = {row.public_id: row for row in known}
        for number, claim in claims.items():
            row = rows.get(claim.id)
            if row and not (row.is_open and row.generation == claim.generation):
                reasons[number] = "its link has ended"
    return reasons
