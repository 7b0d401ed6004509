"""Mails about a proposed later end date (U16)."""

from accounts.models import Organization, User
from connections.emails.parts import reason_facts, tell_both, tell_side
from connections.models import Connection, Renewal
from connections.states import Side
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import mail_ending


def renewal_proposed(connection: Connection, renewal: Renewal, *, by: User) -> None:
    own = _proposer(connection, renewal)
    _tell(
        connection,
        _answerer(connection, renewal),
        renewal,
        "proposed",
        Mail(
            subject=subject_line(own.name, "Connection", "a later end date is proposed"),
            heading=f"{inert(own.name)} wants to go on working with you",
            paragraphs=(
                f"{inert(by.name)} proposes a later end date. It counts once your side agrees.",
            ),
            facts=(
                ("Ends on now", mail_ending(connection.ends_at)),
                ("Proposed", mail_ending(renewal.ends_at)),
            ),
            organization=inert(own.name),
        ),
        label="Answer the proposal",
        by=by,
    )


def renewal_agreed(
    connection: Connection, renewal: Renewal, *, by: User, actor: Organization
) -> None:
    def mail(other: Organization) -> Mail:
        return Mail(
            subject=subject_line(actor.name, "Connection", "renewed"),
            heading=f"The connection with {inert(other.name)} goes on until "
            f"{mail_ending(connection.ends_at)}",
            paragraphs=(f"{inert(by.name)} of {inert(actor.name)} agreed to the later end date.",),
            organization=inert(actor.name),
        )

    tell_both(connection, f"renewed:{renewal.public_id}", mail, by=by)


def renewal_declined(
    connection: Connection, renewal: Renewal, *, by: User, actor: Organization
) -> None:
    mail = Mail(
        subject=subject_line(actor.name, "Connection", "proposal declined"),
        heading=f"{inert(actor.name)} declined the later end date",
        paragraphs=(f"The connection ends on {mail_ending(connection.ends_at)}, as it stood.",),
        facts=reason_facts(renewal.reason),
        organization=inert(actor.name),
    )
    _tell(connection, _proposer(connection, renewal), renewal, "declined", mail, by=by)


def renewal_withdrawn(
    connection: Connection, renewal: Renewal, *, by: User, actor: Organization
) -> None:
    _tell(
        connection,
        _answerer(connection, renewal),
        renewal,
        "withdrawn",
        Mail(
            subject=subject_line(actor.name, "Connection", "proposal taken back"),
            heading=f"{inert(actor.name)} took back the proposed end date",
            paragraphs=(f"The connection ends on {mail_ending(connection.ends_at)}, as it stood.",),
            organization=inert(actor.name),
        ),
        by=by,
    )


def _proposer(connection: Connection, renewal: Renewal) -> Organization:
    return connection.seller if renewal.side == Side.SELLER else connection.provider


def _answerer(connection: Connection, renewal: Renewal) -> Organization:
    return connection.provider if renewal.side == Side.SELLER else connection.seller


def _tell(
    connection: Connection,
    reader: Organization,
    renewal: Renewal,
    event: str,
    mail: Mail,
    *,
    label: str = "Look at the end date",
    by: User,
) -> None:
    tell_side(
        connection,
        reader,
        mail,
        key=f"renewal:{renewal.public_id}:{event}",
        kind=f"connections.renewal_{event}",
        page="renewal",
        label=label,
        by=by,
    )
