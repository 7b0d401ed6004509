"""States of a list of invitations and of its rows."""

from django.db.models import TextChoices

from core.state_tables import StateTable


class BatchStatus(TextChoices):
    """draft > running > done; a draft may also be thrown away."""

    DRAFT = "draft", "Not confirmed"
    RUNNING = "running", "Being sent"
    DONE = "done", "Done"


BATCH = StateTable(
    "list",
    {
        BatchStatus.DRAFT: {BatchStatus.RUNNING},
        BatchStatus.RUNNING: {BatchStatus.DONE},
    },
)


class RowStatus(TextChoices):
    """What has become of one row. Ready and left out are before the confirmation."""

    READY = "ready", "Ready"
    WRONG = "wrong", "To mend"
    DUPLICATE = "duplicate", "Twice in this list"
    EXCLUDED = "excluded", "Left out"
    QUEUED = "queued", "Queued"
    SENT = "sent", "Invited"
    KNOWN = "known", "Not needed"
    CANCELLED = "cancelled", "Taken back"
    STOPPED = "stopped", "Stopped"


ROW = StateTable(
    "row",
    {
        RowStatus.READY: {RowStatus.EXCLUDED, RowStatus.QUEUED},
        RowStatus.EXCLUDED: {RowStatus.READY},
        RowStatus.QUEUED: {
            RowStatus.SENT,
            RowStatus.KNOWN,
            RowStatus.CANCELLED,
            RowStatus.STOPPED,
        },
    },
)
# What was queued by the confirmation, whatever became of it.
CONFIRMED = (
    RowStatus.QUEUED,
    RowStatus.SENT,
    RowStatus.KNOWN,
    RowStatus.CANCELLED,
    RowStatus.STOPPED,
)
# What can be mended, or tried again, by uploading it once more.
MENDABLE = (RowStatus.WRONG, RowStatus.STOPPED)
