"""Mails to people whose whole account the operator stopped, or opened again."""

from accounts.models import User
from core import clock
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail


def person_deactivated(person: User) -> None:
    _tell(
        person,
        "deactivated",
        "Your PartnerHub account is deactivated",
        "You cannot sign in any more, and every session was ended. "
        "If you think that this is a mistake, write to us.",
    )


def person_reactivated(person: User) -> None:
    _tell(
        person,
        "reactivated",
        "Your PartnerHub account works again",
        "You can sign in, and what you may do is as it was before.",
    )


def _tell(person: User, event: str, heading: str, text: str) -> None:
    tell(
        [Recipient.of(person)],
        key=f"person:{person.public_id}:{event}:{clock.now().isoformat()}",
        kind=f"accounts.person_{event}",
        mail=Mail(
            subject=f"[PartnerHub] Account: {event}",
            heading=heading,
            paragraphs=(text,),
            button=("Open PartnerHub", "/"),
            why="You get this because it concerns your account.",
        ),
    )
