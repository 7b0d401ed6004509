"""What reviewers may do with people and organizations, and where they have a stake of their own."""

from typing import Any

from accounts.models import Membership, User
from core.errors import NotPermitted

DECIDE_IDENTITIES = "accounts.decide_identitycheck"
SUPERVISE = "accounts.supervise_organization"
# Support's and lead reviewers' (N11).
SUPERVISE_PEOPLE = "accounts.supervise_person"
WHO = {
    DECIDE_IDENTITIES: "reviewers",
    SUPERVISE: "lead reviewers",
    SUPERVISE_PEOPLE: "support and lead reviewers",
}
LAST_YEAR = ", or did in the last 12 months"


def may(user: Any, permission: str) -> bool:
    return bool(user.is_active and user.is_staff and user.has_perm(permission))


def require(user: Any, permission: str) -> None:
    """Raise NotPermitted unless `may`; reads rights from the database, never from `user`."""
    if not may(User.objects.get(pk=user.pk), permission):
        raise NotPermitted(f"Only {WHO[permission]} can do this.")


def stake_in_person(reviewer: Any, person_id: int) -> str:
    """Why this reviewer may not decide about this person; "" when they may."""
    if reviewer.pk == person_id:
        return "This is your own identity check: another reviewer has to decide."
    mine = Membership.objects.recent().filter(user=reviewer).values("organization_id")
    if Membership.objects.recent().filter(user_id=person_id, organization_id__in=mine).exists():
        return f"You share an account with this person{LAST_YEAR}: another reviewer has to decide."
    return ""


def stake_in_organization(reviewer: Any, organization: Any) -> str:
    if Membership.objects.recent().filter(user=reviewer, organization=organization).exists():
        return f"You belong to this account{LAST_YEAR}: another reviewer has to decide."
    return ""
