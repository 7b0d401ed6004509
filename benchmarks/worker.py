"""The product's worker and the peer's task: `celery -A benchmarks.worker worker`."""

from core.celery import app

app.autodiscover_tasks(["benchmarks"], related_name="tasks", force=False)

__all__ = ["app"]
