"""The yearly review: the schedule asks, the seller's administrators answer (U42).

It never ends or lowers anything by itself: that is for people, with the steps that do it.
"""

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.tenancy import require_administrator
from connections import emails
from connections.models import Connection, ConnectionReview
from connections.states import LIVE_CONNECTION, REVIEW, ReviewStatus
from connections.transitions.rules import ChangedMeanwhile, lock_live, lock_parties
from core import clock
from core.audit.services import record
from core.db import lock, move
from core.state_tables import advance, advance_all


@transaction.atomic
def open_review(*, connection: Connection) -> bool:
    """Ask the seller's administrators about this partner; False when it is not due any more."""
    lock_parties(connection.seller_id, connection.provider_id)
    row = lock(Connection.objects.select_related("seller", "provider"), pk=connection.pk)
    now = clock.now()
    if not row.is_live or not Connection.objects.to_review(now).filter(pk=row.pk).exists():
        return False
    due = clock.end_after(settings.REVIEW_ANSWER_DAYS, row.seller.zone)
    review = ConnectionReview.objects.create(connection=row, opened_at=now, due_at=due)
    record(
        "connection.review_opened",
        by=None,
        subject=row,
        organization=row.seller,
        counterparty=row.provider,
        after={"due": due.isoformat()},
    )
    emails.reviews.review_opened(review)
    return True


@transaction.atomic
def remind_of_review(*, review: ConnectionReview, days: int) -> bool:
    """Tell the seller's administrators once that `days` are left; False when they were told."""
    untold = ConnectionReview.objects.to_remind(clock.now(), days).filter(pk=review.pk)
    if not untold.update(reminded=days):
        return False
    emails.reviews.review_waiting(review, days=days)
    return True


@transaction.atomic
def confirm_review(*, connection: Connection, by: User, version: int) -> Connection:
    """Keep what stands: the next review comes a year from now.

    `version` is that of the roles which the page showed: raises ChangedMeanwhile for another one.
    Raises Ended once the connection is over, Conflict when nothing waits for an answer,
    NotPermitted.
    """
    row = lock_live(connection)
    require_administrator(by, row.seller)
    if row.version != version:
        raise ChangedMeanwhile("Somebody changed these roles in the meantime.")
    review = lock(row.reviews.filter(status=ReviewStatus.OPEN))
    now = clock.now()
    advance(review, REVIEW, ReviewStatus.CONFIRMED, closed_at=now, confirmed_by=by)
    move(row, expect={"version": version}, review_from=now)
    record(
        "connection.reviewed",
        by=by,
        subject=row,
        organization=row.seller,
        counterparty=row.provider,
    )
    return row


def close_reviews(connection: Connection) -> None:
    assert connection.status not in LIVE_CONNECTION
    advance_all(connection.reviews.all(), REVIEW, ReviewStatus.CLOSED, closed_at=clock.now())
