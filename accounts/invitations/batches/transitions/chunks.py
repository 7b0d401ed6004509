"""How the rows of confirmed lists are sent: chunk by chunk, as far as the limits allow (I13).

A row's state is the truth: what was interrupted goes on where it stopped, and two workers at once
take turns by the lock of the organization.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Min, QuerySet

from accounts.addresses import budget_key
from accounts.invitations import limits
from accounts.invitations import transitions as invitations
from accounts.invitations.batches import kinds
from accounts.invitations.batches.kinds import BatchKind, Plan
from accounts.invitations.batches.transitions.batches import finish, stop
from accounts.models import BatchRow, InvitationBatch, Organization
from accounts.states import ROW, BatchStatus, RowStatus
from core import clock, origin
from core.audit.services import origin_of
from core.db import lock_all
from core.errors import DomainError, LimitReached
from core.state_tables import advance_all

logger = logging.getLogger(__name__)
CHUNK = 200
# Room may come earlier than foreseen: somebody answers, or takes an invitation back.
LOOK_AGAIN = timedelta(hours=1)
FAILED = "It could not be sent. Upload it again, or invite this address by itself."


def send_due() -> None:
    """Send what waits and may go now, organization by organization; twice is once."""
    due = InvitationBatch.objects.due(clock.now()).order_by("next_at", "id")
    for organization_id in dict.fromkeys(due.values_list("organization_id", flat=True)[:500]):
        try:
            while send_next(organization_id):
                pass
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("lists", extra={"row": f"organization {organization_id}"})


def send_next(organization_id: int) -> bool:
    """Whether there were any. A chunk that fails is tried row by row, to stop the bad one."""
    head = _next_rows(organization_id, CHUNK)
    try:
        if head:
            _send(organization_id, head)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("lists", extra={"row": f"list {head[0].batch_id}"})
        for row in head:
            _send_alone(organization_id, row)
    return bool(head)


def _send_alone(organization_id: int, row: BatchRow) -> None:
    try:
        _send(organization_id, [row])
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("lists", extra={"row": f"row {row.pk}"})
        rows = BatchRow.objects.filter(pk=row.pk)
        advance_all(rows, ROW, RowStatus.STOPPED, reason=FAILED, decided_at=clock.now())


def _next_rows(organization_id: int, most: int) -> list[BatchRow]:
    """The first rows of the first list that may be looked at now; first come, first served."""
    now = clock.now()
    batches = InvitationBatch.objects.due(now).filter(organization=organization_id)
    for batch in batches.order_by("confirmed_at", "id"):
        rows = _waiting(batch, now).order_by("number")[:most]
        if found := list(rows):
            return found
        _rest(batch, now)
    return []


def _waiting(batch: InvitationBatch, now: datetime) -> Any:
    rows = BatchRow.objects.filter(batch=batch, status=RowStatus.QUEUED)
    return rows.exclude(not_before__gt=now)


@transaction.atomic
def _rest(batch: InvitationBatch, now: datetime) -> None:
    """Nothing of this list may go now: finish it, or look again later."""
    finish(batch)
    queued = BatchRow.objects.filter(batch=batch, status=RowStatus.QUEUED)
    first = queued.aggregate(first=Min("not_before"))["first"]
    InvitationBatch.objects.filter(pk=batch.pk, status=BatchStatus.RUNNING).update(
        next_at=min(first or now + LOOK_AGAIN, now + LOOK_AGAIN)
    )


@dataclass
class _Sorted:
    to_send: list[BatchRow] = field(default_factory=list)
    known: list[BatchRow] = field(default_factory=list)
    later: list[BatchRow] = field(default_factory=list)
    full: limits.RoomEnded | None = None


@transaction.atomic
def _send(organization_id: int, head: Sequence[BatchRow]) -> None:
    """Look at everything again under the lock, then send, skip or put off each row."""
    batch = InvitationBatch.objects.select_related("confirmed_by").get(pk=head[0].batch_id)
    kind = kinds.get(batch.purpose)
    organization = _lock(kind, organization_id, head)
    batch.organization = organization
    rows = list(_waiting(batch, clock.now()).filter(pk__in=[row.pk for row in head]))
    rows.sort(key=lambda row: row.number)
    try:
        kind.check(batch.confirmed_by, organization)
    except DomainError as error:
        stop(batch, _why_stopped(organization, error))
        return
    addresses = [row.address for row in rows]
    invitations.close_overdue(kind.model, organization=organization, address__in=addresses)
    known = kind.known(organization, addresses)
    limits.hold(addresses)
    room = limits.Room(organization, map(budget_key, addresses), model=kind.model)
    parts = _sort(rows, known, room)
    with _as_confirmed(batch):
        _write(kind, batch, parts)
    if parts.full:
        # Too many open ones of this kind leave the way free for the other kinds.
        put_off(organization, room, "" if parts.full.retry_at else batch.purpose)
    finish(batch)


def _lock(kind: BatchKind[Any], organization_id: int, rows: Sequence[BatchRow]) -> Organization:
    """The organization, locked with whom the invitations could cross, in key order."""
    mine = Organization.objects.get(pk=organization_id)
    wanted = {organization_id, *kind.crossing(mine, [row.address for row in rows])}
    locked = lock_all(Organization.objects.filter(pk__in=wanted))
    return next(row for row in locked if row.pk == organization_id)


def _why_stopped(organization: Organization, error: DomainError) -> str:
    if organization.status != "active":
        return f"This account was {organization.get_status_display().lower()} when its turn came."
    return "Who confirmed this list could no longer invite when its turn came."


def _sort(rows: Sequence[BatchRow], known: dict[str, str], room: limits.Room) -> _Sorted:
    parts = _Sorted()
    for row in rows:
        if row.address in known:
            row.reason = known[row.address]
            parts.known.append(row)
            continue
        try:
            room.take(budget_key(row.address))
        except limits.RoomEnded as ended:
            parts.full = ended
            break
        except LimitReached as refusal:
            row.not_before = refusal.retry_at
            parts.later.append(row)
        else:
            parts.to_send.append(row)
    return parts


def _write(kind: BatchKind[Any], batch: InvitationBatch, parts: _Sorted) -> None:
    now, rows, by = clock.now(), parts.to_send, batch.confirmed_by
    if rows and by:
        sent = kind.invite(
            by=by,
            organization=batch.organization,
            plans=[plan_of(batch, row) for row in rows],
        )
        invitations.note_all_sent(batch.organization, sent, by=by)
    # One UPDATE for many rows is ten times quicker than one value for each.
    if rows:
        advance_all(_rows(rows), ROW, RowStatus.SENT, decided_at=now, due_at=None)
    for reason, known in _grouped(parts.known, "reason").items():
        decided = {"reason": reason, "decided_at": now, "due_at": None}
        advance_all(_rows(known), ROW, RowStatus.KNOWN, **decided)
    for moment, later in _grouped(parts.later, "not_before").items():
        _rows(later).update(not_before=moment, due_at=moment)


def _rows(rows: Iterable[BatchRow]) -> QuerySet[BatchRow]:
    keys = [row.pk for row in rows]
    return BatchRow.objects.filter(pk__in=keys, status=RowStatus.QUEUED)


def _grouped(rows: Iterable[BatchRow], name: str) -> dict[Any, list[BatchRow]]:
    groups: dict[Any, list[BatchRow]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, name)].append(row)
    return groups


def plan_of(batch: InvitationBatch, row: BatchRow) -> Plan:
    values = {**batch.options, **row.values}
    return Plan(row.address, values.pop("name", ""), values, row.invitation_id)


def put_off(organization: Organization, room: limits.Room, purpose: str = "") -> None:
    """Each waiting row gets the date of its turn. With `purpose`, only those of that kind."""
    batches = InvitationBatch.objects.filter(organization=organization, status=BatchStatus.RUNNING)
    if purpose:
        batches = batches.filter(purpose=purpose)
    queued = BatchRow.objects.filter(batch__in=batches, status=RowStatus.QUEUED)
    rows = list(queued.order_by("batch__confirmed_at", "batch_id", "number"))
    changed = []
    for row, date in zip(rows, room.dates(len(rows)), strict=True):
        due = max(date, row.not_before) if row.not_before else date
        if row.due_at != due:
            row.due_at = due
            changed.append(row)
    for moment, group in _grouped(changed, "due_at").items():
        _rows(group).update(due_at=moment)
    first = min(row.due_at for row in rows if row.due_at)
    batches.update(next_at=min(first, room.now + LOOK_AGAIN))


@contextmanager
def _as_confirmed(batch: InvitationBatch) -> Iterator[None]:
    """The history of what is sent names from where the list was confirmed (I20)."""
    verb = f"{kinds.get(batch.purpose).verb}.list_confirmed"
    token = origin.origin.set(origin_of(batch, verb))
    try:
        yield
    finally:
        origin.origin.reset(token)
