"""Mails about the yearly review of partners (U42)."""

from connections.emails.parts import tell_side
from connections.models import ConnectionReview
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import in_days, mail_ending


def review_opened(review: ConnectionReview) -> None:
    firm = inert(review.connection.provider.name)
    _tell(
        review,
        event="opened",
        subject=subject_line(review.connection.provider.name, "Review", "still needed?"),
        heading=f"Does {firm} still need what it may do for you?",
        text=(
            "It has been a year. Look at each role, when it was last used and by how many people; "
            "then keep, lower or end it. Nothing changes by itself."
        ),
    )


def review_waiting(review: ConnectionReview, *, days: int) -> None:
    firm = inert(review.connection.provider.name)
    when = in_days(days, review.due_at) if days else "now overdue"
    _tell(
        review,
        event=f"waiting:{days}",
        subject=subject_line(review.connection.provider.name, "Review", when),
        heading=f"The review of {firm} is due on {mail_ending(review.due_at)}"
        if days
        else f"The review of {firm} is overdue",
        text="Keep, lower or end what it may do for you. Nothing changes by itself.",
    )


def _tell(review: ConnectionReview, *, event: str, subject: str, heading: str, text: str) -> None:
    tell_side(
        review.connection,
        review.connection.seller,
        Mail(
            subject=subject,
            heading=heading,
            paragraphs=(text,),
            facts=(
                ("Solution provider", inert(review.connection.provider.name)),
                ("Answer until", mail_ending(review.due_at)),
            ),
        ),
        key=f"review:{review.public_id}:{event}",
        kind=f"connections.review_{event.partition(':')[0]}",
        page="review",
        label="Review this partner",
    )
