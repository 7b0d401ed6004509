"""Which organizations a person belongs to, and checks every transition repeats under its lock."""

from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import IdentityCheck, Membership, MembershipRight, Organization, User
from accounts.states import MembershipRole, OrganizationStatus
from core import clock
from core.errors import NotPermitted, NotRelated


def membership_of(user: Any, organization: Any) -> Membership | None:
    """The person's membership in force, or None. Reads the database now, caches nothing."""
    return Membership.objects.active().filter(user=user, organization=organization).first()


def require_administrator(user: Any, organization: Organization) -> Membership:
    """Call it after locking. Raises NotRelated for outsiders, NotPermitted for all others."""
    membership: Membership | None = (
        Membership.objects.active()
        .filter(user=user, organization=organization)
        .select_related("organization")
        .first()
    )
    if membership is None:
        raise NotRelated
    if membership.role != MembershipRole.ADMINISTRATOR:
        raise NotPermitted("Only an administrator of this account can do this.")
    _refuse_inactive(membership.organization.status)
    return membership


def require_active(organization: Organization) -> None:
    _refuse_inactive(Organization.objects.values_list("status", flat=True).get(pk=organization.pk))


def _refuse_inactive(status: str) -> None:
    if status == "draft":
        raise NotPermitted(
            "This account is a draft until its administrator's identity is verified."
        )
    if status != "active":
        raise NotPermitted(f"This account is {status}.")


def rights_of(user: Any, organization: Any) -> frozenset[str]:
    return frozenset(
        MembershipRight.objects.filter(user=user, content_object=organization).values_list(
            "permission__codename", flat=True
        )
    )


def verified_addresses(user: Any) -> list[str]:
    return list(
        EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    )


def owns_address(user: Any, address: str) -> bool:
    if not user.is_authenticated:
        return False
    return EmailAddress.objects.filter(user=user, verified=True, email=address).exists()


def administrators(organization: Any) -> list[User]:
    rows = Membership.objects.administrators(organization).select_related("user").order_by("id")
    return [row.user for row in rows]


def administered(user: Any) -> Any:
    """Ids of the organizations that this person administers, as a subquery."""
    return (
        Membership.objects.active()
        .filter(user=user, role=MembershipRole.ADMINISTRATOR)
        .values("organization_id")
    )


def answering_accounts(user: Any, kind: str) -> Any:
    """The working accounts of this kind that this person administers, by name, as a queryset."""
    rows = Organization.objects.active().filter(pk__in=administered(user), kind=kind)
    return rows.order_by("search_key", "id")


def is_identified(user: Any) -> bool:
    return IdentityCheck.objects.in_force(clock.now()).filter(user=user).exists()


def others_administer(organization: Any, *, without: Any) -> bool:
    return Membership.objects.administrators(organization).exclude(user=without).exists()


def needs_successor(person: Any) -> list[Organization]:
    """The working accounts that only this person administers (A9, N5)."""
    mine = Membership.objects.live().filter(user=person, role=MembershipRole.ADMINISTRATOR)
    rows = Organization.objects.filter(
        pk__in=mine.values("organization_id"),
        status__in=[OrganizationStatus.ACTIVE, OrganizationStatus.SUSPENDED],
    ).order_by("search_key", "id")
    return [row for row in rows if not others_administer(row, without=person)]


def successor_field(organization: Organization) -> str:
    return f"successor-{organization.pk}"
