"""Mails about a connection that is paused, and goes on (X6)."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from connections.emails.parts import reason_facts, tell_both
from connections.models import Connection
from core import clock
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import mail_ending


def connection_paused(connection: Connection, *, by: User) -> None:
    seller, provider = inert(connection.seller.name), inert(connection.provider.name)
    facts = (("Paused until", _until(connection.paused_until)), *reason_facts(connection.reason))

    def mail(other: Organization) -> Mail:
        if other == connection.seller:
            heading = f"{seller} paused the connection with you"
            text = (
                "Nobody of your firm can act for this seller while it is paused. Roles and "
                "assignments stay as they are and count again afterwards."
            )
        else:
            heading = f"The connection with {provider} is paused"
            text = (
                f"{inert(by.name)} paused it: nobody of {provider} can act for you. You can "
                "let them go on at any time."
            )
        return Mail(
            subject=subject_line(connection.seller.name, "Connection", "paused"),
            heading=heading,
            paragraphs=(text,),
            facts=facts,
            organization=seller,
        )

    tell_both(connection, f"paused:{_stamp(connection.paused_at)}", mail, by=by)


def connection_pause_moved(connection: Connection, *, before: datetime | None, by: User) -> None:
    seller, provider = inert(connection.seller.name), inert(connection.provider.name)
    facts = (
        ("Paused until", _until(connection.paused_until)),
        ("Until now it was", _until(before)),
    )

    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(connection.seller.name, "Connection", "other end of the pause"),
            heading=f"{seller} changed how long the connection is paused"
            if other == connection.seller
            else f"The connection with {provider} is paused until another day",
            paragraphs=(
                (
                    f"{inert(by.name)} changed when it ends. The pause goes on, and roles and "
                    "assignments stay as they are."
                ),
            ),
            facts=facts,
            organization=seller,
        )

    tell_both(connection, f"pause_moved:{_stamp(clock.now())}", mail, by=by)


def connection_resumed(
    connection: Connection, *, since: datetime | None, by: User | None = None
) -> None:
    """Both sides hear that the roles count again; `since` is when the pause began."""
    seller = inert(connection.seller.name)
    word = f"{inert(by.name)} resumed it." if by else "The pause ended on the day that was set."

    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(connection.seller.name, "Connection", "resumed"),
            heading=f"The connection with {inert(other.name)} goes on",
            paragraphs=(f"{word} Every role and assignment counts again as before.",),
            organization=seller,
        )

    tell_both(connection, f"resumed:{_stamp(since)}", mail, by=by)


def pause_ending(connection: Connection) -> None:
    """Both sides, a day before: rights that rested count again."""

    def mail(other: Organization) -> Mail:
        name = inert(other.name)
        if other == connection.seller:
            heading = _("%(name)s lets you go on soon") % {"name": name}
            text = _("Roles and assignments count again then, as they were before the pause.")
        else:
            heading = _("The pause of %(name)s is about to end") % {"name": name}
            text = _("They can act for you again then. You can change the day, or end it earlier.")
        return Mail(
            subject=subject_line(connection.seller.name, _("Connection"), _("pause ends soon")),
            heading=heading,
            paragraphs=(text,),
            facts=((_("Paused until"), mail_ending(connection.paused_until)),),
            organization=inert(connection.seller.name),
        )

    tell_both(connection, f"pause_ends:{_stamp(connection.paused_until)}", mail)


def _until(moment: datetime | None) -> str:
    return mail_ending(moment) if moment else "the seller resumes it"


def _stamp(moment: datetime | None) -> str:
    """Tells one pause from the next in the keys of its mails."""
    return moment.isoformat() if moment else ""
