"""Mails to sellers when an approval under their grants changes (X3)."""

from typing import Any

from django.conf import settings

from accounts.models import Membership
from accounts.portals import page
from accounts.states import MembershipRole
from connections.models import RoleGrant
from connections.states import LIVE_CONNECTION, GrantStatus
from core.notifications.services import Recipient, tell_each, told
from core.outbox.rendering import Mail, inert, subject_line
from core.web.access import Level
from core.web.formats import mail_ending
from roles.models import ApprovedRole

CHANGES = {
    "lowered": "{marketplace} lowered what {firm} may be granted",
    "revoked": "{marketplace} took back an approval of {firm}",
    "lapsing": "An approval of {firm} ends soon",
    "lapsed": "An approval of {firm} has lapsed",
    "restored": "{firm} holds an approval again",
}


def approval_changed_drafts(
    after: int, limit: int, approved_role_id: int, change: str
) -> int | None:
    """Mails to the sellers that granted a role whose approval changed, piece by piece.

    `change` is lowered, revoked, lapsing, lapsed or restored;
    `after` and the returned cursor are grant ids. None means that all have been told.
    """
    approval = ApprovedRole.objects.select_related("provider", "role").get(pk=approved_role_id)
    rows = list(
        RoleGrant.objects.filter(
            pk__gt=after,
            provider=approval.provider,
            role=approval.role,
            status=GrantStatus.ACTIVE,
            connection__status__in=LIVE_CONNECTION,
        )
        .select_related("connection", "seller")
        .order_by("pk")[:limit]
    )
    people = _administrators_of({row.seller_id for row in rows})
    kind = f"connections.approval_{change}"
    mails = []
    for row in rows:
        path = page(row.seller, "connection", row.connection.public_id)
        mail = _approval_mail(approval, row, change, path)
        # Each change counts the version up; each reminder has its number of days.
        stage = f"{approval.version}:{approval.reminded_days or ''}"
        key = f"approval:{approval.public_id}:{change}:{stage}:{row.pk}"
        readers = Recipient.administrators(people.get(row.seller_id, []), row.seller_id)
        mails += [told(reader, key=key, kind=kind, mail=mail) for reader in readers]
    tell_each(mails)
    return rows[-1].pk if len(rows) == limit else None


def _approval_mail(approval: ApprovedRole, grant: RoleGrant, change: str, url: str) -> Mail:
    firm = inert(approval.provider.name)
    ended = change in ("revoked", "lapsed")
    approved = Level.NONE if ended else Level(approval.level)
    effect = min(approved, Level(grant.level)).word
    return Mail(
        subject=subject_line(approval.provider.name, approval.role.name, change),
        heading=CHANGES[change].format(firm=firm, marketplace=settings.MARKETPLACE_NAME),
        paragraphs=(
            (
                "Your grant stands as you made it, but it never counts for more than is approved. "
                "You need not do anything."
            ),
        ),
        facts=(
            ("Role", approval.role.name),
            ("You granted", Level(grant.level).word),
            ("Counts now as", effect),
            *((("Ends on", mail_ending(approval.expires_at)),) if change == "lapsing" else ()),
        ),
        button=("Look at the connection", url),
        organization=settings.MARKETPLACE_NAME,
    )


def _administrators_of(organizations: set[int]) -> dict[int, list[Any]]:
    people: dict[int, list[Any]] = {}
    rows = (
        Membership.objects.active()
        .filter(organization_id__in=organizations, role=MembershipRole.ADMINISTRATOR)
        .select_related("user")
    )
    for row in rows.order_by("id"):
        people.setdefault(row.organization_id, []).append(row.user)
    return people
