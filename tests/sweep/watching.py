"""Watches every transition function: the events that each outermost call wrote, and its outcome."""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from inspect import isgeneratorfunction
from types import ModuleType
from typing import Any

import pytest
from django.db import connection

from core.audit.models import Event
from core.errors import DomainError
from tests.sweep.engine import _WRITE, NOT_BUSINESS

APPS = ("accounts", "roles", "connections", "supplychain")
# Written beside the business: mails, notifications, who acted.
BESIDE = {"outbox_message", "notifications_notification", "audit_actor"}


@dataclass
class Call:
    """One outermost call of a transition function."""

    name: str
    refused: bool = False
    events: list[Event] = field(default_factory=list)
    wrote: set[str] = field(default_factory=set)

    @property
    def own(self) -> list[Event]:
        """The events of the person, or of time; what PartnerHub does in consequence is its own."""
        people = [event for event in self.events if event.actor_ref]
        return people or self.events


def modules() -> list[ModuleType]:
    """Every module of every app's transitions, and of the one mechanism of invitations."""
    found = [importlib.import_module("accounts.invitations.transitions")]
    for app in APPS:
        package = importlib.import_module(f"{app}.transitions")
        entries = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        found += [importlib.import_module(entry.name) for entry in entries]
    return found


def _places(function: Any) -> list[tuple[ModuleType, str]]:
    """Every module of ours that knows the function, by whatever name."""
    return [
        (module, name)
        for label, module in list(sys.modules.items())
        if label.startswith(APPS) or label.startswith("partnerhub.")
        for name, value in list(vars(module).items())
        if value is function
    ]


def transitions() -> dict[str, Callable[..., Any]]:
    """Each public function that opens a transaction of its own: it is one change of state."""
    return {
        f"{module.__name__.replace('.transitions', '')}.{name}": function
        for module in modules()
        for name, function in vars(module).items()
        if not name.startswith("_")
        and getattr(function, "__module__", "") == module.__name__
        and hasattr(function, "__wrapped__")
        and not isgeneratorfunction(function.__wrapped__)  # a block inside of one
    }


@contextmanager
def watched(patch: pytest.MonkeyPatch) -> Iterator[list[Call]]:
    """Every outermost call while this lasts."""
    calls: list[Call] = []
    running: list[Call] = []
    for label, function in transitions().items():
        replacement = _watching(function, label, calls, running)
        for module, name in _places(function):
            patch.setattr(module, name, replacement)

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        found = _WRITE.match(sql)
        if (
            running
            and found
            and found[1] not in NOT_BUSINESS | BESIDE
            and context["cursor"].rowcount
        ):
            running[0].wrote.add(found[1])
        return result

    with connection.execute_wrapper(note):
        yield calls
    patch.undo()


def _watching(
    function: Callable[..., Any], label: str, calls: list[Call], running: list[Call]
) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **values: Any) -> Any:
        if running:
            return function(*args, **values)
        noted = Call(label)
        running.append(noted)
        last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            return function(*args, **values)
        except DomainError:
            noted.refused = True
            raise
        finally:
            running.clear()
            noted.events = list(Event.objects.filter(pk__gt=last).order_by("pk"))
            calls.append(noted)

    return call
