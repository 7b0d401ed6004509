"""Tasks of the history."""

from core.audit import seals
from core.tasks import task


@task("audit.seal")
def seal() -> None:
    seals.seal_all()
