"""Mails about connections, what is granted through them, and who may use it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.portals import page
from connections.emails.parts import MOST_ROLES, difference, reason_facts, role_facts, tell_both
from connections.models import Connection, RoleGrant
from connections.states import ConnectionStatus, Side
from core.audit.presenters import Values
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line
from core.web.access import Level
from core.web.formats import in_days, mail_ending


def connection_started(connection: Connection, levels: Mapping[str, Level], *, by: User) -> None:
    facts = (*role_facts(levels), ("Connected until", mail_ending(connection.ends_at)))
    seller, provider = connection.seller, connection.provider

    def mail(other: Organization) -> Mail:
        if other == seller:
            action = "accepted, roles granted"
            heading = f"{inert(seller.name)} connected with you and granted roles"
            text = "Assign your people to the roles, so that they can start."
        else:
            action = f"{inert(provider.name, 30)} added"
            heading = f"{inert(provider.name)} is now an authorized partner"
            text = f"{inert(by.name)} accepted the invitation and granted these roles."
        return Mail(
            subject=subject_line(seller.name, "Connection", action),
            heading=heading,
            paragraphs=(text,),
            facts=facts,
            organization=inert(seller.name),
        )

    tell_both(connection, "started", mail, by=by)


def roles_changed(
    connection: Connection, before: Values, after: Values, *, actor: Organization, by: User
) -> None:
    facts = difference(before, after)
    if "until" in after:
        facts = (*facts, ("Connected until", mail_ending(connection.ends_at)))

    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(actor.name, "Roles", "changed"),
            heading=f"{inert(actor.name)} changed granted roles",
            paragraphs=(
                (
                    f"{inert(by.name)} changed what is granted in the connection with "
                    f"{inert(other.name)}. It counts at once."
                ),
            ),
            facts=facts,
            organization=inert(actor.name),
        )

    tell_both(connection, f"roles:{connection.version}", mail, by=by)


def roles_ended(connection: Connection, before: Values, people: Iterable[User]) -> None:
    facts = difference(before, dict.fromkeys(before, "none"))

    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(connection.seller.name, "Roles", "ended"),
            heading=f"Roles in the connection with {inert(other.name)} have ended",
            paragraphs=(
                (
                    "The end date that the seller set for them has come. Everything else stays as "
                    "it is; only the seller can grant them again."
                ),
            ),
            facts=facts,
            organization=inert(connection.seller.name),
        )

    event = f"roles_ended:{connection.version}"
    seller, provider = connection.seller, connection.provider
    tell_both(connection, event, mail)
    tell(
        [Recipient.of(person) for person in people],
        key=f"connection:{connection.public_id}:{event}:people",
        kind="connections.assignment_changed",
        mail=Mail(
            subject=subject_line(seller.name, "Your roles", "ended"),
            heading=f"Roles you used for {inert(seller.name)} have ended",
            paragraphs=("Their end date has come. What else you are assigned to stays.",),
            facts=facts,
            button=("See your clients", page(provider, "clients")),
            organization=inert(seller.name),
        ),
        organization=provider,
    )


def roles_ending(
    connection: Connection, grants: Iterable[RoleGrant], people: Iterable[User], *, days: int
) -> None:
    """Roles with a date of their own, before the connection's: to both sides and to who uses
    them."""
    seller, provider = connection.seller, connection.provider
    rows = sorted(grants, key=lambda grant: grant.role.name)
    facts = tuple((grant.role.name, mail_ending(grant.ends_at)) for grant in rows)[:MOST_ROLES]
    key = f"roles_end:{days}:{','.join(f'{grant.pk}@{_stamp(grant)}' for grant in rows)[:120]}"

    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(other.name, _("Roles"), _("end soon")),
            heading=_("Roles in the connection with %(name)s end soon")
            % {"name": inert(other.name)},
            paragraphs=(
                _("The seller set a date for them. Only the seller can let them go on longer."),
            ),
            facts=facts,
            organization=inert(seller.name),
        )

    tell_both(connection, key, mail)
    tell(
        [Recipient.of(person, provider) for person in people],
        key=f"connection:{connection.public_id}:{key}:people",
        kind="connections.connection_roles_end",
        mail=replace(mail(seller), button=(_("See your clients"), page(provider, "clients"))),
        organization=provider,
    )


def _stamp(grant: RoleGrant) -> str:
    return str(int(grant.ends_at.timestamp())) if grant.ends_at else ""


def connection_ending(connection: Connection, *, days: int) -> None:
    when = in_days(days, connection.ends_at)
    ends = mail_ending(connection.ends_at)

    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(other.name, "Connection", f"ends {when}"),
            heading=f"The connection with {inert(other.name)} ends on {ends}",
            paragraphs=(
                (
                    "From then on nobody acts with its roles. To go on working together, "
                    "propose a later end date before it is over: the other side agrees to it."
                ),
            ),
        )

    tell_both(
        connection,
        f"ends:{days}:{connection.ends_at.isoformat()}",
        mail,
        page="renewal",
        label="Propose a later end date",
        until=connection.ends_at,
    )


def connection_ended(connection: Connection, *, by: User | None = None) -> None:
    actor: Organization | None = None
    if connection.ended_side in (Side.SELLER, Side.PROVIDER):
        actor = getattr(connection, connection.ended_side)
    word = "ended by its end date"
    if connection.status == ConnectionStatus.TERMINATED:
        word = f"ended by {inert(actor.name) if actor else settings.MARKETPLACE_NAME}"

    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line((actor or other).name, "Connection", "ended"),
            heading=f"The connection with {inert(other.name)} was {word}",
            paragraphs=(
                (
                    "All its roles stopped at once. The page behind the button shows which rights "
                    "ended, what work is left open, and the papers to keep."
                ),
            ),
            facts=reason_facts(connection.reason),
            organization=inert(actor.name) if actor else "",
        )

    tell_both(connection, "ended", mail, by=by, page="offboarding")
