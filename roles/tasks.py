"""What time does to applications and approvals."""

from functools import partial
from typing import Any

from django.conf import settings

from accounts.models import Organization
from core import clock
from core.failures.services import Chore, each
from core.tasks import task
from roles.models import ApprovedRole, RoleApplication
from roles.transitions.applications import lapse_application, remind_of_question
from roles.transitions.approvals import lapse_approved_roles, remind_of_lapse
from roles.transitions.reminders import tell_reviewers_what_waits

BATCH = 500


@task("roles.sweep")
def sweep() -> None:
    """Lapse what is over and remind of what will be. Any number of these may run at once."""
    now = clock.now()
    unanswered = RoleApplication.objects.unanswered(now).order_by("answer_due_at")[:BATCH]
    each(sweep.name, unanswered, lambda row: lapse_application(application=row))
    waiting = RoleApplication.objects.to_remind(now).with_list_data()
    waiting = waiting.order_by("answer_due_at")[:BATCH]
    each(sweep.name, waiting, lambda row: remind_of_question(application=row))
    chore = Chore(sweep.name, Organization)
    for key in _providers(ApprovedRole.objects.ended_by(now).exclude(provider__in=chore.resting())):
        chore.do(key, partial(lapse_approved_roles, provider_id=key, at=now))
    # The nearest end first: who is 5 days away gets one reminder, not three.
    for days in sorted(settings.APPROVAL_REMINDER_DAYS):
        ending = ApprovedRole.objects.to_remind(days, now)
        for key in _providers(ending.exclude(provider__in=chore.resting())):
            chore.do(key, partial(remind_of_lapse, provider_id=key, days=days, at=now))


def _providers(rows: Any) -> list[int]:
    return list(rows.order_by().values_list("provider_id", flat=True).distinct()[:BATCH])


@task("roles.tell_reviewers")
def tell_reviewers() -> None:
    """Tell the reviewers once a day what waits; a second run on the same day tells nobody."""
    tell_reviewers_what_waits()
