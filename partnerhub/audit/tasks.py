"""Tasks of the history."""

from partnerhub.audit import sealing
from partnerhub.tasks import task


@task("audit.seal")
def seal() -> None:
    """Chain what has happened since the last run; each organization is sealed one at a time."""
    sealing.seal_all()
