"""Mails about a proposed later end date (U16)."""

from dataclasses import replace
from typing import Any

from django.urls import reverse

from accounts.models import Organization
from connections.emails.parts import reason_facts, tell_administrators, tell_both
from connections.models import Connection, Renewal
from connections.states import Side
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import day

PAGES = {Side.SELLER: "seller:connection-renewal", Side.PROVIDER: "provider:client-renewal"}


def renewal_proposed(connection: Connection, renewal: Renewal, *, by: Any) -> None:
    own, _ = _sides(connection, renewal)
    _tell_other(
        connection,
        renewal,
        "proposed",
        Mail(
            subject=subject_line(own.name, "Connection", "a later end date is proposed"),
            heading=f"{inert(own.name)} wants to go on working with you",
            paragraphs=(
                f"{inert(by.name)} proposes a later end date. It counts once your side agrees.",
            ),
            facts=(
                ("Ends on now", day(connection.ends_at)),
                ("Proposed", day(renewal.ends_at)),
            ),
            button=("Answer the proposal", ""),
            organization=inert(own.name),
        ),
        by=by,
    )


def renewal_agreed(
    connection: Connection, renewal: Renewal, *, by: Any, actor: Organization
) -> None:
    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(actor.name, "Connection", "renewed"),
            heading=f"The connection with {inert(other.name)} goes on until "
            f"{day(connection.ends_at)}",
            paragraphs=(f"{inert(by.name)} of {inert(actor.name)} agreed to the later end date.",),
            organization=inert(actor.name),
        )

    tell_both(
        connection,
        event=f"renewed:{renewal.public_id}",
        provider=mail(connection.seller),
        seller=mail(connection.provider),
        by=by,
    )


def renewal_declined(
    connection: Connection, renewal: Renewal, *, by: Any, actor: Organization
) -> None:
    own, _ = _sides(connection, renewal)
    mail = Mail(
        subject=subject_line(actor.name, "Connection", "proposal declined"),
        heading=f"{inert(actor.name)} declined the later end date",
        paragraphs=(f"The connection ends on {day(connection.ends_at)}, as it stood.",),
        facts=reason_facts(renewal.reason),
        organization=inert(actor.name),
    )
    _tell(own, Side(renewal.side), connection, renewal, "declined", mail, by)


def renewal_withdrawn(
    connection: Connection, renewal: Renewal, *, by: Any, actor: Organization
) -> None:
    _tell_other(
        connection,
        renewal,
        "withdrawn",
        Mail(
            subject=subject_line(actor.name, "Connection", "proposal taken back"),
            heading=f"{inert(actor.name)} took back the proposed end date",
            paragraphs=(f"The connection ends on {day(connection.ends_at)}, as it stood.",),
            organization=inert(actor.name),
        ),
        by=by,
    )


def _sides(connection: Connection, renewal: Renewal) -> tuple[Organization, Organization]:
    """Who proposed, and the other one."""
    if renewal.side == Side.SELLER:
        return connection.seller, connection.provider
    return connection.provider, connection.seller


def _tell_other(
    connection: Connection, renewal: Renewal, event: str, mail: Mail, *, by: Any
) -> None:
    _, other = _sides(connection, renewal)
    side = Side.PROVIDER if renewal.side == Side.SELLER else Side.SELLER
    _tell(other, side, connection, renewal, event, mail, by)


def _tell(
    organization: Organization,
    side: Side,
    connection: Connection,
    renewal: Renewal,
    event: str,
    mail: Mail,
    by: Any,
) -> None:
    path = reverse(PAGES[side], args=[organization.handle, connection.public_id])
    label = mail.button[0] if mail.button else "Look at the end date"
    tell_administrators(
        organization,
        key=f"renewal:{renewal.public_id}:{event}",
        kind=f"connections.renewal_{event}",
        mail=replace(mail, button=(label, path)),
        caused_by=by,
    )
