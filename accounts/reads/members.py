"""An organization's people and invitations as lists show them: a fixed number of queries a page."""

from dataclasses import dataclass, replace

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts.models import IdentityCheck, Membership, MembershipRight, Organization, is_verified
from accounts.permissions import access_state, labels
from core.db import matching
from core.web.pagination import Page, paginate

SIZE = 25
BY_NAME = ("role", "user__search_key", "id")


@dataclass(frozen=True)
class MemberRow:
    membership: Membership
    rights: list[str]
    access: str
    identity: tuple[str, str]
    second_factor: bool


def member_rows(
    organization: Organization, request: HttpRequest, text: str = ""
) -> Page[MemberRow]:
    """One page of the organization's members, administrators first; four queries."""
    rows = Membership.objects.for_organization(organization).select_related("user")
    page = paginate(
        matching(rows, text, "user"),
        request,
        order=BY_NAME,
        size=SIZE,
        parameter="members",
    )
    users = [membership.user_id for membership in page]
    rights, checks, factors = _rights(organization, users), _identities(users), _factors(users)
    members = [
        MemberRow(
            membership,
            labels(organization.kind, rights.get(membership.user_id, ())),
            access_state(membership.role, rights.get(membership.user_id, ())),
            checks.get(membership.user_id, ("not_started", "Not started")),
            membership.user_id in factors,
        )
        for membership in page
    ]
    return replace(page, items=members)


def _rights(organization: Organization, users: list[int]) -> dict[int, list[str]]:
    held: dict[int, list[str]] = {}
    rows = MembershipRight.objects.filter(content_object=organization, user__in=users)
    for user, codename in rows.values_list("user_id", "permission__codename"):
        held.setdefault(user, []).append(codename)
    return held


def _identities(users: list[int]) -> dict[int, tuple[str, str]]:
    states = {}
    for check in IdentityCheck.objects.filter(user__in=users).order_by("created_at", "id"):
        lapsed = check.status == "verified" and not is_verified(check)
        states[check.user_id] = (
            ("expired", "Expired") if lapsed else (check.status, check.get_status_display())
        )
    return states


def _factors(users: list[int]) -> set[int]:
    rows = Authenticator.objects.filter(user__in=users, type__in=["totp", "webauthn"])
    return set(rows.values_list("user_id", flat=True))
