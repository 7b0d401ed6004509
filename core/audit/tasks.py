"""Tasks of the history."""

from core.audit import seals
from core.tasks import task


@task("audit.seal")
def seal() -> None:
    """Chain what has happened since the last run; each organization is sealed one at a time."""
    seals.seal_all()
