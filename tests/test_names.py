"""One word for one thing: the names of modules and of public functions.

The lists below hold what stands against the rules. They only get shorter: an entry that is no
longer needed fails, and no new one is taken in.
"""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import PurePath

import pytest

from tests.product import PACKAGES, PROJECT, modules

NEVER = {"shared", "common", "words", "lists"}
# A file that Django, Celery or WSGI looks for, or that speaks for itself in every package.
STANDARD = {
    "apps", "management", "commands", "templatetags", "querysets", "services", "erasure", "kinds",
    "errors", "people", "middleware", "celery",
}  # fmt: skip
# What an address or a view is for.
PORTALS = {"provider", "seller", "supply", "public", "guest"}
# Gerunds that the field says.
GERUNDS = {"packing", "tracking", "rendering", "offboarding"}
# Nouns without a plural, and parts that Django or a mail server names.
SINGULAR = {
    "access", "availability", "delivery", "help", "history", "identity", "impact", "navigation",
    "pagination", "security", "text",
    "backend", "context", "mailbox", "renderer", "transport", "ui", "world",
}  # fmt: skip
# The same thing in several packages.
SAME = {"approvals", "history", "impact", "offboarding", "reminders"}

# Against "a plural noun of the domain or a layer's word".
NO_PLURAL: set[str] = set()
# Against "no shared, common, words, lists".
CATCH_ALL: set[str] = set()
# Against "no two modules of one name for different things".
TWICE = {"access"}
# Against "no public function name on more than three modules".
OFTEN: set[str] = set()


def layer_words():
    """Every floor that pyproject.toml names, and every module that stands on one by itself."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    floors = " ".join(
        layer for contract in contracts["contracts"] for layer in contract.get("layers", [])
    )
    return set(re.findall(r"[a-z_]+", floors))


def names():
    """Each module and package of the product by its name, with where it stands."""
    found = defaultdict(list)
    for name in modules():
        path = PurePath(name)
        found[path.parent.name if path.stem == "__init__" else path.stem].append(path)
    return found


def against_plural():
    allowed = layer_words() | STANDARD | PORTALS | GERUNDS | SINGULAR | set(PACKAGES)
    for name, places in names().items():
        word = name.rpartition("_")[2]
        plural = word.endswith("s") and not word.endswith("ss")
        in_commands = all("commands" in place.parts for place in places)
        if name not in allowed and word not in allowed and not plural and not in_commands:
            yield name


def against_one_name():
    """Names on modules of several packages. Inside one, floors share a noun: people, shares."""
    allowed = layer_words() | STANDARD | PORTALS | SAME | NEVER
    for name, places in names().items():
        # samples/roles.py holds the samples of roles.
        homes = {place.parts[0] for place in places if "samples" not in place.parts}
        if len(homes) > 1 and name not in allowed:
            yield name


def often():
    """Public functions that stand on more than three modules, beside the standard verbs."""
    homes = defaultdict(set)
    for name, (_, tree) in modules().items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                homes[node.name].add(name)
    return {name for name, places in homes.items() if len(places) > 3} - standard_verbs()


def standard_verbs():
    """The verbs of the layers, as CONTRIBUTING.md lists them."""
    text = (PROJECT / "CONTRIBUTING.md").read_text()
    listed = text.partition("## Standard verbs")[2].partition("\n## ")[0]
    return set(re.findall(r"`([a-z_]+)`", listed))


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (lambda: set(against_plural()), NO_PLURAL),
        (lambda: NEVER & set(names()), CATCH_ALL),
        (lambda: set(against_one_name()), TWICE),
        (often, OFTEN),
    ],
    ids=["plural nouns", "no catch-alls", "one name, one thing", "public functions"],
)
def test_names_follow_the_rules(found, known):
    assert found() - known == set(), "new, against the rule"
    assert known - found() == set(), "no longer needed: take it off the list"
