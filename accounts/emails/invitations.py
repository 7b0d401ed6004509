"""Mails of the common pages of all kinds of invitations."""

from accounts.invitations.kinds import Kind
from accounts.invitations.models import OneTimeLink
from accounts.tenancy import administrators
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line
from core.web.redirects import absolute


def renewal_asked(kind: Kind, row: OneTimeLink) -> None:
    """To the inviting side's administrators: the invited would like a new invitation (U6)."""
    organization = kind.inviter(row)
    firm, who = inert(organization.name), inert(kind.address(row)) or "The invited account"
    page = kind.manage_url(row)
    tell(
        [Recipient.of(user) for user in administrators(organization)],
        key=f"{row.about}:renewal_asked:{clock.now().isoformat()}",
        kind="accounts.renewal_asked",
        mail=Mail(
            subject=subject_line(firm, "Invitation", "a new one is asked for"),
            heading=f"{who} asks for a new invitation",
            paragraphs=("The last one has ended. You can send it again, or leave it be.",),
            button=("See the invitations", absolute(page)),
            organization=firm,
        ),
        path=page,
        organization=organization,
    )
