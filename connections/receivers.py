"""What this app does when something below it ends."""

from typing import Any

from accounts.invitations.erasure import forget_invited
from accounts.models import Membership, Organization, User
from accounts.signals import member_removed, organization_closed, person_erased
from connections.models import Assignment, ConnectionInvitation, PartnerLink
from connections.transitions.endings import close_account
from core.object_permissions import clear_grants


def forget_assignments(membership: Membership, **kwargs: Any) -> None:
    """A removed member's assignments go for good: rejoining must not revive them (N8)."""
    clear_grants(
        Assignment,
        user_id=membership.user_id,
        content_object__provider_id=membership.organization_id,
    )


def forget_person(user: User, **kwargs: Any) -> None:
    """An erased person is assigned to nothing, and stands in no link or invitation."""
    clear_grants(Assignment, user_id=user.pk)
    forget_invited(ConnectionInvitation, user)
    forget_invited(PartnerLink, user)


def end_connections(organization: Organization, by: Any = None, **kwargs: Any) -> None:
    close_account(organization=organization, by=by)


def connect() -> None:
    member_removed.connect(forget_assignments, dispatch_uid="connections.forget_assignments")
    person_erased.connect(forget_person, dispatch_uid="connections.forget_person")
    organization_closed.connect(end_connections, dispatch_uid="connections.end_connections")
