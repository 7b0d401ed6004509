"""The rows, in the order of the table. Their modules read models: import them once Django is up."""

from importlib import import_module
from typing import Any

MODULES = ("access", "invitations", "lists", "pages", "mail", "shipments", "desk", "starting")


def all_rows() -> list[Any]:
    modules = [import_module(f"benchmarks.rows.{name}") for name in MODULES]
    return [row for module in modules for row in module.ROWS]
