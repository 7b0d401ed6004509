"""What will happen to each row, and what has: the groups that pages count and show."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts import portals
from accounts.addresses import budget_key
from accounts.invitations import limits
from accounts.invitations.batches.kinds import BatchKind
from accounts.invitations.batches.reading import Column
from accounts.models import BatchRow, InvitationBatch, Organization
from accounts.states import BatchStatus, RowStatus
from core.errors import LimitReached
from core.web.formats import short_day
from core.web.pagination import Page, paginate, paginate_by

SIZE = 50
# Groups with their titles, in the order in which they are shown.
BEFORE = {
    "now": "Will be invited now",
    "later": "Will wait",
    "wrong": "To mend",
    "known": "Not needed",
    "out": "Left out",
}
AFTER = {
    "sent": "Invited",
    "queued": "Queued",
    "wrong": "Not invited",
    "known": "Not needed",
    "out": "Left out or taken back",
}
_GROUP_OF = {
    RowStatus.WRONG: "wrong",
    RowStatus.STOPPED: "wrong",
    RowStatus.DUPLICATE: "known",
    RowStatus.KNOWN: "known",
    RowStatus.EXCLUDED: "out",
    RowStatus.CANCELLED: "out",
    RowStatus.QUEUED: "queued",
    RowStatus.SENT: "sent",
}


@dataclass(frozen=True)
class RowView:
    row: BatchRow
    group: str
    label: str
    text: str = ""
    cells: Sequence[dict[str, Any]] = ()

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def can_be_chosen(self) -> bool:
        return self.row.status in (RowStatus.READY, RowStatus.EXCLUDED, RowStatus.QUEUED)


@dataclass(frozen=True)
class Overview:
    rows: list[RowView]
    counts: Counter[str]

    def page(self, request: HttpRequest, group: str, columns: Sequence[Column]) -> Page[RowView]:
        rows = [row for row in self.rows if not group or row.group == group]
        numbers = [row.number for row in rows]

        def fetch(start: Sequence[Any] | None, backwards: bool, limit: int) -> list[RowView]:
            if backwards:
                end = bisect_left(numbers, int(start[0])) if start else len(rows)
                return rows[max(0, end - limit) : end][::-1]
            first = bisect_right(numbers, int(start[0])) if start else 0
            return rows[first : first + limit]

        page = paginate_by(fetch, request, order=("number",), size=SIZE)
        views = [replace(view, cells=_cells(view.row, columns)) for view in page]
        return replace(page, items=views)


def _cells(row: BatchRow, columns: Sequence[Column]) -> list[dict[str, Any]]:
    return [
        {
            "title": column.title,
            "text": row.typed.get(column.key, ""),
            "is_wrong": row.field == column.key,
        }
        for column in columns
    ]


def look(batch: InvitationBatch, kind: BatchKind[Any]) -> Overview:
    """Before the confirmation, it says what would happen now (U26). The queries are fixed."""
    rows = list(batch.rows.order_by("number"))
    ready = [row for row in rows if row.status == RowStatus.READY]
    foreseen = _foresee(batch, kind, ready) if batch.status == BatchStatus.DRAFT else {}
    views = [foreseen.get(row.number) or _stored(row) for row in rows]
    return Overview(views, Counter(view.group for view in views))


def _stored(row: BatchRow) -> RowView:
    return RowView(row, _GROUP_OF[RowStatus(row.status)], row.state_label, row.reason)


def _foresee(
    batch: InvitationBatch, kind: BatchKind[Any], rows: Sequence[BatchRow]
) -> dict[int, RowView]:
    """What the rules say to each row today, others of this account's queue first."""
    organization, addresses = batch.organization, [row.address for row in rows]
    known = kind.known(organization, addresses)
    room = limits.Room(organization, map(budget_key, addresses), model=kind.model)
    waiting = BatchRow.objects.filter(
        batch__organization=organization, status=RowStatus.QUEUED
    ).count()
    dates = iter(room.dates(waiting + len(rows))[waiting:])
    views = {}
    for row in rows:
        if row.address in known:
            views[row.number] = RowView(row, "known", "Not needed", known[row.address])
        else:
            views[row.number] = _when(row, room, next(dates))
    return views


def _when(row: BatchRow, room: limits.Room, date: datetime) -> RowView:
    try:
        room.check_address(budget_key(row.address))
    except LimitReached as refusal:
        date = max(date, refusal.retry_at or date)
    if date <= room.now:
        return RowView(row, "now", "Will be invited")
    return RowView(row, "later", f"Waits until {short_day(date)}")


def tabs(found: Overview, groups: dict[str, str], current: str, path: str) -> list[dict[str, Any]]:
    items = [{"label": "All", "url": path, "current": not current, "count": len(found.rows)}]
    return items + [
        {
            "label": title,
            "url": f"{path}?show={group}",
            "current": group == current,
            "count": found.counts[group],
        }
        for group, title in groups.items()
        if found.counts[group] or group == current
    ]


def url(organization: Organization, act: str, *args: Any) -> str:
    """The path of a page about lists: "start", "list", "confirm", "rows", "discard", "wrong"."""
    return portals.page(organization, f"invite-{act}", *args)


def queued(organization: Organization, purpose: str, request: HttpRequest) -> Page[BatchRow]:
    """One page of what waits for its turn, for the list of invitations; one query."""
    rows = BatchRow.objects.filter(
        batch__organization=organization,
        batch__purpose=purpose,
        batch__status=BatchStatus.RUNNING,
        status=RowStatus.QUEUED,
    ).select_related("batch")
    page = paginate(rows, request, order=("id",), size=SIZE // 2, parameter="queued")
    for row in page:
        row.rows_url = url(organization, "rows", purpose, row.batch.public_id)
        row.list_url = url(organization, "list", purpose, row.batch.public_id)
        row.cancel_fields = [("act", "cancel"), ("rows", row.number), ("back", "invitations")]
    return page
