"""Mails about memberships: changed, suspended, resumed, removed, left."""

from collections.abc import Iterable

from accounts import portals
from accounts.models import Membership, User
from accounts.permissions import labels
from accounts.tenancy import administrators
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line


def member_access_changed(
    membership: Membership, *, by: User | None, rights: Iterable[str]
) -> None:
    firm = inert(membership.organization.name)
    if membership.is_administrator:
        words = "everything in this account"
    else:
        words = ", ".join(labels(membership.organization.kind, rights)) or "none beyond reading"
    _to_member(
        membership,
        by=by,
        event="access_changed",
        heading=f"Your role and rights at {firm} have changed",
        facts=(("Role", membership.get_role_display()), ("Rights", words)),
    )


def member_suspended(membership: Membership, *, by: User) -> None:
    heading = f"Your membership at {inert(membership.organization.name)} is suspended"
    _to_member(
        membership,
        by=by,
        event="suspended",
        heading=heading,
        paragraphs=("You cannot work in this account until an administrator lifts it.",),
    )


def member_resumed(membership: Membership, *, by: User) -> None:
    heading = f"Your membership at {inert(membership.organization.name)} is in force again"
    _to_member(membership, by=by, event="resumed", heading=heading)


def member_removed(membership: Membership, *, by: User) -> None:
    heading = f"Your membership at {inert(membership.organization.name)} has ended"
    _to_member(
        membership,
        by=by,
        event="removed",
        heading=heading,
        paragraphs=("Your access ended at once. Your own sign-in and other accounts stay.",),
    )


def member_left(membership: Membership) -> None:
    organization, firm = membership.organization, inert(membership.organization.name)
    tell(
        Recipient.administrators(administrators(organization), organization),
        key=f"membership:{membership.public_id}:left",
        kind="accounts.member_left",
        mail=Mail(
            subject=subject_line(firm, "Member", "left"),
            heading=f"{inert(membership.user.name)} has left the account",
            button=("See people and invitations", portals.members_page(organization)),
            organization=firm,
        ),
        organization=organization,
        caused_by=membership.user,
    )


def _to_member(
    membership: Membership,
    *,
    by: User | None,
    event: str,
    heading: str,
    paragraphs: tuple[str, ...] = (),
    facts: tuple[tuple[str, str], ...] = (),
) -> None:
    firm = inert(membership.organization.name)
    tell(
        [Recipient.of(membership.user, membership.organization)],
        key=f"membership:{membership.public_id}:{event}:{clock.now().isoformat()}",
        kind=f"accounts.member_{event}",
        mail=Mail(
            subject=subject_line(firm, "Membership", event.replace("_", " ")),
            heading=heading,
            paragraphs=paragraphs,
            facts=(*facts, ("Done by", inert(by.name) if by else "PartnerHub")),
            button=("Open PartnerHub", "/"),
            organization=firm,
        ),
        organization=membership.organization,
        caused_by=by,
    )
