"""Doing things at the same moment, with real threads and a connection for each.

`together` lets them go at once. The fixture `meeting` forces the interleaving that finds faults:
everybody waits for the others after reading and before the first write, as far as locks let them.
It can take the guards away, so that each race is shown to be one.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models.signals import pre_save

from core import db
from core.errors import DomainError

# How long one waits for another who may be kept out by a lock; and for one who certainly comes.
PATIENCE, CERTAINLY = 0.4, 20
DOMAIN = {"accounts", "roles", "connections", "supplychain"}
# none: no row is locked, no write is conditional, no constraint named by the test stands.
# update: only conditional writes and constraints, as where a database has no row locks.
# SQLite is asked for the last alone: its writers take turns by themselves.
GUARDS = [
    pytest.param("none", marks=pytest.mark.postgres),
    pytest.param("update", marks=pytest.mark.postgres),
    "all",
]
# For what the locks alone decide.
LOCKS = [pytest.param("none", marks=pytest.mark.postgres), "all"]
_racer = threading.local()


def together(*actions: Callable[[], Any], patience: float = 60) -> list[Any]:
    """Run all at once; each result is what the action returned, or the refusal it raised.

    Anything else that is raised, and waiting for each other for ever (`patience` is how many
    seconds are not), is an AssertionError.
    """
    barrier, results = threading.Barrier(len(actions)), [None] * len(actions)
    faults: list[BaseException] = []
    done = [threading.Event() for _ in actions]

    def run(place: int, action: Callable[[], Any]) -> None:
        _racer.has_met, _racer.place, _racer.done = False, place, done
        try:
            barrier.wait(timeout=10)
            results[place] = action()
        except DomainError as error:
            results[place] = error
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            faults.append(error)
        finally:
            connection.close()
            done[place].set()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=patience)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    assert not faults, faults
    return results


def refusals(results: list[Any]) -> list[int]:
    """The statuses of those who were refused."""
    return [result.status for result in results if isinstance(result, DomainError)]


def holds(guards: str, promise: Callable[[], None]) -> None:
    """`promise` is kept; and without any guard the very same check finds it broken."""
    if guards == "none":
        with pytest.raises(AssertionError):
            promise()
    else:
        promise()


def write[M: models.Model](row: M, *, expect: Any, **values: Any) -> M:
    """What db.move would be without its condition."""
    type(row)._default_manager.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)
    return row


@contextmanager
def without(*names: str) -> Iterator[None]:
    """These constraints do not stand; what broke them is gone before they come back."""
    found = [
        (model, constraint)
        for model in sorted(_models(), key=lambda model: model._meta.label)
        for constraint in model._meta.constraints
        if constraint.name in names
    ]
    assert len(found) == len(names), names
    with connection.schema_editor() as editor:
        for model, constraint in found:
            editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        tables = ", ".join(f'"{model._meta.db_table}"' for model, _ in found)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        with connection.schema_editor() as editor:
            for model, constraint in found:
                editor.add_constraint(model, constraint)


def _models() -> set[type[models.Model]]:
    return {model for model in apps.get_models() if model._meta.app_label in DOMAIN}


def replace_everywhere(patch: pytest.MonkeyPatch, function: Any, new: Any) -> None:
    """Put `new` in the place of `function` in each module that has imported it."""
    name = function.__name__
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is function:
            patch.setattr(module, name, new)


def unlock(patch: pytest.MonkeyPatch) -> None:
    """No row is locked by anybody."""
    patch.setattr(models.QuerySet, "select_for_update", lambda rows, **options: rows.all())


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Two wait for each other before they write: `meeting(guards, "constraint", …, late=1)`.

    Whoever holds a lock that the other one needs waits in vain, for a moment, and goes on. The
    action at the place `late` writes only once the other one has ended. With `kept_out` something
    that no test takes away keeps one of them out.
    """
    barrier, patience, last = threading.Barrier(2), [float(PATIENCE)], [-1]
    stack: list[Any] = []

    def meet() -> None:
        if getattr(_racer, "has_met", True):
            return
        _racer.has_met = True
        try:
            barrier.wait(patience[0])
        except threading.BrokenBarrierError:
            barrier.reset()
        if _racer.place == last[0]:
            _racer.done[1 - last[0]].wait(patience[0])

    def before_saving(sender: Any, **kwargs: Any) -> None:
        if sender._meta.app_label in DOMAIN:
            meet()

    creating = models.QuerySet.bulk_create

    def meet_and_create(rows: Any, *args: Any, **options: Any) -> Any:
        before_saving(rows.model)
        return creating(rows, *args, **options)

    def set_up(guards: str, *constraints: str, late: int = -1, kept_out: bool = False) -> None:
        last[0] = late
        moving = write if guards == "none" else db.move
        patience[0] = PATIENCE if guards == "all" or kept_out else CERTAINLY

        def meet_and_move(row: Any, **values: Any) -> Any:
            meet()
            return moving(row, **values)

        replace_everywhere(monkeypatch, db.move, meet_and_move)
        pre_save.connect(before_saving, dispatch_uid="tests.meeting")
        monkeypatch.setattr(models.QuerySet, "bulk_create", meet_and_create)
        if guards != "all":
            unlock(monkeypatch)
        if guards == "none" and constraints:
            stack.append(without(*constraints))
            stack[-1].__enter__()

    yield set_up
    pre_save.disconnect(dispatch_uid="tests.meeting")
    for each in stack:
        each.__exit__(None, None, None)
