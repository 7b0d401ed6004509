"""The product's own sources, for tests that read them."""

import ast
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "accounts", "roles", "connections", "supplychain", "partnerhub")


@cache
def modules() -> dict[str, tuple[str, ast.Module]]:
    """ "accounts/models/people.py" to its text and tree, for all but migrations."""
    texts = {
        str(path.relative_to(PROJECT)): path.read_text()
        for package in PACKAGES
        for path in sorted((PROJECT / package).rglob("*.py"))
        if "migrations" not in path.parts
    }
    return {name: (text, ast.parse(text)) for name, text in texts.items()}
