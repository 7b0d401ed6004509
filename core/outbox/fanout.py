"""One row that stands for thousands of messages becomes them, piece by piece."""

from functools import partial

from django.db import transaction
from django.utils.module_loading import import_string

from core import clock
from core.failures.services import Chore
from core.outbox.models import FanOut
from core.outbox.services import queue

PIECE = 500


def expand() -> int:
    """Turn waiting fan-out rows into messages; returns how many pieces.

    A row that fails does not stop the others; it is given up after a few tries and shown (F16).
    """
    chore, pieces = Chore("outbox.drain", FanOut), 0
    tried = list(chore.resting())
    while row := FanOut.objects.filter(done_at=None).exclude(pk__in=tried).order_by("id").first():
        tried.append(row.pk)
        while chore.do(row.pk, partial(_piece, row)):
            pieces += 1
    return pieces


@transaction.atomic
def _piece(row: FanOut) -> bool:
    """Queue the next piece of this row; False when it is done, or somebody else is at it."""
    held = FanOut.objects.filter(pk=row.pk, done_at=None).select_for_update(skip_locked=True)
    fresh = held.first()
    if fresh is None:
        return False
    expander = import_string(fresh.expander)
    drafts, cursor = expander(after=fresh.cursor, limit=PIECE, **fresh.arguments)
    queue(drafts)
    done = {"done_at": clock.real_now()} if cursor is None else {"cursor": cursor}
    FanOut.objects.filter(pk=fresh.pk, cursor=fresh.cursor).update(**done)
    return True
