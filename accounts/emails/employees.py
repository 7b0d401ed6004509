"""Mails about inviting colleagues."""

from collections.abc import Iterable

from accounts import portals
from accounts.invitations.emails import send_links
from accounts.models import EmployeeInvitation
from accounts.tenancy import administrators, membership_of
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line
from core.outbox.tokens import PLACEHOLDER
from core.web.formats import mail_ending


def employees_invited(invitations: Iterable[EmployeeInvitation]) -> None:
    send_links(
        invitations,
        event="invited",
        kind="accounts.employee_invited",
        mail=_invitation,
        page="employee-invitation",
    )


def _invitation(invitation: EmployeeInvitation) -> Mail:
    firm, inviter = inert(invitation.organization.name), invitation.invited_by
    return Mail(
        subject=subject_line(firm, "Invitation", "join our account"),
        heading=f"{firm} invites you to join its account",
        paragraphs=(
            "You keep your own sign-in; nobody shares a password. Join with this address.",
        ),
        facts=(
            ("Invited by", inert(inviter.name) if inviter else firm),
            ("Account", firm),
            ("Your role", invitation.get_role_display()),
            ("Open until", mail_ending(invitation.expires_at)),
        ),
        button=("Look at the invitation", PLACEHOLDER),
        after=("Opening the link accepts nothing: you accept or decline on the page.",),
        not_you="Not expected? Decline there, or leave it be: nothing happens by itself.",
        organization=firm,
    )


def employee_accepted(invitation: EmployeeInvitation) -> None:
    """To the inviter, whom accepting has just found at work: the colleague has joined."""
    heading = f"{_who(invitation)} has joined the account"
    told = [Recipient.of(invitation.invited_by, invitation.organization)]
    _tell(told, invitation, "accepted", heading)


def employee_declined(invitation: EmployeeInvitation) -> None:
    reason = (f"Reason given: {inert(invitation.reason, 300)}",) if invitation.reason else ()
    heading = f"{_who(invitation)} has declined the invitation"
    _tell(_inviters(invitation), invitation, "declined", heading, reason)


def employee_expired(invitation: EmployeeInvitation) -> None:
    hint = ("Send it again from the list, and a new link goes out with a new end date.",)
    heading = f"The invitation to {_who(invitation)} has run out"
    _tell(_inviters(invitation), invitation, "expired", heading, hint)


def _tell(
    recipients: list[Recipient],
    invitation: EmployeeInvitation,
    event: str,
    heading: str,
    paragraphs: tuple[str, ...] = (),
) -> None:
    firm = inert(invitation.organization.name)
    tell(
        recipients,
        key=f"{invitation.about}:{invitation.generation}:{event}",
        kind=f"accounts.employee_{event}",
        mail=Mail(
            subject=subject_line(firm, "Invitation", event),
            heading=heading,
            paragraphs=paragraphs,
            button=("See people and invitations", portals.members_page(invitation.organization)),
            organization=firm,
        ),
        organization=invitation.organization,
        caused_by=invitation.decided_by,
    )


def _who(invitation: EmployeeInvitation) -> str:
    return inert(invitation.name or invitation.address)


def _inviters(invitation: EmployeeInvitation) -> list[Recipient]:
    """Who invited, while they are with the account; else its administrators."""
    inviter = invitation.invited_by
    if inviter and membership_of(inviter, invitation.organization):
        return [Recipient.of(inviter, invitation.organization)]
    people = administrators(invitation.organization)
    return Recipient.administrators(people, invitation.organization)
