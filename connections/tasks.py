"""What time does to links and connections. Looked at every minute; each step stands alone."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings

from accounts.invitations import transitions as invitations
from connections.models import Connection, ConnectionReview, PartnerLink, RoleRequest
from connections.transitions import endings, grants, links, pauses, requests, reviews
from connections.transitions.rules import REMINDERS
from core import clock
from core.failures.services import each
from core.tasks import task

BATCH = 500


@task("connections.sweep")
def sweep() -> None:
    """Move what is past its date, ask for reviews, and remind. Harmless when run twice (F13)."""
    now = clock.now()
    overdue = PartnerLink.objects.overdue(now).select_related("seller", "provider")
    _each(overdue.order_by("expires_at"), lambda row: invitations.expire(row=row))
    expiring = PartnerLink.objects.to_remind(now).select_related("seller", "provider")
    _each(expiring.order_by("expires_at"), lambda row: links.remind(link=row))
    connections = Connection.objects.with_list_data()
    ended = connections.overdue(now).order_by("ends_at")
    _each(ended, lambda row: endings.end_overdue(connection=row))
    resumed = connections.pause_over(now).order_by("paused_until")
    _each(resumed, lambda row: pauses.resume_overdue(connection=row))
    due = connections.with_due_grants(now).order_by("id")
    _each(due, lambda row: grants.end_due(connection=row))
    lapsed = RoleRequest.objects.overdue(now).select_related("connection").order_by("expires_at")
    _each(lapsed, lambda row: requests.lapse(request=row))
    _reviews(now)
    for days in REMINDERS:
        ending = connections.to_remind(now, days).order_by("ends_at")
        _each(ending, partial(_remind, days=days))


def _reviews(now: datetime) -> None:
    due = Connection.objects.with_list_data().to_review(now).order_by("review_from")
    _each(due, lambda row: reviews.open_review(connection=row))
    waiting = ConnectionReview.objects.select_related("connection__seller", "connection__provider")
    for days in sorted(settings.REVIEW_REMINDER_DAYS):
        _each(waiting.to_remind(now, days).order_by("due_at"), partial(_remind_of, days=days))


def _remind_of(review: ConnectionReview, *, days: int) -> bool:
    return reviews.remind_of_review(review=review, days=days)


def _remind(connection: Connection, *, days: int) -> bool:
    return endings.remind(connection=connection, days=days)


def _each(rows: Any, act: Callable[[Any], Any]) -> None:
    each(sweep.name, rows[:BATCH], act)
