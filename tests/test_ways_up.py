"""docs/ways-up.md names every way up from a lower package, and there is no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from weakref import ReferenceType

from django.apps import apps
from django.dispatch import Signal

from accounts import signals as of_accounts
from core import hooks
from core.outbox import signals as of_outbox

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "accounts", "roles", "connections", "supplychain", "partnerhub")
SOURCES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): text
    for package in PACKAGES
    for path in (PROJECT / package).rglob("*.py")
    if "migrations" not in path.parts
    for text in [path.read_text()]
}


def rows(title: str) -> dict[str, list[set[str]]]:
    """The table under this title: what the first column names -> what each other column names."""
    text = (PROJECT / "docs/ways-up.md").read_text()
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section
    lines = re.findall(r"^\| (`.*) \|$", section[1], re.MULTILINE)
    cells = [[set(re.findall(r"`([^`]+)`", cell)) for cell in line.split(" | ")] for line in lines]
    return {name.pop(): others for name, *others in cells}


def using(pattern: str) -> set[str]:
    """The modules in whose text this pattern stands."""
    return {name for name, text in SOURCES.items() if re.search(pattern, text)}


def registered() -> Iterator[tuple[str, str]]:
    """Each function of another package that an app calls in `ready`, and the app."""
    for config in apps.get_app_configs():
        if config.name.split(".")[0] not in PACKAGES or f"{config.name}.apps" not in SOURCES:
            continue
        tree = ast.parse(SOURCES[f"{config.name}.apps"])
        homes = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                    if homes.get(name, "").startswith(PACKAGES) and name != "receivers":
                        yield f"{homes[name]}.{attribute}", config.name


def test_hooks_are_asked_and_answered_as_told() -> None:
    found = {
        name: [using(rf"\bhooks\.{name}\("), {hook.answer.__module__}]
        for name, hook in vars(hooks).items()
        if isinstance(hook, hooks.Hook)
    }
    assert found == rows("Hooks")


def test_registers_are_filled_as_told() -> None:
    found: dict[str, set[str]] = {}
    for name, app in registered():
        if not name.startswith("core.outbox.signals"):
            found.setdefault(name, set()).add(app)
    assert found == {name: filled for name, (_, filled) in rows("Registers").items()}


def test_signals_are_sent_and_heard_as_told() -> None:
    found = {}
    for module in (of_accounts, of_outbox):
        for name, signal in vars(module).items():
            if isinstance(signal, Signal):
                # Kept by a weak reference, or as it is.
                listening = [
                    receiver() if isinstance(receiver, ReferenceType) else receiver
                    for _, receiver, *_ in signal.receivers
                ]
                heard = {one.__module__ for one in listening if one is not None}
                sent = using(rf"\b{name}\.send(_robust)?\(")
                found[f"{module.__name__}.{name}"] = [set(), sent, heard]
    assert found == rows("Signals")


def test_every_signal_stands_in_a_module_of_signals() -> None:
    assert using(r"= Signal\(") == {of_accounts.__name__, of_outbox.__name__}


def test_code_is_named_by_strings_only_where_rows_and_the_demo_need_it() -> None:
    assert using(r"\bimport_string\b") == {"core.clock", "core.outbox.services"}
    # What a migration calls has the models of its moment.
    assert using(r"\bget_model\(") == {"partnerhub.portals.groups"}
