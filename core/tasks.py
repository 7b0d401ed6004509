"""The project's task decorator, and the nudge that never hurts the request."""

import logging
from collections.abc import Callable
from typing import Any

from celery import Task
from celery.exceptions import Ignore
from django.db import connection, transaction

from core.celery import app
from core.failures import services

logger = logging.getLogger(__name__)
# A message whose worker died is delivered again, but not for ever (F16).
DELIVERIES = 5


class Counted(Task):
    """A task whose failures are counted, and shown on the desk until it succeeds."""

    abstract = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Drop a message that has taken several workers with it."""
        if (self.request.delivery_info or {}).get("redelivered"):
            died = services.count_failure(
                self.name, "A worker died of it", subject="message", row=task_id, tries=DELIVERIES
            )
            if died.given_up_at:
                raise Ignore

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, info: Any) -> None:
        services.count_failure(self.name, f"{type(exc).__name__}: {exc}")

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        services.forget_failures(self.name)


def task(name: str) -> Callable[[Callable[..., Any]], Any]:
    """Register a Celery task under `name` ("outbox.drain"). It takes ids only, looks at the rows
    again and is harmless when run twice. Bound to our application: a shared task looks for the
    current one, which in a thread of a web server is not ours."""
    return app.task(name=name, base=Counted)


def nudge(name: str) -> None:
    """Wake the task of this name once after the running transaction commits. The row it will find
    is the truth; the nudge may fail silently (F1, F2): beat sweeps."""
    for entry in connection.run_on_commit:
        if getattr(entry[1], "nudges", None) == name:
            return

    def publish() -> None:
        try:
            if name not in app.tasks:  # a web process knows a task once somebody asks for it
                app.loader.import_default_modules()
            app.tasks[name].delay()
        except Exception as error:  # noqa: BLE001 - whatever a broker does, the change stands
            logger.warning("nudge lost", extra={"task": name, "reason": str(error)})

    publish.nudges = name  # type: ignore[attr-defined]
    transaction.on_commit(publish)
