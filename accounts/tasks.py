"""The scheduler's work of this app. Every row is its own transaction; twice is once."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from accounts.invitations import kinds
from accounts.invitations import transitions as invitations
from accounts.invitations.batches.transitions import batches, chunks
from accounts.models import IdentityCheck, IdentityDocument, Invitation
from accounts.states import IdentityStatus
from accounts.transitions import identity, second_factors
from core import clock
from core.failures.services import each
from core.tasks import task
from core.web.models import Limit

TASK = "accounts.sweep"
BATCH = 500


@task(TASK)
def sweep() -> None:
    """Move what the clock has decided: checks, reminders, documents, invitations of every kind."""
    each(TASK, _ended_checks(), lambda check: identity.expire_identity(check=check))
    for days in identity.REMINDERS:
        each(TASK, _ending_checks(days), partial(identity.remind_identity, days=days))
    each(TASK, _old_documents(), lambda document: identity.delete_document(document=document))
    for kind in kinds.all_kinds():
        if issubclass(kind.model, Invitation):
            overdue = kind.rows().overdue(clock.now()).order_by("expires_at")[:BATCH]
            each(TASK, overdue, lambda row: invitations.expire(row=row))
            ending = kind.rows().to_remind(clock.now()).order_by("expires_at")[:BATCH]
            each(TASK, ending, lambda row: invitations.remind(row=row))


@task("accounts.send_lists")
def send_lists() -> None:
    chunks.send_due()


def _ended_checks() -> QuerySet[IdentityCheck]:
    rows = IdentityCheck.objects.filter(status=IdentityStatus.VERIFIED)
    return rows.filter(expires_at__lte=clock.now()).order_by("expires_at")[:BATCH]


def _ending_checks(days: int) -> QuerySet[IdentityCheck]:
    return (
        IdentityCheck.objects.in_force(clock.now())
        .filter(expires_at__lte=clock.now() + timedelta(days=days))
        .filter(Q(reminded_days=None) | Q(reminded_days__gt=days))
        .order_by("expires_at")[:BATCH]
    )


def _old_documents() -> QuerySet[IdentityDocument]:
    before = clock.now() - timedelta(days=settings.IDENTITY_DOCUMENT_DAYS)
    rows = IdentityDocument.objects.filter(deleted_at=None, check_of__decided_at__lte=before)
    return rows.order_by("id")[:BATCH]


@task("accounts.forget_lists")
def forget_lists() -> None:
    batches.forget_old()


@task("accounts.sweep_orphans")
def sweep_orphans() -> None:
    identity.sweep_orphans()


@task("accounts.reseal_factors")
def reseal_factors() -> None:
    second_factors.reseal_all()


@task("accounts.forget_sessions")
def forget_sessions() -> None:
    """Delete the rows of sessions and limits that have ended; their time is real, not the rules'
    clock."""
    Session.objects.filter(expire_date__lt=clock.real_now()).delete()
    Limit.objects.filter(expires__lt=clock.real_now()).delete()
