"""Mails about a connection that is paused, and goes on (X6)."""

from datetime import datetime
from typing import Any

from connections.emails.parts import reason_facts, tell_both
from connections.models import Connection
from core import clock
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import day


def connection_paused(connection: Connection, *, by: Any) -> None:
    seller, provider = inert(connection.seller.name), inert(connection.provider.name)
    facts = (
        ("Paused until", _until(connection.paused_until)),
        *reason_facts(connection.reason),
    )
    subject = subject_line(connection.seller.name, "Connection", "paused")
    tell_both(
        connection,
        event=f"paused:{_stamp(connection.paused_at)}",
        provider=Mail(
            subject=subject,
            heading=f"{seller} paused the connection with you",
            paragraphs=(
                (
                    "Nobody of your firm can act for this seller while it is paused. Roles and "
                    "assignments stay as they are and count again afterwards."
                ),
            ),
            facts=facts,
            organization=seller,
        ),
        seller=Mail(
            subject=subject,
            heading=f"The connection with {provider} is paused",
            paragraphs=(
                (
                    f"{inert(by.name)} paused it: nobody of {provider} can act for you. You can "
                    "let them go on at any time."
                ),
            ),
            facts=facts,
            organization=seller,
        ),
        by=by,
    )


def connection_pause_moved(connection: Connection, *, before: datetime | None, by: Any) -> None:
    seller, provider = inert(connection.seller.name), inert(connection.provider.name)
    facts = (
        ("Paused until", _until(connection.paused_until)),
        ("Until now it was", _until(before)),
    )

    def mail(heading: str) -> Mail:
        return Mail(
            subject=subject_line(connection.seller.name, "Connection", "other end of the pause"),
            heading=heading,
            paragraphs=(
                (
                    f"{inert(by.name)} changed when it ends. The pause goes on, and roles and "
                    "assignments stay as they are."
                ),
            ),
            facts=facts,
            organization=seller,
        )

    tell_both(
        connection,
        event=f"pause_moved:{_stamp(clock.now())}",
        provider=mail(f"{seller} changed how long the connection is paused"),
        seller=mail(f"The connection with {provider} is paused until another day"),
        by=by,
    )


def connection_resumed(connection: Connection, *, since: datetime | None, by: Any = None) -> None:
    """Both sides hear that the roles count again; `since` is when the pause began."""
    seller = inert(connection.seller.name)
    word = f"{inert(by.name)} resumed it." if by else "The pause ended on the day that was set."

    def mail(other: str) -> Mail:
        return Mail(
            subject=subject_line(connection.seller.name, "Connection", "resumed"),
            heading=f"The connection with {inert(other)} goes on",
            paragraphs=(f"{word} Every role and assignment counts again as before.",),
            organization=seller,
        )

    tell_both(
        connection,
        event=f"resumed:{_stamp(since)}",
        provider=mail(connection.seller.name),
        seller=mail(connection.provider.name),
        by=by,
    )


def _until(moment: datetime | None) -> str:
    return day(moment) if moment else "the seller resumes it"


def _stamp(moment: datetime | None) -> str:
    """Tells one pause from the next in the keys of its mails."""
    return f"{moment:%Y%m%d%H%M%S%f}" if moment else ""
