"""Mails about partner links and the invitations that answer them."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.urls import reverse

from accounts.invitations.transitions import wants_mail
from accounts.models import User
from accounts.portals import page
from accounts.tenancy import administrators
from connections.emails.parts import partner_name, reason_facts, tell_administrators
from connections.models import ConnectionInvitation, PartnerLink
from core.notifications.services import Recipient, tell
from core.outbox import tokens
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import country, mail_ending

ONE_USE = "The link works once, and only for {whom}."


def partner_link_sent(link: PartnerLink, *, by: User) -> None:
    if not wants_mail(link):
        return
    seller = inert(link.seller.name)
    mail = Mail(
        subject=subject_line(link.seller.name, "Partner link", "your answer is asked for"),
        heading=f"{seller} wants to add your firm as an authorized partner",
        paragraphs=(
            f"{inert(by.name)} of {seller} asks you to connect on {settings.MARKETPLACE_NAME}.",
            (
                "Look at the request in the Solution Provider Portal, then send your invitation or "
                "decline. Nothing happens before you press a button there."
            ),
        ),
        facts=(("Seller", seller), ("Answer until", mail_ending(link.expires_at))),
        button=("Look at the request", tokens.PLACEHOLDER),
        after=(ONE_USE.format(whom="an administrator of the firm it is meant for"),),
        not_you="Not your firm, or not expected? Leave the link alone: nothing happens by itself.",
        organization=seller,
    )
    stamp = int(link.mailed_at.timestamp()) if link.mailed_at else 0
    tell(
        _partner_recipients(link),
        key=f"partner-link:{link.public_id}:sent:{link.generation}:{stamp}",
        kind="connections.partner_link_sent",
        mail=mail,
        path=reverse("invitation-current"),
        link=link.claim,
        about=link.about,
        organization=link.seller,
        caused_by=by,
    )


def _partner_recipients(link: PartnerLink) -> list[Recipient]:
    if link.provider:
        return Recipient.administrators(administrators(link.provider), link.provider)
    rows = EmailAddress.objects.filter(email=link.address, verified=True)
    owner = rows.select_related("user").first()
    if owner is None:
        return [Recipient(link.address)]
    return [Recipient(link.address, owner.user_id, zone=owner.user.zone)]


def partner_link_declined(link: PartnerLink) -> None:
    firm = partner_name(link)
    tell_administrators(
        link.seller,
        key=f"partner-link:{link.public_id}:declined:{link.generation}",
        kind="connections.partner_link_declined",
        mail=Mail(
            subject=subject_line(partner_name(link), "Partner link", "declined"),
            heading=f"{firm} declined your partner link",
            facts=reason_facts(link.reason),
            button=("Open User Permissions", page(link.seller, "permissions")),
            organization=firm,
        ),
    )


def partner_link_expiring(link: PartnerLink) -> None:
    """A link nobody answered ends tomorrow: whoever issued it can remind or send it (U15)."""
    firm = partner_name(link)
    tell_administrators(
        link.seller,
        key=f"partner-link:{link.public_id}:expiring:{link.generation}",
        kind="connections.partner_link_expiring",
        mail=Mail(
            subject=subject_line("PartnerHub", "Partner link", "about to expire"),
            heading=f"Your link for {firm} has not been answered",
            paragraphs=(
                (
                    f"It ends on {mail_ending(link.expires_at)}. You can have it sent once more, "
                    "or renew it once it has expired."
                ),
            ),
            button=("Open the partner link", page(link.seller, "partner-link", link.public_id)),
        ),
        until=link.expires_at,
    )


def connection_invitation_sent(invitation: ConnectionInvitation) -> None:
    if not wants_mail(invitation):
        return
    firm, by = invitation.organization, invitation.invited_by
    mail = Mail(
        subject=subject_line(firm.name, "Invitation", "choose roles and accept"),
        heading=f"{inert(firm.name)} answered your partner link",
        paragraphs=(
            (
                f"{inert(by.name) if by else 'An administrator'} of {inert(firm.name)} invites you "
                "to connect. You choose the roles and levels; only what "
                f"{settings.MARKETPLACE_NAME} approved for this firm can be chosen."
            ),
        ),
        facts=(
            ("Solution provider", inert(firm.name)),
            ("Country", country(firm)),
            ("Accept until", mail_ending(invitation.expires_at)),
        ),
        button=("Choose roles", tokens.PLACEHOLDER),
        after=(ONE_USE.format(whom="an administrator of your account"),),
        organization=inert(firm.name),
    )
    people = administrators(invitation.seller)
    first = next((user for user in people if user.email == invitation.address), people[0])
    for recipients, about in (
        ([first], invitation.about),
        # A colleague's full mailbox does not make the invitation undeliverable.
        ([user for user in people if user != first], ""),
    ):
        tell(
            Recipient.administrators(recipients, invitation.seller),
            key=f"connection-invitation:{invitation.public_id}:sent:{invitation.generation}",
            kind="connections.invitation_sent",
            mail=mail,
            path=page(invitation.seller, "connection-accept", invitation.public_id),
            link=invitation.claim,
            about=about,
            organization=invitation.organization,
            caused_by=by,
        )


def connection_invitation_rejected(invitation: ConnectionInvitation) -> None:
    _tell_provider_about(
        invitation,
        event="rejected",
        heading=f"{inert(invitation.seller.name)} rejected your invitation",
        facts=reason_facts(invitation.reason),
    )


def connection_invitation_expired(invitation: ConnectionInvitation) -> None:
    _tell_provider_about(
        invitation,
        event="expired",
        heading=f"Your invitation to {inert(invitation.seller.name)} has expired",
        paragraphs=("You can send it again: that makes a new link and a new end date.",),
    )


def _tell_provider_about(
    invitation: ConnectionInvitation,
    *,
    event: str,
    heading: str,
    paragraphs: tuple[str, ...] = (),
    facts: tuple[tuple[str, str], ...] = (),
) -> None:
    path = page(invitation.organization, "client-invitation", invitation.public_id)
    tell_administrators(
        invitation.organization,
        key=f"connection-invitation:{invitation.public_id}:{event}:{invitation.generation}",
        kind=f"connections.invitation_{event}",
        mail=Mail(
            subject=subject_line(invitation.seller.name, "Invitation", event),
            heading=heading,
            paragraphs=paragraphs,
            facts=facts,
            button=("Open the invitation", path),
            organization=inert(invitation.seller.name),
        ),
    )
