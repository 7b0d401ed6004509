"""What administrators do with a list: keep it, leave rows out, confirm, take back, throw away."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.invitations.batches import emails, kinds
from accounts.invitations.batches.checking import rows_of
from accounts.invitations.batches.reading import MAX_ROWS, Reading
from accounts.models import BatchRow, InvitationBatch, Organization
from accounts.states import BATCH, ROW, BatchStatus, RowStatus
from core import clock
from core.audit.services import record
from core.db import lock
from core.errors import Conflict, Invalid, LimitReached
from core.state_tables import advance, advance_all
from core.tasks import nudge

MAX_DRAFTS = 20
MAX_QUEUED = 2 * MAX_ROWS
KEEP_DRAFTS = timedelta(days=14)
KEEP_DONE = timedelta(days=90)
LOOKING_ON = timedelta(minutes=10)


@transaction.atomic
def keep(
    *,
    by: Any,
    organization: Organization,
    purpose: str,
    source: str,
    reading: Reading,
    options: Mapping[str, Any],
) -> InvitationBatch:
    """Nobody is invited yet (U26). Raises NotPermitted, and LimitReached for too many drafts."""
    kind = kinds.get(purpose)
    organization = lock(Organization.objects.all(), pk=organization.pk)
    kind.check(by, organization)
    own = InvitationBatch.objects.for_organization(organization)
    if own.filter(status=BatchStatus.DRAFT).count() >= MAX_DRAFTS:
        raise LimitReached(
            f"{MAX_DRAFTS} lists wait for their confirmation. Confirm or throw away one of them."
        )
    batch = InvitationBatch.objects.create(
        organization=organization,
        purpose=purpose,
        source=source[:100],
        notes=reading.notes,
        options=dict(options),
        created_by=by,
    )
    rows = rows_of(reading.lines, kind.columns(organization), options)
    for row in rows:
        row.batch = batch
    BatchRow.objects.bulk_create(rows)
    return batch


@transaction.atomic
def leave_out(*, by: Any, batch: InvitationBatch, numbers: Sequence[int], out: bool = True) -> int:
    """Returns how many changed. Raises Conflict once the list is confirmed."""
    batch = _locked(batch, by=by)
    if batch.status != BatchStatus.DRAFT:
        raise Conflict("This list is confirmed: its rows can only be taken back.")
    return _move_rows(batch, RowStatus.EXCLUDED if out else RowStatus.READY, numbers)


@transaction.atomic
def confirm(*, by: Any, batch: InvitationBatch) -> InvitationBatch:
    """Doing it twice is doing it once. Raises Invalid, LimitReached, NotPermitted."""
    batch = _locked(batch, by=by)
    if batch.status != BatchStatus.DRAFT:
        return batch
    queued = BatchRow.objects.filter(
        batch__organization=batch.organization, status=RowStatus.QUEUED
    ).count()
    ready = batch.rows.filter(status=RowStatus.READY).count()
    if not ready:
        raise Invalid("No row of this list can be invited.")
    if queued + ready > MAX_QUEUED:
        raise LimitReached(
            f"{queued:,} invitations of this account wait already; {MAX_QUEUED:,} may. "
            "Confirm this list once they are sent."
        )
    now = clock.now()
    advance(batch, BATCH, BatchStatus.RUNNING, confirmed_at=now, confirmed_by=by, next_at=now)
    _move_rows(batch, RowStatus.QUEUED)
    _record("list_confirmed", batch, by=by, rows=ready)
    # At once where a worker waits; the sweep does it otherwise.
    nudge("accounts.send_lists")
    return batch


@transaction.atomic
def cancel(*, by: Any, batch: InvitationBatch, numbers: Sequence[int] | None = None) -> int:
    """Take queued rows back, these or all; returns how many. What is sent stays sent."""
    batch = _locked(batch, by=by)
    changed = _move_rows(batch, RowStatus.CANCELLED, numbers, decided_at=clock.now())
    if changed:
        _record("list_cancelled", batch, by=by, rows=changed)
        settle(batch)
    return changed


@transaction.atomic
def discard(*, by: Any, batch: InvitationBatch) -> None:
    """Throw a list away that was not confirmed. Raises Conflict for any other."""
    batch = _locked(batch, by=by)
    if batch.status != BatchStatus.DRAFT:
        raise Conflict("This list is confirmed: it stays as it is.")
    batch.delete()


def forget_old() -> None:
    """Delete lists that nobody confirmed or that were done long ago: they hold people's names."""
    now = clock.now()
    drafts = InvitationBatch.objects.filter(
        status=BatchStatus.DRAFT, created_at__lt=now - KEEP_DRAFTS
    )
    done = InvitationBatch.objects.filter(status=BatchStatus.DONE, finished_at__lt=now - KEEP_DONE)
    for old in (drafts, done):
        old.delete()


def forget_person(*, addresses: Sequence[str]) -> None:
    """Runs in the transaction that erases (D6); what waits is taken back first."""
    rows = BatchRow.objects.filter(address__in=addresses)
    advance_all(rows, ROW, RowStatus.CANCELLED, decided_at=clock.now())
    advance_all(rows, ROW, RowStatus.EXCLUDED)
    rows.update(address="", typed={}, values={})


def stop(batch: InvitationBatch, reason: str) -> None:
    """Nobody may send the rest of this list any more; says why. The caller holds the lock."""
    changed = _move_rows(batch, RowStatus.STOPPED, reason=reason[:300], decided_at=clock.now())
    _record("list_stopped", batch, by=None, rows=changed)
    emails.list_stopped(batch, reason)
    settle(batch)


def finish(batch: InvitationBatch) -> None:
    """Settle it by itself; who confirmed it is told, unless they may still look on."""
    settle(batch)
    left = batch.confirmed_at and batch.confirmed_at <= clock.now() - LOOKING_ON
    if batch.status == BatchStatus.DONE and left:
        emails.list_done(batch)


def settle(batch: InvitationBatch) -> None:
    waits = batch.rows.filter(status=RowStatus.QUEUED).exists()
    if batch.status == BatchStatus.RUNNING and not waits:
        advance(batch, BATCH, BatchStatus.DONE, finished_at=clock.now())


def _locked(batch: InvitationBatch, *, by: Any) -> InvitationBatch:
    organization = lock(Organization.objects.all(), pk=batch.organization_id)
    kinds.get(batch.purpose).check(by, organization)
    return lock(InvitationBatch.objects.select_related("organization"), pk=batch.pk)


def _move_rows(
    batch: InvitationBatch, status: str, numbers: Sequence[int] | None = None, **values: Any
) -> int:
    rows = batch.rows.all() if numbers is None else batch.rows.filter(number__in=numbers)
    return advance_all(rows, ROW, status, **values)


def _record(event: str, batch: InvitationBatch, *, by: Any, rows: int) -> None:
    record(
        f"{kinds.get(batch.purpose).verb}.{event}",
        by=by,
        subject=batch,
        organization=batch.organization_id,
        after={"rows": rows},
    )
