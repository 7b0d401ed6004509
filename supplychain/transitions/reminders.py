"""Reminders about shares, each sent once (U15, U40). Called by the scheduler."""

from django.db import transaction

from core import clock
from core.db import lock, move
from supplychain import emails
from supplychain.models import Share
from supplychain.states import OPEN_SHARE, ShareStatus


@transaction.atomic
def remind_unopened(*, share: Share) -> bool:
    """Tell both sides that nobody has looked for three days; False when that was done already."""
    share = _lock_share(share)
    if share.status != ShareStatus.SHARED or share.unopened_told_at:
        return False
    move(share, expect={"unopened_told_at": None}, unopened_told_at=clock.now())
    emails.shares.share_unopened(share)
    return True


@transaction.atomic
def remind_due(*, share: Share) -> bool:
    """Tell the supplier that the ship date is near; False when that was done already."""
    share = _lock_share(share)
    if share.status not in OPEN_SHARE or share.due_told_at:
        return False
    move(share, expect={"due_told_at": None}, due_told_at=clock.now())
    emails.shares.ship_date_near(share)
    return True


def _lock_share(share: Share) -> Share:
    return lock(Share.objects.with_list_data().select_related("shared_by"), pk=share.pk)
