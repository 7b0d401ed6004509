"""docs/promises.md cannot lie: it has the rules that the code names, each with tests that exist."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PLACES = ("core", "accounts", "roles", "connections", "supplychain", "partnerhub", "templates")
_CODE = re.compile(r"\b[A-Z]\d{1,2}\b")
_ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = {
    code: (rule, tests)
    for code, rule, tests in _ROW.findall((PROJECT / "docs/promises.md").read_text())
}
# The two source documents have a list of their own, docs/sources.md.
_SOURCES = re.compile(r"\bS[01](\.\d+)?\b")


def _told(path: Path) -> Iterator[str]:
    """Comments and docstrings of a module, comments of a template."""
    text = path.read_text()
    if path.suffix != ".py":
        yield from re.findall(r"{% comment %}.*?{% endcomment %}|{#.*?#}", text, re.DOTALL)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _named() -> dict[str, str]:
    """Each code that code or a test names, with one of the files."""
    found = {}
    for place in (*PLACES, "tests"):
        for path in (PROJECT / place).rglob("*.*"):
            if path.suffix in {".py", ".html"}:
                for text in _told(path):
                    for code in _CODE.findall(_SOURCES.sub("", text)):
                        found[code] = str(path.relative_to(PROJECT))
    return found


@cache
def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_rule_that_the_code_names_has_a_row_and_every_row_is_named() -> None:
    named = _named()
    assert sorted(named.keys() - ROWS.keys()) == []
    assert sorted(ROWS.keys() - named.keys()) == []


@pytest.mark.parametrize("code", ROWS)
def test_row_names_tests_that_exist(code: str) -> None:
    shown = re.findall(r"`([^`]+)`", ROWS[code][1])
    assert shown
    for test in shown:
        path, _, name = test.partition("::")
        assert (PROJECT / "tests" / path).is_file(), path
        assert name.startswith("test_")
        assert name in _tests(PROJECT / "tests" / path), test
