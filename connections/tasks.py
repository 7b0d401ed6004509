"""What time does to links and connections. Looked at every minute; each step stands alone."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from accounts.invitations import transitions as invitations
from connections.models import Connection, ConnectionReview, PartnerLink, RoleRequest
from connections.transitions import endings, grants, pauses, requests, reviews
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
    _each(overdue.order_by("expires_at"), invitations.expire, "row")
    expiring = PartnerLink.objects.to_remind(now).select_related("seller", "provider")
    _each(expiring.order_by("expires_at"), invitations.remind, "row")
    rows = Connection.objects.with_list_data()
    _each(rows.overdue(now).order_by("ends_at"), endings.end_overdue, "connection")
    _each(rows.pause_over(now).order_by("paused_until"), pauses.resume_overdue, "connection")
    _each(rows.with_due_grants(now).order_by("id"), grants.end_due, "connection")
    resuming = rows.to_remind_of_resuming(now).order_by("paused_until")
    _each(resuming, pauses.remind_of_end, "connection")
    for days in REMINDERS:
        _each(
            rows.with_ending_grants(now, days).order_by("id"),
            grants.remind_of_end,
            "connection",
            days=days,
        )
    waiting_requests = RoleRequest.objects.to_remind(now).select_related("connection")
    _each(waiting_requests.order_by("expires_at"), requests.remind_of_lapse, "request")
    lapsed = RoleRequest.objects.overdue(now).select_related("connection").order_by("expires_at")
    _each(lapsed, requests.lapse, "request")
    _each(rows.to_review(now).order_by("review_from"), reviews.open_review, "connection")
    waiting = ConnectionReview.objects.select_related("connection__seller", "connection__provider")
    for days in sorted(settings.REVIEW_REMINDER_DAYS):
        due = waiting.to_remind(now, days).order_by("due_at")
        _each(due, reviews.remind_of_review, "review", days=days)
    for days in REMINDERS:
        ending = rows.to_remind(now, days).order_by("ends_at")
        _each(ending, endings.remind, "connection", days=days)


def _each(rows: Any, act: Callable[..., Any], name: str, **options: Any) -> None:
    """Call `act(<name>=row)` for one batch; the next run takes what remains."""
    each(sweep.name, rows[:BATCH], lambda row: act(**{name: row}, **options))
