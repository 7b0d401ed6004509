"""Doing background work row by row: what fails stops nothing else, and is given up in the end."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model, QuerySet

from core import clock
from core.errors import Conflict, Ended, NotRelated
from core.failures.models import Failure

logger = logging.getLogger(__name__)

GAPS = (60, 300, 1800, 7200, 21600)  # seconds between the tries of one row
TRIES = len(GAPS) + 1
RACE = (Conflict, Ended, NotRelated)


class Chore:
    """One task's work on rows of one model. What failed lately, or was given up, is left out."""

    def __init__(self, task: str, model: type[Model]) -> None:
        self._task, self._subject = task, model._meta.label_lower
        known = Failure.objects.filter(task=task, subject=self._subject)
        self._known = {failure.row: failure for failure in known}

    def resting(self) -> list[int]:
        """Keys of the rows that are not to be tried now."""
        now = clock.real_now()
        return [int(f.row) for f in self._known.values() if f.given_up_at or f.due_at > now]

    def do(self, key: int, act: Callable[[], Any]) -> Any:
        """What `act` returns; None when it failed, which is counted, or lost a race, which is not.
        Raises only when the database is away: then nothing else can be done either."""
        try:
            done = act()
        except RACE as error:
            logger.info("left as it is", extra={"task": self._task, "reason": error.message})
            return None
        except (OperationalError, InterfaceError):
            if not connection.is_usable():
                raise
            logger.exception("postponed", extra={"task": self._task, "row": key})
            return None
        except Exception as error:
            logger.exception("failed", extra={"task": self._task, "row": key})
            count_failure(
                self._task, f"{type(error).__name__}: {error}", subject=self._subject, row=key
            )
            return None
        if str(key) in self._known:
            self._known.pop(str(key)).delete()
        return done


def each(task: str, rows: QuerySet[Any], act: Callable[[Any], object]) -> None:
    chore = Chore(task, rows.model)
    resting = set(chore.resting())
    for row in rows:
        if row.pk not in resting:
            chore.do(row.pk, partial(act, row))


def count_failure(
    task: str, error: str, *, subject: str = "", row: int | str = "", tries: int = TRIES
) -> Failure:
    """Count one failure; after the last of `tries` it is given up and waits for a person."""
    with transaction.atomic():
        failure, _ = Failure.objects.select_for_update().get_or_create(
            task=task, subject=subject, row=str(row)
        )
        failure.attempts += 1
        failure.error = error[:500]
        now = clock.real_now()
        if subject and failure.attempts >= tries:
            failure.given_up_at = failure.given_up_at or now
        else:
            gap = GAPS[min(failure.attempts, len(GAPS)) - 1]
            failure.due_at = now + timedelta(seconds=gap)
        failure.save()
    return failure


def forget_failures(task: str) -> None:
    """The task as a whole has succeeded."""
    Failure.objects.filter(task=task, subject="").delete()
